"""Prohibited items in an enterprise's own checks: taken over once, made into tasks by the schedule, a failed one is a danger."""

from __future__ import annotations

from typing import Any

import pytest

from anlan.domains.checks import planning
from anlan.domains.checks.actions import Answer, check
from anlan.domains.checks.models import CheckLine, CheckTask
from anlan.domains.checks.prohibited import prohibited_for, standing, take_over
from anlan.domains.checks.tests.shop import Shop
from anlan.domains.checks.words import FAILED, IN_ORDER
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid, NotAllowed


@pytest.fixture
def shop(city: Any) -> Shop:
    return Shop(city)


def keys_of(shop: Shop) -> set[str]:
    return {item.key for item in prohibited_for(shop.firm, clock.today())}


def test_prohibited_items_are_those_of_the_trade(city: Any, shop: Shop) -> None:
    assert {"exits_clear", "living_apart", "ebikes", "flammables"} <= keys_of(shop)
    restaurant = city.enterprise("测试饭店", city.village, "6210", 12)
    assert "gas_cylinders" in {item.key for item in prohibited_for(restaurant, clock.today())}
    assert "gas_cylinders" not in keys_of(shop)


def test_taken_over_they_are_checks_like_any_other(city: Any, shop: Shop) -> None:
    post = str(shop.posts[0].pk)
    entered = take_over(shop.keeper, shop.firm, {"exits_clear", "ebikes"}, post, "day")
    assert entered.measures == 2
    assert {one.item.key for one in standing(shop.firm, shop.keeper) if one.is_checked} == {
        "exits_clear",
        "ebikes",
    }
    again = take_over(shop.keeper, shop.firm, {"exits_clear", "ebikes"}, post, "day")
    assert again.measures == 0
    planning.make_for(shop.firm, clock.today())
    task = CheckTask.unscoped("a test reads the result").get()
    lines = list(CheckLine.objects.filter(task=task).select_related("measure"))
    assert {line.measure.description for line in lines} == {
        item.words.zh
        for item in prohibited_for(shop.firm, clock.today())
        if item.key in {"exits_clear", "ebikes"}
    }
    answers = [Answer(lines[0].pk, FAILED, "堆了纸箱"), Answer(lines[1].pk, IN_ORDER)]
    check(task.pk, shop.keeper, answers)
    danger = HiddenDanger.unscoped("a test reads the result").get()
    assert danger.topic == "fire"


@pytest.mark.parametrize(
    ("keys", "post", "cycle"), [((), "", "week"), (("exits_clear",), "x", "week"), (("no_such",), "", "year")]
)
def test_half_a_choice_is_refused_and_adds_nothing(
    shop: Shop, keys: tuple[str, ...], post: str, cycle: str
) -> None:
    with pytest.raises(Invalid):
        take_over(shop.keeper, shop.firm, keys, post, cycle)
    assert not ControlMeasure.unscoped("a test counts").exists()


def test_only_the_enterprise_takes_them_over(city: Any, shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        take_over(city.officer, shop.firm, {"exits_clear"}, str(shop.posts[0].pk), "week")
