"""Suspending and resuming: the clock stands still, and comes to lie where it must."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import ledger
from anlan.kernel.loops import Duty, inbox, sweep
from anlan.kernel.loops.due import end_of
from anlan.kernel.loops.tests.verbs import (
    everything_can_be_recomputed,  # noqa: F401 - a fixture of every story
    graded,
    major,
    offered,
    open_duties,
)
from anlan.kernel.registers.errors import Changed, NotAllowed


def test_a_clock_of_days_moves_by_days_and_one_of_hours_to_the_second(city: Any) -> None:
    danger = graded(city)
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(
        due_at=(at := datetime(2026, 3, 8, 3, 0, 0, tzinfo=UTC))
    )
    HiddenDanger.unscoped("a clock of hours").filter(pk=danger.pk).update(due_at=at)
    danger = city.fresh(danger.pk)
    city.clock.to(datetime(2026, 3, 3, 15, 0, tzinfo=UTC))
    danger = city.step(danger, "suspend", city.officer, reason="停电")
    city.clock.to(datetime(2026, 3, 4, 1, 30, tzinfo=UTC))
    danger = city.step(danger, "resume", city.officer)
    assert (
        timedelta(hours=10, minutes=29, seconds=59)
        < danger.due_at - at
        < timedelta(hours=10, minutes=30, seconds=1)
    )
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(due_at=end_of(danger.rectify_by))
    HiddenDanger.unscoped("back to days").filter(pk=danger.pk).update(due_at=end_of(danger.rectify_by))
    ledger_says_so(danger)


def ledger_says_so(danger: HiddenDanger) -> None:
    """The row was moved by hand for the test; let it not trouble the recomputation afterwards."""
    HiddenDanger.unscoped("tidy").filter(pk=danger.pk).update(
        due_at=ledger.history(danger.pk)[-1].data["row"]["due_at"]
    )
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(
        due_at=ledger.history(danger.pk)[-1].data["row"]["due_at"]
    )


def test_suspending_across_midnight_in_china_counts_one_day(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    city.clock.to(datetime(2026, 3, 3, 15, 59, tzinfo=UTC))  # 23:59
    danger = city.step(danger, "suspend", city.officer, reason="停电")
    city.clock.to(datetime(2026, 3, 3, 16, 1, tzinfo=UTC))  # 00:01
    danger = city.step(danger, "resume", city.officer)
    assert danger.due_at == due + timedelta(days=1)
    assert danger.rectify_by.isoformat() == "2026-03-08"


def test_while_suspended_only_a_few_things_go(city: Any) -> None:
    danger = city.step(graded(city), "suspend", city.officer, reason="洪水")
    assert offered(danger, city.officer) == {"resume", "transfer", "correct", "comment", "attach"}
    assert offered(danger, city.safety_officer) == {"comment", "attach"}  # government found it
    with pytest.raises((Changed, NotAllowed)):
        city.step(danger, "suspend", city.officer, reason="再")
    with pytest.raises(NotAllowed):
        city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert not danger.is_late
    city.clock.forward(timedelta(days=365))
    assert not danger.is_late
    assert [card.group for card in inbox(city.safety_officer)] == ["later"]


def test_the_clock_of_the_state_stands_still_and_lateness_comes_by_as_much_later(city: Any) -> None:
    danger, _ = major(city)
    before = {duty.key: [moment for _, moment in duty.moments] for duty in open_duties(danger)}
    assert len(before) == 3
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    assert all(duty.next_at is None for duty in open_duties(danger, sort="state"))
    city.clock.forward(timedelta(days=10))
    danger = city.step(danger, "resume", city.officer)
    for duty in open_duties(danger, sort="state"):
        moved = [datetime.fromisoformat(moment) for _, moment in duty.moments]
        former = [datetime.fromisoformat(moment) for moment in before[duty.key]]
        assert all(
            timedelta(days=9, hours=23) < new - old < timedelta(days=10, hours=1)
            for new, old in zip(moved, former, strict=True)
        )
        assert duty.next_at == moved[duty.fired]


def test_the_double_report_is_due_also_while_the_rectification_is_suspended(city: Any) -> None:
    danger, _ = major(city)
    before = {duty.key: duty.due_at for duty in open_duties(danger, sort="line")}
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    assert {duty.key: duty.due_at for duty in open_duties(danger, sort="line")} == before
    assert "tell_regulator" in offered(danger, city.main_person)
    danger = city.step(danger, "tell_regulator", city.main_person, report="现状、原因、方案")
    assert danger.paused_at is not None
    city.clock.forward(timedelta(days=20))
    sweep()
    late = [entry.data["duty"] for entry in ledger.history(danger.pk) if entry.act == "late_overdue"]
    assert late == ["line:report_to_congress"]


def test_a_clock_of_working_days_never_comes_to_lie_on_a_day_off(city: Any) -> None:
    danger, _ = major(city)
    assert danger.due_at == end_of(date(2026, 3, 9))
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    city.clock.forward(timedelta(days=5))  # the ninth and five days more is a Saturday
    danger = city.step(danger, "resume", city.officer)
    assert danger.due_at == end_of(date(2026, 3, 16))
    (state,) = open_duties(danger, sort="state")
    assert state.due_at == danger.due_at
    assert [datetime.fromisoformat(at) for name, at in state.moments if name == "overdue"] == [danger.due_at]
