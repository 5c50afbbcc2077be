"""Counting deadlines: the civil law's rules, boundaries, and properties that hold for every start and length."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from anlan.kernel.clock import CHINA, WorkingCalendar
from anlan.kernel.rules import DeadlineError, Duration, due

CALENDAR = WorkingCalendar.load()
DAYS = some.dates(date(2016, 1, 1), date(2026, 6, 30))
UNITS = some.sampled_from(["day", "working_day", "month", "year"])


def last(start: str, value: int, unit: str, **more: bool) -> date | None:
    return due(date.fromisoformat(start), Duration(value, unit, **more), CALENDAR).due_date


@pytest.mark.parametrize(
    ("start", "value", "unit", "expected"),
    [
        ("2026-03-06", 10, "day", "2026-03-16"),  # the start is not counted
        ("2026-03-06", 0, "day", "2026-03-06"),
        ("2024-02-28", 1, "day", "2024-02-29"),
        ("2026-01-31", 1, "month", "2026-02-28"),  # no corresponding day: the last of the month
        ("2024-01-31", 1, "month", "2024-02-29"),
        ("2024-02-29", 1, "year", "2025-02-28"),
        ("2024-02-29", 4, "year", "2028-02-29"),
        ("2026-02-28", 1, "month", "2026-03-28"),  # the day corresponds, it is not stretched to the end
        ("2025-11-30", 3, "month", "2026-02-28"),
        ("2025-12-15", 13, "month", "2027-01-15"),
        ("2025-09-29", 5, "working_day", "2025-10-13"),  # over National Day with its make-up Saturday
        ("2026-02-13", 5, "working_day", "2026-02-27"),  # 14th worked, 15th-23rd off
        ("2026-03-06", 1, "working_day", "2026-03-09"),
    ],
)
def test_where_a_deadline_falls(start: str, value: int, unit: str, expected: str) -> None:
    assert last(start, value, unit) == date.fromisoformat(expected)


def test_a_deadline_in_days_ends_at_midnight_in_china() -> None:
    counted = due(datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC), Duration(1, "day"), CALENDAR)
    assert counted.due_date == date(2026, 3, 7)
    assert counted.due.utcoffset() == timedelta(hours=8)
    midnight = datetime(2026, 3, 8, tzinfo=CHINA)
    assert counted.due == midnight - timedelta(microseconds=1)
    assert not counted.is_late(midnight - timedelta(microseconds=1))
    assert counted.is_late(midnight)


def test_the_day_of_an_instant_is_the_day_in_china() -> None:
    at_eight_in_the_evening_utc = datetime(2026, 3, 6, 20, tzinfo=UTC)
    assert due(at_eight_in_the_evening_utc, Duration(1, "day"), CALENDAR).due_date == date(2026, 3, 8)


def test_hours_run_from_the_instant_and_through_days_off() -> None:
    start = datetime(2025, 9, 30, 23, 30, tzinfo=CHINA)
    counted = due(start, Duration(24, "hour"), CALENDAR)
    assert counted.due == datetime(2025, 10, 1, 23, 30, tzinfo=CHINA)
    assert (counted.due_date, counted.counted_days) == (None, None)
    assert not counted.is_late(counted.due)


def test_hours_ignore_the_summer_time_of_old() -> None:
    start = datetime(1990, 4, 14, 23, 0, tzinfo=CHINA)
    assert due(start, Duration(24, "hour"), CALENDAR).due - start.astimezone(UTC) == timedelta(hours=24)


def test_the_start_may_be_counted_in() -> None:
    assert last("2026-03-06", 10, "day", includes_start=True) == date(2026, 3, 15)
    assert last("2026-03-06", 1, "working_day", includes_start=True) == date(2026, 3, 6)
    assert due(date(2026, 3, 6), Duration(10, "day", includes_start=True), CALENDAR).counted_days == 10


def test_a_day_off_moves_the_end_only_where_the_rule_says_so() -> None:
    assert last("2025-09-21", 10, "day") == date(2025, 10, 1)
    assert last("2025-09-21", 10, "day", roll_over=True) == date(2025, 10, 9)


def test_suspended_time_is_added_at_the_end() -> None:
    def end(unit: str, **suspended: float) -> object:
        counted = due(date(2026, 3, 6), Duration(5, unit), CALENDAR, suspended=timedelta(**suspended))
        return counted.due_date

    assert end("day", days=3) == date(2026, 3, 14)
    assert end("day", days=2, hours=1) == date(2026, 3, 14), "a begun day counts for the one who waits"
    assert end("working_day", days=7) == date(2026, 3, 20), "seven days are five working days"
    assert end("working_day", days=1) == date(2026, 3, 16), "never ends on a day off"
    hours = due(
        datetime(2026, 3, 6, 8, tzinfo=CHINA), Duration(2, "hour"), CALENDAR, suspended=timedelta(minutes=90)
    )
    assert hours.due == datetime(2026, 3, 6, 11, 30, tzinfo=CHINA)


def test_an_unknown_year_is_told_and_weakens_the_result() -> None:
    counted = due(date(2026, 12, 28), Duration(10, "working_day"), CALENDAR)
    assert counted.confidence == "memory"
    assert any("2027" in step.text_zh and step.value == "unknown" for step in counted.steps)
    plain_days = due(date(2026, 12, 28), Duration(10, "day"), CALENDAR)
    assert plain_days.confidence == "sourced", "natural days need no notice"


def test_the_notices_are_cited() -> None:
    numbers = [number for number, _ in due(date(2025, 12, 29), Duration(5, "working_day"), CALENDAR).notices]
    assert numbers == ["国办发明电〔2024〕12号", "国办发明电〔2025〕7号"]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Duration(-1, "day"),
        lambda: Duration(1, "week"),
        lambda: Duration(True, "day"),
        lambda: Duration(10**12, "hour"),
        lambda: due(date(2026, 1, 1), Duration(1, "hour"), CALENDAR),
        lambda: due(datetime(2026, 1, 1), Duration(1, "hour"), CALENDAR),
        lambda: due(datetime(2026, 1, 1), Duration(1, "day"), CALENDAR),
        lambda: due(date(9999, 12, 1), Duration(60, "day"), CALENDAR),
        lambda: due(date(9999, 12, 1), Duration(2, "month"), CALENDAR),
        lambda: due(date(9999, 12, 30), Duration(10, "working_day"), CALENDAR),
        lambda: due(date(2026, 1, 1), Duration(1, "day"), CALENDAR, suspended=timedelta(days=-1)),
    ],
)
def test_what_cannot_be_counted_is_refused(attempt: object) -> None:
    with pytest.raises(DeadlineError):
        attempt()  # type: ignore[operator]


@given(DAYS, some.integers(0, 120), some.integers(0, 60), UNITS)
def test_longer_is_never_earlier(start: date, value: int, more: int, unit: str) -> None:
    assume(unit != "year" or value + more < 50)
    value, more = (value % 50, more % 50) if unit == "year" else (value, more)
    assert (
        due(start, Duration(value, unit), CALENDAR).due
        <= due(start, Duration(value + more, unit), CALENDAR).due
    )


@given(DAYS, some.integers(0, 120), UNITS)
def test_a_later_start_never_ends_earlier(start: date, value: int, unit: str) -> None:
    duration = Duration(value % 50 if unit == "year" else value, unit)
    assert due(start, duration, CALENDAR).due <= due(start + timedelta(days=1), duration, CALENDAR).due


@given(DAYS, some.integers(0, 500))
def test_counted_days_are_the_days_that_were_asked_for(start: date, value: int) -> None:
    for unit in ("day", "working_day"):
        counted = due(start, Duration(value, unit), CALENDAR)
        assert counted.counted_days == value
        assert counted.due_date is not None
        assert unit == "day" or value == 0 or CALENDAR.is_working(counted.due_date)


@given(DAYS, some.integers(1, 600))
def test_months_end_on_the_same_day_or_on_the_last_of_the_month(start: date, months: int) -> None:
    end = due(start, Duration(months, "month"), CALENDAR).due_date
    assert end is not None
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(
    some.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=some.just(UTC)),
    some.integers(0, 10_000),
    some.integers(-12, 14),
)
def test_hours_are_exact_in_every_zone(start: datetime, hours: int, offset: int) -> None:
    elsewhere = start.astimezone(timezone(timedelta(hours=offset)))
    counted = due(elsewhere, Duration(hours, "hour"), CALENDAR)
    assert counted.due == start + timedelta(hours=hours)
    assert due(elsewhere, Duration(3, "day"), CALENDAR).due == due(start, Duration(3, "day"), CALENDAR).due


@given(DAYS, some.integers(0, 200))
def test_rolling_over_never_shortens_and_ends_on_a_working_day(start: date, value: int) -> None:
    plain = due(start, Duration(value, "day"), CALENDAR).due_date
    rolled = due(start, Duration(value, "day", roll_over=True), CALENDAR).due_date
    assert plain is not None
    assert rolled is not None
    assert rolled >= plain
    assert CALENDAR.is_working(rolled)
