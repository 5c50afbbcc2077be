"""What the clock does in sets is what it does one by one: every row, duty, entry, notice and event; nothing half or twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written import left_by

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.ids import new_id
from anlan.kernel.loops import Duty, sweep, sweeping, together
from anlan.kernel.loops.checking import DeclarationError
from anlan.kernel.loops.declaration import Loop, Opening, State, Step, photo
from anlan.kernel.loops.due import overdue, rule
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.together import NextStep, take_many, take_together
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope.actor import CLOCK
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


@pytest.mark.parametrize("name", ["grade", "tell_regulator"])
@pytest.mark.parametrize("to", ["", "closed"])
def test_a_step_of_many_is_what_it_is_of_one_after_the_other(
    city: Any, dangers: list[HiddenDanger], monkeypatch: pytest.MonkeyPatch, name: str, to: str
) -> None:
    """Steps with questions, checks, effects and parallel duties, as if they were the clock's; half of them are refused."""
    for _ in range(2):
        dangers.append(
            city.step(city.reports(), "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
        )
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    step, answers = (
        HiddenDangerLoop.steps[name],
        {"rectify_by": city.in_days(4), "measures": "清理", "report": "已报"},
    )
    asked = [NextStep(danger.pk, key=new_id(), data=answers) for danger in [*dangers, dangers[0]]]

    alone, takes = list[int](), together.take

    def take_counted(*args: Any, **more: Any) -> Any:
        alone[-1] += 1
        return takes(*args, **more)

    monkeypatch.setattr(together, "take", take_counted)

    def taken(few: int) -> list[Any]:
        monkeypatch.setattr(together, "FEW", few)
        alone.append(0)
        outcomes = take_many(name, HiddenDangerLoop, CLOCK, asked)
        return [
            str(one) if isinstance(one, KeepingError) else (one.chain, one.seq, one.act) for one in outcomes
        ]

    changed = {"in_sets": True, "by": TheClock()} | ({"to": HiddenDangerLoop.closed} if to else {})
    stood = {field: getattr(step, field) for field in changed}
    try:
        for field, value in changed.items():
            object.__setattr__(step, field, value)
        in_sets, one_by_one = (left_by(lambda n=n: taken(n), HiddenDanger) for n in (0, MANY))
    finally:
        for field, value in stood.items():
            object.__setattr__(step, field, value)
    assert in_sets == one_by_one
    assert sum(isinstance(one, tuple) for one in in_sets["given"]) == 2
    assert alone == [len(asked) - 2, len(asked)]


def test_what_opens_a_matter_of_another_loop_goes_one_by_one(city: Any, dangers: list[HiddenDanger]) -> None:
    step = HiddenDangerLoop.steps["grade_major"]
    asked = [NextStep(danger.pk) for danger in dangers]
    object.__setattr__(step, "in_sets", True)
    try:
        assert take_together("grade_major", HiddenDangerLoop, CLOCK, asked) == [None] * len(asked)
    finally:
        object.__setattr__(step, "in_sets", False)


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
