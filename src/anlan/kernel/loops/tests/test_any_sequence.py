"""Any sequence of offered steps keeps what must always hold; the steps and their answers are read off the declaration."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel import ledger
from anlan.kernel.loops import Duty, sweep, take
from anlan.kernel.loops.offering import offers
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers.errors import Invalid, KeepingError

STEPS_IN_A_WALK = 22


def answers_for(city: Any, offer: Any, chance: random.Random) -> dict[str, Any]:
    """Likely answers for whatever a step asks, by the kind of its fields."""
    found: dict[str, Any] = {}
    known = {
        "criteria": "industry_trade",
        "criterion": chance.choice(["", "3.2"]),
        "new_regulator": str(city.market.pk),
    }
    for name, field in offer.form().fields.items():
        kind = type(field).__name__
        if name in known:
            found[name] = known[name]
        elif "Day" in kind:
            found[name] = city.in_days(chance.choice([-1, 3, 12, 40, 400]))
        elif kind == "ReferenceField":
            found[name] = str(chance.choice([city.safety_officer, city.main_person]).post_id)
        elif "Choice" in kind:
            found[name] = chance.choice([value for value, _ in field.choices if value])
        elif kind in {"DecimalField", "IntegerField"}:
            found[name] = chance.choice(["0", "12.5", "43"])
        elif kind == "FlagField":
            found[name] = chance.choice(["true", "false"])
        else:
            found[name] = chance.choice(["已处理", "x", "清理通道并张贴标识"])
        if not field.required and chance.random() < 0.3:
            found.pop(name)
    return found


def went_along(other: Any, row: Any, entry: Any) -> bool:
    """Say whether a listing was handed on together with its danger."""
    now = type(other).unscoped("the test reads every matter").get(pk=other.pk)
    return bool(entry.act == "transfer" and other.parent_id == row.pk and now.version > other.version)


def must_hold(row: Any, before: Any, step: Any) -> None:
    fresh = type(row).unscoped("the test reads every matter").get(pk=row.pk)
    open_duties = Duty.objects.filter(matter_id=row.pk, done_at=None)
    assert fresh.is_open == open_duties.filter(sort="state").exists(), (
        "open ⇔ somebody is awaited for the state"
    )
    assert fresh.is_open != fresh.present_state.final
    assert fresh.is_open or not open_duties.exists()
    assert fresh.version == before.version + (0 if step is None or step.any_time else 1)
    assert duty_faults(fresh) == []
    found = replay(fresh)
    assert found.agrees, (found.differences, [one for one in found.steps if one.differences])
    assert [entry.seq for entry in ledger.history(row.pk)] == list(range(1, len(ledger.history(row.pk)) + 1))


def taken_or_refused(step: str, row: Any, actor: Any, answers: Any, evidence: Any) -> Any:
    try:
        return take(step, row, actor, answers, version=row.version, evidence=evidence)
    except KeepingError as refused:
        return refused


def matters() -> list[Any]:
    return [
        row
        for model in (HiddenDanger, ListedSupervision)
        for row in model.unscoped("walk").order_by("number")
    ]


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_offered_steps_keeps_the_invariants(city: Any, seed: int) -> None:
    chance = random.Random(seed)
    people = [
        city.officer,
        city.second_officer,
        city.safety_officer,
        city.main_person,
        city.worker,
        city.grid_inspector,
        city.city_officer,
    ]
    people.append(city.person("industry_officer", city.market, "market_officer"))
    city.reports(
        by=chance.choice([city.officer, city.safety_officer]), topic=chance.choice(["fire", "management"])
    )
    taken = set()
    for _ in range(STEPS_IN_A_WALK):
        city.clock.forward(timedelta(hours=chance.choice([0, 1, 20, 24 * 9])))
        row, actor = chance.choice(matters()), chance.choice(people)
        visible = type(row).seen_by(actor).filter(pk=row.pk).first()
        if visible is None:
            continue
        before = {one.pk: one for one in matters()}
        if chance.random() < 0.15:
            sweep()
            for one in before.values():
                must_hold(one, one, None)
            continue
        offered = offers(visible, actor)
        if not offered:
            continue
        offer = chance.choice(offered)
        if offer.step.name == "withdraw" and chance.random() < 0.9:
            continue
        evidence = {need.purpose: [city.photo(actor)] for need in offer.step.needs}
        answers = answers_for(city, offer, chance)
        result = taken_or_refused(offer.step.name, visible, actor, answers, evidence)
        if isinstance(result, KeepingError):
            assert isinstance(result, Invalid), f"{offer.step.name} was offered and then refused: {result}"
            must_hold(row, before[row.pk], None)
            continue
        taken.add(result.act)
        must_hold(row, before[row.pk], offer.step)
        for other in before.values():
            if other.pk != row.pk:
                must_hold(other, other, offer.step if went_along(other, row, result) else None)
    assert len(taken) >= 3, "the walk went nowhere"
    assert ledger.verify().sound
