"""The words of sensors and alarms."""

from __future__ import annotations

from anlan.kernel.words import Words
from anlan.streams.words import BAD, HH, LL, RATE, REPEAT, STALE, VOTE, H, L

QUANTITIES = [
    ("level", Words("液位", "Level")),
    ("pressure", Words("压力", "Pressure")),
    ("temperature", Words("温度", "Temperature")),
    ("flow", Words("流量", "Flow")),
    ("combustible", Words("可燃气体", "Combustible gas")),
    ("toxic", Words("有毒气体", "Toxic gas")),
    ("oxygen", Words("氧气", "Oxygen")),
    ("other", Words("其他", "Other")),
]
GASES = ("combustible", "toxic")

MQTT, HTTP, SPARKPLUG = "mqtt", "http", "sparkplug"
PROTOCOLS = [
    (MQTT, Words("MQTT（JSON）", "MQTT (JSON)")),
    (SPARKPLUG, Words("MQTT（Sparkplug B）", "MQTT (Sparkplug B)")),
    (HTTP, Words("HTTP", "HTTP")),
]

MAINTENANCE, CALIBRATION = "maintenance", "calibration"
WORKS = [
    (MAINTENANCE, Words("检维修", "Maintenance")),
    (CALIBRATION, Words("检定校准", "Calibration")),
]

CRITICAL, HIGH, INSTRUMENT = "critical", "high", "instrument"
LEVELS = [
    (CRITICAL, Words("高高（低低）报", "Critical")),
    (HIGH, Words("高（低）报", "Warning")),
    (INSTRUMENT, Words("仪表异常", "Instrument")),
]
LEVEL_OF = {LL: CRITICAL, HH: CRITICAL, VOTE: CRITICAL, L: HIGH, H: HIGH, RATE: HIGH, REPEAT: HIGH, STALE: INSTRUMENT,
            BAD: INSTRUMENT}  # fmt: skip

CAUSES = [
    ("process", Words("工艺波动", "Process upset")),
    ("operation", Words("操作失误", "Operating error")),
    ("leak", Words("泄漏", "Leak")),
    ("equipment", Words("设备故障", "Equipment fault")),
    ("instrument", Words("仪表故障或误报", "Instrument fault or false alarm")),
    ("work", Words("检维修、校准引起", "Caused by maintenance or calibration")),
    ("network", Words("断电断网", "Power or network loss")),
    ("other", Words("其他", "Other")),
]
