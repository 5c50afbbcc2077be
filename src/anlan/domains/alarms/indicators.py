"""The figures of sensors and alarms. Serves articles 14, 18 and 29."""

from __future__ import annotations

from anlan.kernel.indicators.boards import Board, Stage
from anlan.kernel.indicators.declaration import CASES, DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Breakdown, Flow, Late, Ratio, Rows, Stock
from anlan.kernel.words import Words

ALARMS, SENSORS = "alarms", "sensors"
PIECES = Words("个", "in number")
CLOSED, CRITICAL, SILENT = {"state": "closed"}, {"level": "critical"}, {"kind": "stale"}

raised = Flow(Rows(ALARMS))
kept = Stock(Rows(SENSORS))

raised_now = Indicator("alarms-raised", Words("报警", "Alarms raised"), CASES, raised, serves="A14.8")
handled_now = Indicator(
    "alarms-handled", Words("处置办结", "Handled"), CASES, Flow(Rows(ALARMS), on="closed_at"), serves="A14.8", good=UP,
)  # fmt: skip
critical = Indicator(
    "alarms-critical", Words("高高（低低）报", "Critical alarms"), CASES, Flow(Rows(ALARMS, CRITICAL)), serves="A14.8",
    good=DOWN,
)  # fmt: skip
open_now = Indicator(
    "alarms-open", Words("未处置报警", "Alarms not handled"), CASES, Stock(Rows(ALARMS)), serves="A14.8", good=DOWN,
)  # fmt: skip
late_now = Indicator(
    "alarms-late", Words("逾期报警", "Overdue alarms"), CASES, Late(Rows(ALARMS)), serves="A14.8", good=DOWN,
    about=Words("未按时确认或者处置的，此刻。", "Not acknowledged or handled in time, at this moment."),
)  # fmt: skip
handling = Indicator(
    "alarms-handled-rate", Words("报警处置率", "Share of alarms handled"), PER_CENT,
    Ratio(Flow(Rows(ALARMS, CLOSED)), raised), serves="A14.8", good=UP,
    about=Words("期间内的报警中，现已处置办结的占比。", "Of the alarms of the period, the share handled by now."),
)  # fmt: skip
sensors = Indicator("sensors-kept", Words("传感器", "Sensors"), PIECES, kept, serves="A14.8")
silent_now = Indicator(
    "sensors-silent", Words("数据中断的传感器", "Silent sensors"), PIECES, Stock(Rows(ALARMS, SILENT)), serves="A14.8", good=DOWN,
    about=Words("数据中断报警未办结的；一个传感器只有一条。", "With an open alarm of silence; one a sensor."),
)  # fmt: skip
Indicator(
    "sensors-silent-rate", Words("传感器离线率", "Share of silent sensors"), PER_CENT,
    Ratio(Stock(Rows(ALARMS, SILENT)), kept), serves="A14.8", good=DOWN,
    about=Words("在线率＝100%减离线率。打开即是离线的那些。", "The online rate is the rest; it opens the silent ones."),
)  # fmt: skip
online = Indicator(
    "sensors-online-rate", Words("传感器在线率", "Share of sensors online"), PER_CENT,
    Ratio(Stock(Rows(ALARMS, SILENT)), kept, rest=True), serves="A14.8", good=UP,
    about=Words("期末没有数据中断报警的传感器占比；打开即是中断的那些。",
                "Without an open alarm of silence at the end of the period; it opens those that have one."),
)  # fmt: skip

Board(
    slug="alarms",
    words=Words("报警看板", "Board of alarms"),
    of=ALARMS,
    figures=(raised_now, handled_now, critical, open_now, late_now, handling, online, sensors, silent_now),
    rate=handling,
    count=open_now,
    trend=(raised_now, handled_now),
    states=Breakdown("alarms-by-state", Words("报警所处环节", "Alarms by state"), Rows(ALARMS), "opened_at", "state"),
    stages=(
        Stage(Words("报警", "Raised"), ("raised", "handling", "shelved", "closed")),
        Stage(Words("已确认", "Acknowledged"), ("handling", "shelved", "closed")),
        Stage(Words("已处置", "Handled"), ("closed",)),
    ),
    late=late_now,
    hours=Breakdown("alarms-by-hour", Words("报警时段", "Hours of alarms"), Rows(ALARMS), "opened_at", "hour:opened_at"),
)  # fmt: skip
