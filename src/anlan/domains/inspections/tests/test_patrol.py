"""Patrol plans: how often by risk, the reason told, today's route walked to the nearest next site."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.inspections import patrol
from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.patrol import PatrolSite, in_walking_order, kilometres, plan, route
from anlan.domains.inspections.queries import patrolled, sites_for
from anlan.domains.inspections.tests.phone import Phone
from anlan.domains.risk.models import RiskObject
from anlan.kernel import clock
from anlan.kernel.registers import create
from anlan.kernel.words import Words

DAY = date(2026, 3, 2)


def firm(name: str, last: date | None, point: tuple[float, float] = (125.0, 43.0), **marks: bool) -> Any:
    return SimpleNamespace(
        pk=name, name=name, last_visit=last, longitude=point[0], latitude=point[1],
        **dict.fromkeys(Enterprise.KEY_FLAGS, False) | marks,
    )  # fmt: skip


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> dict[Any, int]:
    known: dict[Any, int] = {}
    monkeypatch.setattr(patrol, "levels_of", lambda firms: known)
    return known


def test_low_risk_is_visited_less_and_told_why(levels: dict[Any, int]) -> None:
    levels |= {"low": 1, "general": 2, "considerable": 3, "major": 4}
    last = DAY - timedelta(days=31)
    found = {one.firm.pk: one for one in plan([firm(name, last) for name in levels], DAY)}
    assert {name for name, one in found.items() if one.is_due} == {"considerable", "major"}
    assert [found[name].every_days for name in levels] == [180, 90, 30, 15]
    assert "低风险，每 180 天一次" in found["low"].why.zh
    assert found["low"].due == last + timedelta(days=180)
    assert next(iter(found)) == "major"


def test_marks_stand_in_for_a_grade_and_a_new_site_is_due(levels: dict[Any, int]) -> None:
    marked = firm("marked", DAY - timedelta(days=40), **{Enterprise.KEY_FLAGS[0]: True})
    found = {
        one.firm.pk: one
        for one in plan([marked, firm("plain", DAY - timedelta(days=40)), firm("new", None)], DAY)
    }
    assert {name: one.is_due for name, one in found.items()} == {"marked": True, "plain": False, "new": True}


def test_who_was_visited_today_is_not_due_again(levels: dict[Any, int]) -> None:
    levels["a"] = 4
    (one,) = plan([firm("a", DAY)], DAY)
    assert not one.is_due


def test_a_day_takes_so_many_and_the_most_urgent_first(levels: dict[Any, int]) -> None:
    levels |= {f"major-{n}": 4 for n in range(5)}
    sites = plan([firm(f"shop-{n}", None) for n in range(30)] + [firm(name, None) for name in levels], DAY)
    walked = route(sites, DAY)
    assert len(walked) == 12
    assert set(levels) <= {one.firm.pk for one in walked}


POINTS = st.lists(
    st.tuples(st.floats(124.5, 127, width=32), st.floats(43, 45, width=32)), min_size=1, max_size=25
)


@given(POINTS)
@settings(max_examples=150, deadline=None)
def test_every_site_is_walked_once_and_each_step_is_to_the_nearest(points: list[tuple[float, float]]) -> None:
    sites = [
        PatrolSite(firm(str(n), None, point), "low", 1, None, DAY, True, Words("到期", "due"))
        for n, point in enumerate(points)
    ]
    walked = in_walking_order(sites)
    assert sorted(one.firm.pk for one in walked) == sorted(one.firm.pk for one in sites)
    for place in range(1, len(walked)):
        here, left = walked[place - 1], walked[place:]
        assert walked[place].km == pytest.approx(min(kilometres(here.firm, one.firm) for one in left))


def test_the_phone_is_given_the_route_first(city: Any) -> None:
    near = city.enterprise("测试小超市", city.village, "5211", 11)
    create(RiskObject, city.safety_officer, {"enterprise": str(city.workshop.pk), "name": "车床"})
    RiskObject.unscoped("a test grades it").update(risk_level=4)
    found = sites_for(city.officer, clock.today())
    assert [one.pk for one in found] == [city.workshop.pk, near.pk]


def test_of_more_sites_than_a_phone_takes_the_least_urgent_are_left_and_counted(city: Any) -> None:
    day = clock.today()
    for number in range(12):
        city.enterprise(f"测试小店{number:02}", city.village, "5211", 20 + number)
    everyone = patrolled(city.officer, day)
    assert (len(everyone.firms), everyone.left_due, everyone.left_later) == (13, 0, 0)
    create(RiskObject, city.safety_officer, {"enterprise": str(city.workshop.pk), "name": "车床"})
    RiskObject.unscoped("a test grades it").update(risk_level=4)
    visited = everyone.firms[0] if everyone.firms[0] != city.workshop else everyone.firms[1]
    receive_visit(city.officer, Phone(city.officer).visit(visited))
    few = patrolled(city.officer, day, most=5)
    assert (len(few.firms), few.left_due, few.left_later) == (5, 7, 1)
    assert city.workshop in few.firms  # the gravest goes before all that were never visited
    assert visited not in few.firms


@pytest.mark.parametrize("most", [1, 4, 9])
def test_the_database_orders_as_the_plan_does(city: Any, most: int) -> None:
    firms = [
        city.enterprise(f"测试小店{number:02}", city.village, "5211", 20 + number) for number in range(8)
    ]
    for number, one in enumerate(firms[:4]):
        receive_visit(city.officer, Phone(city.officer).visit(one))
        city.clock.forward(timedelta(days=20 * number))
    day = clock.today()
    whole = plan(patrolled(city.officer, day).firms, day)
    few = patrolled(city.officer, day, most)
    assert {one.pk for one in few.firms} == {one.firm.pk for one in whole[:most]}
