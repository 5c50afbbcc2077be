"""The ``deadline`` computation: a start and a duration, or a rule of the book, give the last moment in time.

Serves every clause with a time limit (报告、整改、复查、处罚…期限). It counts; it does not say whether a
limit was kept.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from anlan.kernel.clock import today
from anlan.kernel.rules.book import catalogue
from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import (
    FROM_THE_INSTANT,
    LONGEST_DAYS,
    UNITS,
    DeadlineError,
    Duration,
    Step,
    due,
)
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Choice, Group, Line, Moment, Option, Quantity
from anlan.kernel.rules.parameters import UnknownRule


def _durations() -> list[Option]:
    """Return the durations in force today, for pages to offer."""
    on = today()
    values = [v for key in catalogue().names() for v in catalogue().versions(key) if v.unit in UNITS]
    return [Option(v.key, v.zh, v.en) for v in values if v.is_in_force(on)]


FIELDS = (
    Moment(
        "start",
        "起算日期或时刻",
        "Start: a date or an instant",
        help_zh="按小时、分钟计算时须写明时刻；未写时区的按北京时间",
        help_en="Hours need an instant; without an offset it is Asia/Shanghai time",
    ),
    Group(
        "duration",
        "期限",
        "Duration",
        required=False,
        fields=(
            Quantity("value", "数值", "Value", whole=True, most=Decimal(LONGEST_DAYS * 24)),
            Choice(
                "unit", "单位", "Unit", options=tuple(Option(key, zh, en) for key, (zh, en) in UNITS.items())
            ),
        ),
    ),
    Line(
        "rule",
        "或者：规则编号",
        "Or: a rule by its key",
        required=False,
        most=100,
        suggest=_durations,
        help_zh="规则库中任一期限规则，如 hidden_dangers.review_within",
        help_en="Any duration of the rule book, such as hidden_dangers.review_within",
    ),
)


@computation(
    name="deadline",
    zh="期限计算",
    en="Deadline",
    about_zh="按自然日、工作日、小时、月、年计算期限的最后时刻。起算当日不计入；"
    "工作日扣除法定节假日，计入调休上班日。",
    about_en="Counts the last moment in days, working days, minutes, hours, months or years. "
    "The first day is not counted; "
    "working days follow the public holidays and make-up working days of China.",
    fields=FIELDS,
    gives=(
        Output("due", "到期", "Due"),
        Output("counted_days", "计入天数", "Days counted"),
        Output("due_at", "最后时刻", "Last moment in time"),
    ),
    example={"start": "2026-09-18", "duration": {"value": 10, "unit": "working_day"}},
)
def deadline(given: dict[str, Any], rules: Consulted) -> Finding:
    """Count one deadline; see the module ``deadlines`` for the rules of counting."""
    counting = rules("deadline.counting")
    duration, steps = _duration(given, rules)
    try:
        counted = due(given["start"], duration)
    except DeadlineError as error:
        raise _fault(given, duration) from error
    if duration.unit == "working_day" or duration.roll_over:
        rules.rely_on_calendar(counted)
    steps.append(Step(counting.zh, counting.en, rules.on.isoformat()))
    return rules.finding(
        {
            "due": counted.due_date or counted.due.isoformat(),
            "counted_days": counted.counted_days,
            "due_at": counted.due.isoformat(),
        },
        [*steps, *counted.steps],
    )


def _duration(given: dict[str, Any], rules: Consulted) -> tuple[Duration, list[Step]]:
    if ("duration" in given) == ("rule" in given):
        zh, en = "期限与规则编号应当且只能填一项", "give either a duration or a rule, and only one"
        raise InputErrors.one("duration", "one_of_two", zh, en)
    if "duration" in given:
        try:
            duration = Duration(given["duration"]["value"], given["duration"]["unit"])
        except DeadlineError:
            zh, en = "期限过长", "is too long"
            raise InputErrors.one("duration.value", "too_large", zh, en) from None
        return duration, [Step("所填期限", f"Duration given: {duration.en}", duration.zh)]
    try:
        found = rules(given["rule"])
        duration = found.duration()
    except UnknownRule:
        zh, en = "规则库中没有这一期限规则", "is not a duration in the rule book"
        raise InputErrors.one("rule", "unknown_rule", zh, en) from None
    steps = [Step(f"{found.zh}：{duration.zh}", f"{found.en}: {duration.en}", duration.zh)]
    if not found.is_law:
        steps.append(
            Step(
                "该期限为平台运行设置，不是法律规定",
                "This is an operating setting of the platform, not law",
                found.key,
            )
        )
    return duration, steps


def _fault(given: dict[str, Any], duration: Duration) -> InputErrors:
    if duration.unit in FROM_THE_INSTANT and not isinstance(given["start"], datetime):
        zh, en = (
            "按小时、分钟计算须写明起算时刻",
            "a deadline in hours or minutes needs an instant with a time of day",
        )
        return InputErrors.one("start", "needs_time_of_day", zh, en)
    return InputErrors.one("duration", "too_large", "期限超出日历范围", "the deadline leaves the calendar")
