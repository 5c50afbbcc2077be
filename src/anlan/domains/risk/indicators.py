"""The figures of risks under control. Serves articles 5, 14 and 15."""

from __future__ import annotations

from anlan.kernel.indicators.declaration import CASES, DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Flow, Late, Ratio, Rows, Stock
from anlan.kernel.words import Words

EVENTS, MEASURES, GRADINGS, CONFIRMATIONS = (
    "risk-events",
    "control-measures",
    "risk-gradings",
    "shift-confirmations",
)
GRADED = {"risk_level": ("1", "2", "3", "4")}

events = Stock(Rows(EVENTS))

Indicator("risks-kept", Words("登记的风险事件", "Risk events on file"), CASES, events, serves="A15.1")
Indicator(
    "risks-major", Words("重大风险", "Major risks"), CASES, Stock(Rows(EVENTS, {"risk_level": "4"})),
    serves="A15.1", about=Words("按批准的初始风险等级。", "By the initial level as approved."),
)  # fmt: skip
Indicator(
    "risks-considerable", Words("较大风险", "Considerable risks"), CASES, Stock(Rows(EVENTS, {"risk_level": "3"})),
    serves="A15.1",
)  # fmt: skip
Indicator(
    "risks-graded-share", Words("风险评级完成率", "Share of risks graded"), PER_CENT,
    Ratio(Stock(Rows(EVENTS, GRADED)), events), serves="A15.3", good=UP,
    about=Words("登记的风险事件中，已有批准等级的占比。", "Of the events on file, the share with an approved level."),
)  # fmt: skip
Indicator(
    "gradings-late",
    Words("逾期未办的评级", "Overdue gradings"),
    CASES,
    Late(Rows(GRADINGS)),
    serves="A15.3",
    good=DOWN,
)
Indicator(
    "measures-kept", Words("管控措施", "Control measures"), CASES, Stock(Rows(MEASURES)), serves="A15.6"
)
Indicator(
    "shift-confirmations", Words("班前确认", "Start-of-shift confirmations"), CASES, Flow(Rows(CONFIRMATIONS), on="created_at"),
    serves="A5.5", good=UP,
)  # fmt: skip
