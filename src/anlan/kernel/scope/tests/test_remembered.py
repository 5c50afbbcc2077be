"""What is remembered of who regulates: the same on every day as what is worked out from the rows of that day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from anlan.kernel.scope.models import PartyName, PartySuccession, Remit, ZoneMember
from anlan.kernel.scope.regulators import answer_from, remits_for
from anlan.kernel.scope.responsibility import Responsibility, recalling, remembering, responsibility

FIRST = date(2025, 1, 1)
DAYS = 40


def some_day(random: Random) -> date:
    return FIRST + timedelta(days=random.randrange(DAYS))


def some_period(random: Random) -> dict[str, date | None]:
    """Give a period with both ends, one or none."""
    begin, end = sorted((some_day(random), some_day(random)))
    return {
        "valid_from": random.choice([begin, begin, None]),
        "valid_to": random.choice([end, end, None, date.max]),
    }


def worked_out(place: Any, industry: str, on: date) -> Responsibility:
    return answer_from(list(remits_for(place, industry, on, None)), on, None)


def redate(city: Any, random: Random) -> None:
    for remit in Remit.objects.all():
        Remit.objects.filter(pk=remit.pk).update(**some_period(random))
    ZoneMember.objects.update(valid_from=some_day(random), valid_to=random.choice([None, some_day(random)]))
    PartyName.objects.all().delete()
    PartyName.objects.create(party=city.bureau, name="旧名", valid_from=None, valid_to=some_day(random))
    PartySuccession.objects.update(since=some_day(random))


@pytest.mark.parametrize("seed", range(6))
def test_on_every_day_the_remembered_answer_is_the_one_worked_out(city: Any, seed: int) -> None:
    random = Random(seed)
    city.remit(city.market, "direct", "C")
    PartySuccession.objects.create(
        predecessor=city.market,
        successor=city.department("南关区综合监管局", city.county, "market"),
        since=FIRST,
    )
    city.remit(city.department("经开区管委会应急局", city.zone, "work_safety"), "direct", "C")
    place = city.far_village
    for _ in range(3):
        redate(city, random)
        days = [FIRST + timedelta(days=n) for n in range(-1, DAYS + 2)]
        random.shuffle(days)
        expected = {on: worked_out(place, "3489", on) for on in days}
        assert any(answer.by_role != expected[FIRST].by_role for answer in expected.values())
        assert {on: responsibility(place, "3489", on) for on in days} == expected
        with remembering():
            assert {on: responsibility(place, "3489", on) for on in days} == expected
        with recalling():
            assert {on: responsibility(place, "3489", on) for on in days} == expected
