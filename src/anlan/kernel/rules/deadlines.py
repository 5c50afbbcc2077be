"""Counting deadlines (期限): from a start and a duration to the last moment that is still in time.

The general rules are those of 民法典 arts. 200-204, which administrative practice follows:

* the day of the start is not counted (unless a rule says so); hours and minutes run from the instant of the start;
* days, working days, months and years end at 24:00 of their last day, Asia/Shanghai;
* months and years end on the same day of the month, or on the last day of a shorter month;
* a last day on a day off moves to the next working day **only where the rule says so** (``roll_over``);
* hours and minutes run through nights and days off.

The moment given back (``Due.due``) is the last microsecond that is still in time: for a deadline in days
23:59:59.999999 of the last day, which is "24:00" at the resolution the database keeps and still shows the
right date. A duty is late when ``now() > due``. Suspended time is added at the end, in whole days (begun
days count) for deadlines in days. Never reads a database or the present time.
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from anlan.kernel.clock import CHINA, CalendarError, WorkingCalendar, working_calendar

UNITS = {
    "minute": ("分钟", "minutes"),
    "hour": ("小时", "hours"),
    "day": ("日", "days"),
    "working_day": ("个工作日", "working days"),
    "month": ("个月", "months"),
    "year": ("年", "years"),
}
FROM_THE_INSTANT = ("minute", "hour")  # units that need a time of day to start from
MINUTES_A_DAY = 24 * 60
MONTHS_IN_YEAR = 12
ONE_DAY = timedelta(days=1)
LAST_MOMENT = time(23, 59, 59, 999999)
LONGEST_DAYS = 36600  # a hundred years: anything longer is a slip of the pen


class DeadlineError(ValueError):
    """A deadline that cannot be counted: hours from a bare date, or a count that leaves the calendar."""


@dataclass(frozen=True)
class Duration:
    """A length of time as law writes it: a number with its unit, and how its ends are treated."""

    value: int
    unit: str
    includes_start: bool = False
    roll_over: bool = False

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise DeadlineError(f"not a unit of time: {self.unit!r}")
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 0:
            raise DeadlineError(f"a duration is a whole number, not negative: {self.value!r}")
        if self.longest_days > LONGEST_DAYS:
            raise DeadlineError(f"too long a duration: {self.value} {self.unit}")

    @property
    def longest_days(self) -> int:
        """Return an upper limit of the natural days a duration can span, for checks only."""
        return {
            "minute": self.value // MINUTES_A_DAY,
            "hour": self.value // 24,
            "day": self.value,
            "working_day": self.value,
            "month": self.value * 31,
        }.get(self.unit, self.value * 366)

    @property
    def zh(self) -> str:
        """Return the duration in Chinese words."""
        return f"{self.value}{UNITS[self.unit][0]}"

    @property
    def en(self) -> str:
        """Return the duration in English words."""
        name = UNITS[self.unit][1]
        return f"{self.value} {name[:-1] if self.value == 1 else name}"


@dataclass(frozen=True)
class Step:
    """One line of an account of how a result was reached."""

    text_zh: str
    text_en: str
    value: str

    def as_json(self) -> dict[str, str]:
        """Return the step as every door shows it."""
        return {"text_zh": self.text_zh, "text_en": self.text_en, "value": self.value}


@dataclass(frozen=True)
class Due:
    """A counted deadline.

    ``due`` is the last instant in time (aware, Asia/Shanghai); ``due_date`` the last day, or None for
    hours; ``counted_days`` how many days the rule counted (working days for a rule in working days), or
    None for hours.
    """

    due: datetime
    due_date: date | None
    counted_days: int | None
    steps: tuple[Step, ...]
    confidence: str = "sourced"
    notices: tuple[tuple[str, date], ...] = field(default=())

    def is_late(self, at: datetime) -> bool:
        """Say whether an instant is after the deadline."""
        return at > self.due


def due(
    start: datetime | date,
    duration: Duration,
    calendar: WorkingCalendar | None = None,
    *,
    suspended: timedelta = timedelta(0),
) -> Due:
    """Count a deadline from a start (an aware instant or a date) over a duration; rules: see the module.

    Without a calendar the installed one is used. Raises ``DeadlineError``.
    """
    if suspended < timedelta(0):
        raise DeadlineError("suspended time cannot be negative")
    if calendar is None:
        calendar = working_calendar()
    try:
        if duration.unit in FROM_THE_INSTANT:
            return _due_in_hours(start, duration, suspended)
        return _due_in_days(_china_day(start), duration, calendar, suspended)
    except (OverflowError, CalendarError) as error:
        raise DeadlineError("the deadline leaves the calendar") from error


def _due_in_hours(start: datetime | date, duration: Duration, suspended: timedelta) -> Due:
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise DeadlineError("a deadline in hours or minutes needs an instant, not a date")
    length = (
        timedelta(minutes=duration.value) if duration.unit == "minute" else timedelta(hours=duration.value)
    )
    moment = (start.astimezone(UTC) + length + suspended).astimezone(CHINA)
    steps = [_start_step(start), _counted_step(duration, moment.isoformat())]
    return Due(moment, None, None, tuple(steps + _suspended_steps(suspended)))


def _due_in_days(start: date, duration: Duration, calendar: WorkingCalendar, suspended: timedelta) -> Due:
    last = _last_day(start, duration, calendar)
    steps = [_start_step(start), _counted_step(duration, last.isoformat())]
    extra = -(-suspended // ONE_DAY)
    if extra:
        last += timedelta(days=extra)
        steps += _suspended_steps(timedelta(days=extra))
    uses_calendar = duration.unit == "working_day" or duration.roll_over
    if uses_calendar and (rolled := calendar.roll_forward(last)) != last and (duration.roll_over or extra):
        last = rolled
        steps.append(
            Step(
                "末日为休息日，顺延至下一个工作日",
                "Last day is a day off: next working day",
                last.isoformat(),
            )
        )
    counted = (
        calendar.working_days_between(start, last) if duration.unit == "working_day" else (last - start).days
    )
    if duration.includes_start:
        counted = (
            calendar.working_days_between(start - ONE_DAY, last)
            if duration.unit == "working_day"
            else counted + 1
        )
    moment = datetime.combine(last, LAST_MOMENT, CHINA)
    if not uses_calendar:
        return Due(moment, last, counted, tuple(steps))
    notices = tuple((n.number, n.issued) for n in calendar.notices(start, last))
    steps += _doubt_steps(calendar.unverified_years(start, last))
    return Due(moment, last, counted, tuple(steps), calendar.confidence(start, last), notices)


def _last_day(start: date, duration: Duration, calendar: WorkingCalendar) -> date:
    before = start - ONE_DAY if duration.includes_start and duration.value else start
    if duration.unit == "day":
        return before + timedelta(days=duration.value)
    if duration.unit == "working_day":
        return calendar.add_working_days(before, duration.value)
    count = duration.value if duration.unit == "month" else duration.value * MONTHS_IN_YEAR
    return _add_months(before, count)


def _add_months(start: date, count: int) -> date:
    years, index = divmod(start.month - 1 + count, MONTHS_IN_YEAR)
    year = start.year + years
    if year > date.max.year:
        raise OverflowError
    return date(year, index + 1, min(start.day, months.monthrange(year, index + 1)[1]))


def _china_day(start: datetime | date) -> date:
    if not isinstance(start, datetime):
        return start
    if start.tzinfo is None:
        raise DeadlineError("a deadline starts at an aware instant or on a date")
    return start.astimezone(CHINA).date()


def _start_step(start: datetime | date) -> Step:
    if isinstance(start, datetime):
        return Step("自起算时刻起计算", "Counted from the instant of the start", start.isoformat())
    return Step("起算日", "Day of the start", start.isoformat())


def _counted_step(duration: Duration, value: str) -> Step:
    if duration.unit in FROM_THE_INSTANT:
        return Step(
            f"加{duration.zh}，节假日连续计算", f"Plus {duration.en}, through days off as well", value
        )
    if duration.includes_start:
        return Step(
            f"起算日计入，共{duration.zh}", f"{duration.en.capitalize()}, the start counted in", value
        )
    return Step(
        f"起算日不计入，加{duration.zh}", f"Plus {duration.en}, the day of the start not counted", value
    )


def _suspended_steps(suspended: timedelta) -> list[Step]:
    if not suspended:
        return []
    return [Step("加上中止的时间", "Plus the time it was suspended", str(suspended))]


def _doubt_steps(years: tuple[int, ...]) -> list[Step]:
    return [
        Step(
            f"{year}年放假调休通知未录入，该年仅按周末推算，结果未经核实",
            f"The holiday notice of {year} is not on file: weekends only, unverified",
            "unknown",
        )
        for year in years
    ]
