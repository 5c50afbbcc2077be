"""The words of the streams: kinds of conditions, reasons of quarantine, qualities of a reading."""

from __future__ import annotations

from anlan.kernel.words import Words

LL, L, H, HH, RATE, STALE, BAD = "LL", "L", "H", "HH", "rate", "stale", "bad"
REPEAT, VOTE = "repeat", "vote"

KINDS: dict[str, Words] = {
    LL: Words("低低报", "Low low"),
    L: Words("低报", "Low"),
    H: Words("高报", "High"),
    HH: Words("高高报", "High high"),
    RATE: Words("变化过快", "Changes too fast"),
    STALE: Words("数据中断", "No readings"),
    BAD: Words("数据质量差", "Bad quality"),
    REPEAT: Words("反复越限", "Beyond a limit again and again"),
    VOTE: Words("多点表决报警", "Several sensors agree"),
}
# Kinds that speak of the measured thing itself; the others speak of the instrument.
LIMITS = (LL, L, H, HH)

UNKNOWN, NOT_A_NUMBER, OUT_OF_RANGE, FUTURE, UNREADABLE, NOT_ALLOWED = (
    "unknown", "nan", "range", "future", "unreadable", "topic",
)  # fmt: skip
REASONS: dict[str, Words] = {
    UNKNOWN: Words("未登记的位号", "Unknown tag"),
    NOT_A_NUMBER: Words("不是数值", "Not a number"),
    OUT_OF_RANGE: Words("超出量程", "Out of range"),
    FUTURE: Words("时间在未来", "Time in the future"),
    UNREADABLE: Words("无法读取", "Cannot be read"),
    NOT_ALLOWED: Words("主题未授权", "Topic not allowed"),
}

GOOD, UNCERTAIN, POOR = 0, 1, 2
# Only in the journal, for the evaluation: a reading that was put in quarantine (the time is the device's), and the word
# that a device is gone (the time is the server's). Neither has a value; neither is packed or shown.
REFUSED, GONE = 3, 4
QUALITIES: dict[int, Words] = {
    GOOD: Words("好", "Good"),
    UNCERTAIN: Words("存疑", "Uncertain"),
    POOR: Words("差", "Bad"),
}
