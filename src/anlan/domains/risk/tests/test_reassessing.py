"""Who may do what to one grading, and what becomes of a grading that runs out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from anlan.domains.risk.loop import RiskGradingLoop
from anlan.domains.risk.models import RiskEvent, RiskGrading
from anlan.domains.risk.reassessing import expire_due
from anlan.domains.risk.tests.test_filling import signed_in
from anlan.domains.risk.tests.test_story import Plant, fresh
from anlan.kernel.loops import inbox, sweep, together
from anlan.kernel.loops.offering import offers
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.registers import archive
from anlan.kernel.registers.errors import Changed, NotAllowed
from anlan.kernel.scope.actor import CLOCK


@pytest.fixture
def plant(city: Any) -> Plant:
    return Plant(city)


def offered(city: Any, grading: RiskGrading, actor: Any) -> set[str]:
    return {offer.step.name for offer in offers(fresh(grading), actor)}


def test_one_person_never_both_reviews_and_approves(city: Any, plant: Plant) -> None:
    grading = city.step(plant.propose(), "review", city.main_person)
    assert "approve" not in offered(city, grading, city.main_person)
    with pytest.raises(NotAllowed):
        city.step(grading, "approve", city.main_person)
    assert (fresh(grading).state, fresh(plant.event).risk_level) == ("reviewed", 0)
    # Sent back and reviewed by somebody else, the same person may approve it.
    grading = city.step(grading, "send_back", city.main_person, reason="由别人审核")
    grading = city.step(grading, "revise", plant.officer, method="lec", grounds="同前")
    grading = city.step(grading, "review", city.worker)
    assert city.step(grading, "approve", city.main_person).state == "approved"


@pytest.mark.parametrize("few", [0, 3])
def test_a_grading_that_runs_out_becomes_a_duty_until_a_new_one_is_approved(
    city: Any, plant: Plant, few: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(together, "FEW", few)  # called up in a set, and by itself
    old = plant.approved()
    city.clock.to(date(2027, 1, 29))
    assert expire_due() == 0
    city.clock.to(date(2027, 2, 1))
    assert (expire_due(), expire_due()) == (1, 0)
    old = fresh(old)
    assert (old.state, old.assess_by, old.is_late) == ("expired", date(2027, 3, 2), False)
    assert [card.matter for card in inbox(plant.officer)] == [old]
    assert duty_faults(old) == []
    # The event keeps its level meanwhile; nobody but the clock ends the duty.
    assert fresh(plant.event).risk_level == 3
    for name in ("replace", "expire", "lapse"):
        with pytest.raises((NotAllowed, Changed)):
            city.step(old, name, city.main_person, reason="试")

    city.clock.to(date(2027, 3, 3))
    sweep()
    assert fresh(old).is_late
    new = plant.approved(grounds="每年一次，等级没变")
    assert (fresh(old).state, new.state, new.assess_by) == ("replaced", "approved", date(2028, 3, 3))
    assert inbox(plant.officer) == []
    assert expire_due() == 0


def test_a_late_assessment_is_heard_by_the_regulator(city: Any, plant: Plant) -> None:
    old = plant.approved()
    city.clock.to(date(2027, 2, 10))
    expire_due()
    city.clock.to(date(2027, 4, 1))
    sweep()
    assert old.pk in {card.matter.pk for card in inbox(city.officer)}
    assert duty_faults(fresh(old)) == []


def test_what_changed_is_assessed_soon(city: Any, plant: Plant) -> None:
    first = plant.approved()
    second = plant.approved(grounds="换了刀具")
    assert "changed" not in offered(city, first, plant.officer)
    second = city.step(second, "changed", plant.officer, reason="车床换型")
    assert second.assess_by < fresh(plant.event).assess_by
    assert second.assess_by > second.graded_on
    page = signed_in(plant.officer).get(f"/risk-gradings/{second.pk}/").content.decode()
    assert f"/risk-events/{plant.event.pk}/grade?stage=initial" in page
    third = plant.propose(grounds="新车床")
    page = signed_in(plant.officer).get(f"/risk-gradings/{second.pk}/").content.decode()
    assert third.number in page
    city.clock.to(date(2026, 3, 3))
    third = city.step(third, "review", city.second_safety_officer)
    city.step(third, "approve", city.main_person)
    assert fresh(second).state == "replaced"


def test_the_duty_for_a_risk_that_is_gone_is_dropped_with_a_reason(city: Any, plant: Plant) -> None:
    old = plant.approved()
    city.clock.to(date(2027, 2, 10))
    expire_due()
    archive(RiskEvent, plant.event.pk, plant.officer, "设备已拆除")
    assert offered(city, old, plant.officer) >= {"lapse"}
    assert city.step(old, "lapse", plant.officer, reason="设备已拆除").state == "dropped"
    assert expire_due() == 0


def test_no_event_that_is_gone_and_none_under_way_is_called_up(city: Any, plant: Plant) -> None:
    other = plant.new_event("飞屑伤眼")
    plant.approved()
    plant.approved(event=other)
    archive(RiskEvent, other.pk, plant.officer, "已加装护罩")
    city.clock.to(date(2027, 2, 10))
    plant.propose(grounds="提前重评")
    assert expire_due() == 0
    city.clock.to(date(2027, 2, 10) + timedelta(days=1))
    assert not RiskGrading.unscoped("a test").filter(state="expired").exists()


def test_the_clock_alone_calls_up(city: Any) -> None:
    for name in ("expire", "replace"):
        step = RiskGradingLoop.steps[name]
        assert step.by.kinds() == frozenset()
        assert step.by.allows(CLOCK, None, "risk")
        assert not step.by.allows(city.main_person, None, "risk")
