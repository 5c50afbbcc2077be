"""Due windows: no gap, no overlap, whatever the calendar holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.domains.checks.windows import (
    ONE_DAY,
    SHANGHAI,
    Pattern,
    ShiftError,
    Window,
    midnight,
    read_shifts,
    tile,
    windows,
)
from anlan.kernel import clock

TWO_SHIFTS = read_shifts("08:00-16:00，16:00-00:00")
THREE_SHIFTS = read_shifts("00:00-08:00\n08:00-16:00\n16:00-24:00")
NIGHT = read_shifts("20:00-08:00")
DAYS = st.dates(date(2018, 1, 1), date(2031, 12, 31))
LONG_UNITS = ("day", "week", "month", "quarter", "year")


def working(day: date) -> bool:
    return clock.working_calendar().is_working(day)


def all_of(
    unit: str,
    cycle: int,
    pattern: Pattern,
    first: date,
    days: int,
    is_working: Callable[[date], bool] = working,
) -> list[Window]:
    """Every window that the days ask for, one day after the other, as the schedule does."""
    found = [
        one
        for n in range(days)
        for one in windows(unit, cycle, pattern, first + timedelta(days=n), is_working)
    ]
    return sorted(set(found))


@given(st.sampled_from(("hour", *LONG_UNITS)), st.integers(1, 40), DAYS)
@settings(max_examples=300, deadline=None)
def test_on_all_days_windows_meet_without_gap_or_overlap(unit: str, cycle: int, first: date) -> None:
    found = all_of(unit, cycle, Pattern(), first, 75)
    assert found[0].starts <= midnight(first)
    assert found[-1].ends >= midnight(first + timedelta(days=75))
    for before, after in pairwise(found):
        assert before.ends == after.starts


@given(st.sampled_from(LONG_UNITS), st.integers(1, 20), DAYS, st.sets(st.integers(0, 120)))
@settings(max_examples=300, deadline=None)
def test_every_working_day_lies_in_exactly_one_window_and_windows_begin_and_end_on_one(
    unit: str, cycle: int, first: date, off: set[int]
) -> None:
    closed = {first + timedelta(days=n) for n in off}
    found = all_of(unit, cycle, Pattern("working"), first, 100, lambda day: day not in closed)
    for n in range(100):
        day = first + timedelta(days=n)
        around = [one for one in found if one.starts <= midnight(day) < one.ends]
        assert len(around) == 1 if day not in closed else len(around) <= 1
    for one in found:
        assert one.starts.date() not in closed
        assert one.day not in closed


@given(
    st.integers(1, 9),
    DAYS,
    st.sampled_from((TWO_SHIFTS, THREE_SHIFTS, NIGHT, ())),
    st.sets(st.integers(-40, 60)),
)
@settings(max_examples=200, deadline=None)
def test_every_shift_worked_lies_in_exactly_one_run(
    cycle: int, first: date, shifts: object, off: set[int]
) -> None:
    closed = {first + timedelta(days=n) for n in off}
    pattern = Pattern("working", shifts)  # type: ignore[arg-type]
    found = all_of("shift", cycle, pattern, first, 40, lambda day: day not in closed)
    singles = all_of("shift", 1, pattern, first, 40, lambda day: day not in closed)
    for one in singles:
        assert sum(span.starts <= one.starts and one.ends <= span.ends for span in found) == 1
    for before, after in pairwise(found):
        assert before.ends <= after.starts


@given(
    st.sampled_from(("hour", "shift", *LONG_UNITS)),
    st.integers(1, 366),
    DAYS,
    st.sampled_from(("every", "working")),
)
@settings(max_examples=300, deadline=None)
def test_a_window_is_the_same_whichever_day_asks(unit: str, cycle: int, day: date, days: str) -> None:
    pattern = Pattern(days, TWO_SHIFTS)
    for one in windows(unit, cycle, pattern, day, working):
        assert one.starts < midnight(day + ONE_DAY)
        assert one.ends > midnight(day)
        for other in {one.starts.date(), one.day}:
            assert one in windows(unit, cycle, pattern, other, working)


@given(st.integers(1, 24), DAYS)
@settings(max_examples=200, deadline=None)
def test_months_end_where_the_calendar_says(cycle: int, day: date) -> None:
    first, last = tile("month", cycle, day)
    assert first.day == 1
    assert (last + ONE_DAY).day == 1
    assert first <= day <= last
    assert tile("month", cycle, last + ONE_DAY)[0] == last + ONE_DAY
    assert tile("month", cycle, first - ONE_DAY)[1] == first - ONE_DAY


@given(DAYS)
def test_shanghai_has_one_offset(day: date) -> None:
    there = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert there.utcoffset() == midnight(day).utcoffset() == timedelta(hours=8)


def test_make_up_days_are_worked_and_holidays_are_not() -> None:
    plain = Pattern("working")
    assert windows("day", 1, plain, date(2026, 2, 14), working)  # a Saturday made up for the Spring Festival
    assert not windows("day", 1, plain, date(2026, 2, 17), working)  # the first day of the year of the horse
    assert not windows("hour", 2, plain, date(2026, 2, 17), working)
    assert windows("day", 1, Pattern(), date(2026, 2, 17), working)
    week = windows("week", 1, plain, date(2026, 2, 24), working)  # the festival ends on Monday 23 February
    assert [(one.starts.date(), one.day) for one in week] == [(date(2026, 2, 24), date(2026, 2, 28))]


def test_hours_are_asked_for_within_shifts_only() -> None:
    found = windows("hour", 2, Pattern("every", read_shifts("08:00-12:00")), date(2026, 3, 2), working)
    assert [(one.starts.hour, one.ends.hour) for one in found] == [(8, 10), (10, 12)]
    night = windows("hour", 4, Pattern("every", NIGHT), date(2026, 3, 2), working)
    assert [one.starts.hour for one in night] == [0, 4, 20]


def test_a_night_shift_belongs_to_the_day_it_began_on() -> None:
    found = windows(
        "shift", 1, Pattern("working", NIGHT), date(2026, 3, 2), working
    )  # Monday; Sunday is not worked
    assert found == [
        Window(datetime(2026, 3, 2, 20, tzinfo=SHANGHAI), datetime(2026, 3, 3, 8, tzinfo=SHANGHAI))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "8-16",
        "08:00-25:00",
        "08:00-16:00,15:00-20:00",
        "08:00-09:00," * 7,
        "22:00-10:00，08:00-12:00",
        "24:30-02:00",
    ],
)
def test_shifts_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ShiftError):
        read_shifts(text)


def test_shifts_are_read_as_people_write_them() -> None:
    assert read_shifts("8:00-16:00".replace("8", "08")) == ((480, 960),)
    assert read_shifts("08：00—16：00、16:00至24:00") == ((480, 960), (960, 1440))
    assert read_shifts("") == ()
