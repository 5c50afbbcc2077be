"""Quiet hours and digests: properties over any instant, and the cases people ask about."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import clock
from anlan.kernel.notices.sending import FIRST_PAUSE, LONGEST_PAUSE, pause_after
from anlan.kernel.notices.timing import DIGEST, EACH, Hours, after_quiet, goes_out, is_quiet, next_digest

INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
TEXTS = TIMES.map(lambda t: f"{t:%H:%M}")
HOURS = st.builds(
    Hours, quiet_from=TIMES, quiet_to=TIMES, digest_times=st.lists(TEXTS, min_size=1, max_size=6).map(tuple),
    working_days_only=st.booleans(), pace=st.sampled_from([DIGEST, EACH]),
)  # fmt: skip


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)


@given(INSTANTS, HOURS)
def test_what_waits_for_the_end_of_the_quiet_hours_is_out_of_them_within_a_day(
    at: datetime, hours: Hours
) -> None:
    moment = after_quiet(at, hours)
    assert not is_quiet(moment, hours)
    assert at <= moment < at + timedelta(days=1)
    assert is_quiet(at, hours) == (moment != at)


@given(INSTANTS, HOURS)
def test_a_digest_lies_ahead_out_of_the_quiet_hours(at: datetime, hours: Hours) -> None:
    moment = next_digest(at, hours)
    assert at < moment < at + timedelta(days=14)
    assert not is_quiet(moment, hours)


@given(INSTANTS, HOURS, st.sampled_from(["duty", "remind", "overdue", "escalate", "renewed"]), st.booleans())
def test_nothing_goes_out_before_it_is_told_nor_in_quiet_hours_unless_urgent(
    at: datetime, hours: Hours, kind: str, has_clock: bool
) -> None:
    due = at + timedelta(days=5) if has_clock else None
    at_once, moment = goes_out(kind, due, at, at, hours)
    assert moment >= at
    assert is_quiet(moment, hours) is (kind == "escalate" and is_quiet(at, hours))
    assert at_once == (
        hours.pace == EACH or kind in {"overdue", "escalate"} or (kind == "duty" and has_clock)
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02 21:59", "2026-03-02 21:59"),
        ("2026-03-02 22:00", "2026-03-03 07:00"),
        ("2026-03-03 06:59", "2026-03-03 07:00"),
        ("2026-03-03 07:00", "2026-03-03 07:00"),
    ],
)
def test_the_usual_night_is_quiet_from_ten_to_seven(at: str, expected: str) -> None:
    assert after_quiet(china(at), Hours()) == china(expected)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02 08:00", "2026-03-02 08:30"),
        ("2026-03-02 08:30", "2026-03-02 14:30"),
        ("2026-03-06 20:00", "2026-03-09 08:30"),  # Friday evening: Monday
        ("2026-09-30 20:00", "2026-10-08 08:30"),  # before the National Day holiday
    ],
)
def test_digests_keep_the_working_calendar(at: str, expected: str) -> None:
    assert next_digest(china(at), Hours()) == china(expected)


def test_a_deadline_within_a_day_is_told_at_night_too() -> None:
    night = china("2026-03-02 23:30")
    assert goes_out("duty", night + timedelta(hours=6), night, night, Hours()) == (True, night)
    at_once, moment = goes_out("duty", night + timedelta(days=3), night, night, Hours())
    assert at_once
    assert moment == china("2026-03-03 07:00")


@given(st.integers(1, 60), st.floats(0, 1))
def test_pauses_grow_and_stay_within_bounds(attempts: int, chance: float) -> None:
    pause = pause_after(attempts, chance)
    assert FIRST_PAUSE * 0.75 <= pause <= LONGEST_PAUSE * 1.25
    assert pause <= pause_after(attempts + 1, chance)
