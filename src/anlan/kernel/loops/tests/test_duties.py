"""Duties: no open matter without somebody awaited, no deadline that is over and untold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.loops import Duty, inbox
from anlan.kernel.loops.around import look_around


def graded(city: Any, **more: Any) -> HiddenDanger:
    return city.step(city.reports(**more), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")


def test_where_nobody_can_be_named_the_city_is_awaited(city: Any) -> None:
    from anlan.kernel.scope.models import Remit

    Remit.objects.all().delete()
    danger = city.reports(by=city.grid_inspector)
    assert danger.regulator is None
    opened = ledger.history(danger.pk)[0]
    assert len(opened.data["vacuums"]) == 3
    danger = city.step(danger, "fix_at_once", city.grid_inspector, photo="after", what_was_done="清")
    assert danger.state == "in_review"
    assert [card.matter for card in inbox(city.city_officer)] == [danger], (
        "no vacuum leaves a matter without anybody"
    )


def test_no_duty_is_awaited_by_nobody(city: Any) -> None:
    city.reports()
    graded(city)
    assert not Duty.objects.filter(party=None, post=None).exists()
    assert not Duty.objects.filter(kinds=[], post=None).exists()


def test_a_deadline_already_over_when_its_state_begins_is_told_at_once(city: Any) -> None:
    danger = graded(city)
    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    city.clock.forward(timedelta(days=3))
    danger = city.step(danger, "accept", city.officer, photo="verified")
    HiddenDanger.unscoped("a test looks back").filter(pk=danger.pk).update(rectify_by="2026-03-01")
    from anlan.kernel.loops import duties

    row = city.fresh(danger.pk)
    row.state = "rectifying"
    duties.enter(HiddenDangerLoop, row, clock.now(), received_at=clock.now())
    duty = Duty.objects.get(matter_id=row.pk, key="state:rectifying", done_at=None, leads=True)
    assert [name for name, _ in duty.moments] == ["overdue", "escalate"]
    assert duty.next_at <= clock.now()


def test_what_stands_around_matters_tells_their_open_duties_alone(city: Any) -> None:
    accepted = city.step(graded(city), "rectify", city.safety_officer, photo="after", what_was_done="清")
    accepted = city.step(accepted, "accept", city.officer, photo="verified")
    rows = [city.fresh(one.pk) for one in (accepted, graded(city), city.reports())]
    assert Duty.objects.filter(matter_id=accepted.pk).exclude(done_at=None).exists()
    look_around(rows)
    for row in rows:
        plainly = Duty.objects.filter(matter_id=row.pk, done_at=None).values_list("key", flat=True)
        assert row.around.open_keys == frozenset(plainly)
        assert city.fresh(row.pk).around.open_keys == frozenset(plainly)
