"""What the clock does in sets is what it does one by one: every row, duty, entry, notice and event; nothing half or twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written import left_by

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.loops import Duty, sweep, sweeping
from anlan.kernel.loops.checking import DeclarationError
from anlan.kernel.loops.declaration import Loop, Opening, State, Step, photo
from anlan.kernel.loops.due import overdue, rule
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.scope.who import TheClock, post

MANY = 10_000


@pytest.fixture
def dangers(city: Any) -> list[HiddenDanger]:
    """Dangers in several states at two enterprises, one of them with a parallel duty, one suspended."""
    found = [city.reports(), city.reports(city.far_safety_officer, city.far_shop)]
    for days in (3, 5, 8):
        found.append(
            city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(days), measures="清理")
        )
    asked = city.step(found[2], "extend", city.safety_officer, until=city.in_days(6), reason="等配件")
    fixed = city.step(found[3], "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert asked.state == "rectifying" != fixed.state
    return found


def in_sets(patched: pytest.MonkeyPatch, now: datetime, size: int) -> int:
    patched.setattr(sweeping, "FEW", 0)
    patched.setattr(sweeping, "AT_ONCE", size)
    return sweep(now)


def one_by_one(patched: pytest.MonkeyPatch, now: datetime) -> int:
    patched.setattr(sweeping, "FEW", MANY)
    return sweep(now)


def test_swept_in_sets_it_is_what_it_is_one_by_one(
    dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, fired = clock.now(), []

    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 24 * 60), min_size=1, max_size=3), st.integers(1, 7))
    def same(hours: list[int], size: int) -> None:
        moments = [begun + timedelta(hours=n) for n in sorted(hours)]
        together = left_by(lambda: [in_sets(monkeypatch, at, size) for at in moments], HiddenDanger)
        alone = left_by(lambda: [one_by_one(monkeypatch, at) for at in moments], HiddenDanger)
        assert together == alone
        fired.append(sum(alone["given"]))

    same()
    assert max(fired) > len(dangers)  # several levels of one duty among them


def test_after_sets_the_ledger_and_the_duties_are_sound(
    city: Any, dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_sets(monkeypatch, clock.now() + timedelta(days=100), 100) > len(dangers)
    assert sweep(clock.now() + timedelta(days=100)) == 0
    assert ledger.verify().sound
    assert not [fault for danger in dangers for fault in duty_faults(city.fresh(danger.pk))]


def test_what_is_at_fault_is_left_out_and_the_others_of_its_set_go_on(
    dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = Duty.objects.filter(done_at=None, leads=True).exclude(next_at=None).order_by("id")
    Duty.objects.filter(pk=first.pk).update(moments=[["overdue", "no instant"]], fired=0)
    Duty.objects.filter(pk=second.pk).update(matter_id="00000000-0000-7000-8000-000000000000")
    late = clock.now() + timedelta(days=100)
    together = left_by(lambda: in_sets(monkeypatch, late, 100), HiddenDanger)
    assert together == left_by(lambda: one_by_one(monkeypatch, late), HiddenDanger)
    assert together["given"] > 2


def test_a_sweep_killed_in_mid_set_leaves_nothing_of_it(
    dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.now() + timedelta(days=100)
    whole = left_by(lambda: in_sets(monkeypatch, late, 100), HiddenDanger)

    def killed_then_swept() -> int:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sweeping, "tell_many", _pulled)
            with pytest.raises(KeyboardInterrupt):
                in_sets(patched, late, 100)
        return in_sets(monkeypatch, late, 100)

    assert left_by(killed_then_swept, HiddenDanger) == whole


def _pulled(*given: Any) -> None:
    raise KeyboardInterrupt


def test_between_two_sets_it_gives_way(dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "FEW", 0)
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    written: list[int] = []

    def give_way() -> None:
        written.append(
            ledger.LedgerEntry.objects.filter(act__startswith="late_").values("chain").distinct().count()
        )

    sweep(clock.now() + timedelta(days=100), give_way)
    assert len(written) >= 3
    assert all(after - before <= 2 for before, after in zip([0, *written], written, strict=False))


def test_a_step_that_writes_more_than_its_row_is_not_one_for_sets() -> None:
    with pytest.raises(DeclarationError, match="cannot be taken in sets"):

        class Wrong(
            Loop,
            of=HiddenDanger,
            zh="错",
            en="Wrong",
            serves="A15",
            part="prevention",
            slug="wrong",
            prefix="CW",
        ):
            there = State(
                "在", "There", awaits=post("worker"), due=rule("alarms.handle_within"), late=(overdue(),)
            )
            over = State("完", "Over", final=True)
            opening = Opening("开", "Open", there, by=post("worker"), asks=[])
            end = Step(
                "结", "End", there, over, by=TheClock(), needs=[photo("after", "照片", "Photo")], in_sets=True
            )
