"""What the tests of verbs have in common: a danger that is graded, and the proof that all can be recomputed afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel import ledger
from anlan.kernel.loops import Duty
from anlan.kernel.loops.offering import offers
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay


@pytest.fixture(autouse=True)
def everything_can_be_recomputed(city: Any) -> Any:
    """After each story: duties, replay and chains of every matter come out as they stand."""
    yield
    for model in (HiddenDanger, ListedSupervision):
        for row in model.unscoped("the test recomputes every matter"):
            assert duty_faults(row) == []
            found = replay(row)
            assert found.agrees, (found.differences, [step for step in found.steps if step.differences])
    assert ledger.verify().sound


def graded(city: Any, days: int = 5) -> HiddenDanger:
    return city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(days), measures="清理")


def offered(danger: HiddenDanger, actor: Any) -> set[str]:
    return {offer.step.name for offer in offers(danger, actor)}


def open_duties(row: Any, **more: Any) -> list[Duty]:
    return list(Duty.objects.filter(matter_id=row.pk, done_at=None, leads=True, **more).order_by("key"))


def extended(city: Any, danger: HiddenDanger, days: int) -> HiddenDanger:
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(days), reason="设备未到货")
    return city.step(danger, "extend_grant", city.officer)


def major(city: Any) -> tuple[HiddenDanger, ListedSupervision]:
    danger = city.reports(by=city.officer, topic="management")
    danger = city.step(danger, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    return danger, ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)
