"""Figures of checks: how many were due, done in time, missed; each opens its tasks. Counted on the day they were due."""

from __future__ import annotations

from anlan.domains.checks.words import DONE, ENDED, LATE, MISSED
from anlan.kernel.indicators.declaration import DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Flow, Ratio, Rows, Sum
from anlan.kernel.words import Words

TASKS = "check-tasks"
TASK = Words("项", "tasks")
LINE = Words("处", "lines")
ended = Flow(Rows(TASKS, {"state": ENDED}), on="day")

Indicator(
    "checks-due", Words("到期检查任务", "Check tasks due"), TASK, ended, serves="A15.9",
    about=Words("按截止日期计，还没到期也没做完的不算。", "By the day they are due; what runs and is not done is left out."),
)  # fmt: skip
Indicator(
    "checks-in-time", Words("检查按时完成率", "Checks done in time"), PER_CENT,
    Ratio(Flow(Rows(TASKS, {"state": DONE}), on="day"), ended), serves="A15.9", good=UP,
    about=Words("到期的检查任务中，在时段内逐项查完的占比。", "Of the tasks due, the share answered within the window."),
)  # fmt: skip
Indicator(
    "checks-missed", Words("漏查任务", "Checks missed"), TASK,
    Flow(Rows(TASKS, {"state": MISSED}), on="day"), serves="A15.9", good=DOWN,
    about=Words("时段已过、至今没有补查完的。", "Past their window and not made good by now."),
)  # fmt: skip
Indicator(
    "checks-missed-rate", Words("漏查率", "Share of checks missed"), PER_CENT,
    Ratio(Flow(Rows(TASKS, {"state": (MISSED, LATE)}), on="day"), ended), serves="A15.9", good=DOWN,
    about=Words("到期的检查任务中，没有在时段内完成的占比，补查的也算。", "The share of tasks due not done in time."),
)  # fmt: skip
Indicator(
    "checks-failed", Words("检查发现不正常", "Lines not in order"), LINE,
    Sum(Rows(TASKS), "failed", on="day"), serves="A15.9", over=Words("项检查任务", "Check tasks"),
    about=Words("每一处都已转为隐患。查得出问题不等于管得差。", "Each became a hidden danger. Much found is not badly kept."),
)  # fmt: skip
