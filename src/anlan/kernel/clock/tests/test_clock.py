"""The clock and the working calendar: what day it is, which days are worked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.kernel.clock import CHINA, CalendarError, WorkingCalendar, month, now, quarter, today, travel
from anlan.kernel.clock.periods import year
from anlan.kernel.clock.working import HolidayYear, Notice, shipped_years

CALENDAR = WorkingCalendar.load()
DAYS = some.dates(date(2016, 1, 1), date(2026, 12, 24))


def test_travel_moves_the_clock_and_gives_it_back() -> None:
    with travel(datetime(2026, 3, 6, 17, 30, tzinfo=UTC)) as clock:
        assert today() == date(2026, 3, 7), "half past one in the morning in China"
        clock.forward(timedelta(days=31))
        assert today() == date(2026, 4, 7)
        clock.to(date(2026, 1, 1))
        assert now().astimezone(CHINA).hour == 12
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_travel_refuses_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="aware"), travel(datetime(2026, 3, 6)):
        pass


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-02-14", True),  # make-up Saturday before the Spring Festival
        ("2026-02-23", False),  # the ninth day of it, a Monday
        ("2026-01-04", True),  # make-up Sunday
        ("2025-10-08", False),  # Mid-Autumn joined to National Day
        ("2024-09-14", True),
        ("2023-09-29", False),
        ("2022-12-31", False),  # ruled by the notice for 2023
        ("2018-12-29", True),  # ruled by the notice for 2019
        ("2018-12-31", False),
        ("2020-01-31", False),  # the prolonged Spring Festival
        ("2020-02-01", False),  # was to be worked before the prolongation
        ("2019-05-02", False),  # the changed Labour Day
        ("2017-10-08", False),
        ("2016-02-06", True),
        ("2026-11-23", True),
    ],
)
def test_days_by_the_notices(day: str, worked: bool) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day)) is worked


def test_every_year_since_2016_is_on_file_and_sourced() -> None:
    assert CALENDAR.years == tuple(range(2016, 2027))
    assert {entry.seen for entry in shipped_years().values()} == {"sourced"}


def test_each_holiday_is_as_long_as_the_law_says_or_longer() -> None:
    """Eleven days off a year by law until 2024, thirteen since 2025: no notice gives fewer."""
    for number, entry in shipped_years().items():
        off = [day for day in entry.days_off if day.year == number]
        weekdays_off = sum(day.weekday() < 5 for day in off)
        worked = sum(day.year == number for day in entry.workdays)
        least = 13 if number >= 2025 else 11
        assert weekdays_off - worked >= least - 4, number  # a few of them fall on weekends


def test_working_days_over_the_national_holiday() -> None:
    assert CALENDAR.add_working_days(date(2025, 9, 26), 1) == date(2025, 9, 28), "a make-up Sunday counts"
    assert CALENDAR.add_working_days(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert CALENDAR.add_working_days(date(2025, 9, 30), 0) == date(2025, 9, 30)
    assert CALENDAR.roll_forward(date(2025, 10, 1)) == date(2025, 10, 9)


@given(DAYS, some.integers(0, 400))
def test_adding_and_counting_working_days_are_inverse(start: date, count: int) -> None:
    end = CALENDAR.add_working_days(start, count)
    assert CALENDAR.working_days_between(start, end) == count
    assert count == 0 or CALENDAR.is_working(end)


@given(DAYS, some.integers(0, 300), some.integers(0, 300))
def test_adding_working_days_is_monotone_and_adds_up(start: date, first: int, second: int) -> None:
    at_once = CALENDAR.add_working_days(start, first + second)
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(start, first), second) == at_once
    assert CALENDAR.add_working_days(start, first) <= at_once


def test_a_missing_year_is_named_and_never_silent() -> None:
    assert CALENDAR.unverified_years(date(2026, 11, 1), date(2026, 12, 20)) == ()
    assert CALENDAR.unverified_years(date(2026, 12, 1), date(2026, 12, 31)) == (2027,)
    assert CALENDAR.unverified_years(date(2026, 12, 1), date(2027, 1, 5)) == (2027,)
    assert CALENDAR.unverified_years(date(2015, 6, 1), date(2016, 1, 5)) == (2015,)
    assert CALENDAR.confidence(date(2026, 12, 1), date(2027, 1, 5)) == "memory"
    assert CALENDAR.confidence(date(2026, 11, 1), date(2026, 11, 30)) == "sourced"


def test_counting_never_leaves_the_calendar() -> None:
    with pytest.raises(CalendarError):
        CALENDAR.add_working_days(date(9999, 12, 30), 5)
    with pytest.raises(CalendarError):
        CALENDAR.add_working_days(date(2026, 1, 1), -1)


YEAR = """
year: 2027
seen: sourced
notices: [{number: 国办发明电〔2026〕0号, issued: 2026-11-30}]
holidays: [{zh: 元旦, en: New Year, from: 2027-01-01, to: 2027-01-03}]
workdays: [2026-12-27]
"""


def test_a_dropped_file_adds_or_replaces_a_year(tmp_path: Path) -> None:
    (tmp_path / "2027.yaml").write_text(YEAR, encoding="utf-8")
    calendar = WorkingCalendar.load([tmp_path])
    assert calendar.is_working(date(2026, 12, 27))
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.unverified_years(date(2026, 12, 1), date(2027, 6, 1)) == ()


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ("2026-12-27", "2026-12-28", "weekend"),
        ("2026-12-27", "2025-12-27", "another year"),
        ("2026-12-27", "2027-01-02", "both day off"),
        ("seen: sourced", "seen: heard", "seen must be"),
        ("to: 2027-01-03", "to: 2026-01-03", "not a span"),
        ("seen: sourced", "", "seen"),
    ],
)
def test_a_doubtful_file_is_refused(tmp_path: Path, written: str, instead: str, fault: str) -> None:
    (tmp_path / "2027.yaml").write_text(YEAR.replace(written, instead), encoding="utf-8")
    with pytest.raises(CalendarError, match=fault):
        WorkingCalendar.load([tmp_path])


def test_periods() -> None:
    assert (month(date(2024, 2, 10)).last, month(date(2024, 2, 10)).days) == (date(2024, 2, 29), 29)
    assert quarter(date(2026, 11, 23)).first == date(2026, 10, 1)
    assert quarter(date(2026, 11, 23)).last == date(2026, 12, 31)
    assert year(date(2026, 11, 23)).days == 365
    assert date(2026, 11, 23) in quarter(date(2026, 11, 23))


@given(some.dates(date(1990, 1, 1), date(2100, 1, 1)), some.sampled_from([month, quarter, year]))
def test_periods_follow_each_other_without_gap(day: date, make: object) -> None:
    period = make(day)  # type: ignore[operator]
    assert day in period
    assert period.next().first == period.last + timedelta(days=1)
    assert period.next().previous() == period


def test_a_calendar_of_one_year_counts_only_what_it_knows() -> None:
    known = HolidayYear(2024, "memory", (Notice("x", date(2023, 1, 1)),), frozenset(), frozenset())
    calendar = WorkingCalendar([known])
    assert calendar.is_working(date(2024, 1, 1)), "no holiday was given"
    assert calendar.confidence(date(2024, 2, 1), date(2024, 3, 1)) == "memory"
