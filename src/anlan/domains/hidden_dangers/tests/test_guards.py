"""What keeps a hidden danger from being closed unseen: who may grade, reword, regrade, list and delist, and how far back
a claim of time reaches.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import ListedSupervision
from anlan.kernel import clock, ledger
from anlan.kernel.loops import offers, take
from anlan.kernel.loops.verifying import verify_matters
from anlan.kernel.registers.errors import Invalid, NotAllowed

MAJOR = {"criteria": "industry_trade", "criterion": "3.2"}


def offered(matter: Any, actor: Any) -> set[str]:
    return {offer.step.name for offer in offers(matter, actor)}


def listing_of(danger: Any) -> Any:
    return ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)


@pytest.mark.parametrize("finder", ["grid_inspector", "officer", "township_officer"])
def test_an_enterprise_neither_grades_away_nor_rewords_what_government_found(city: Any, finder: str) -> None:
    danger = city.reports(by=getattr(city, finder))
    assert not {"grade", "correct"} & offered(danger, city.safety_officer)
    with pytest.raises(NotAllowed):
        city.step(danger, "grade", city.safety_officer, rectify_by=city.in_days(5), measures="x")
    with pytest.raises(NotAllowed):
        city.step(danger, "correct", city.main_person, description="没有隐患", reason="x")
    assert {"grade", "correct"} <= offered(danger, city.officer)
    own = city.reports(by=city.worker)
    assert {"grade", "correct"} <= offered(own, city.safety_officer)


def test_a_general_danger_that_turns_out_major_gets_all_that_a_major_one_needs(city: Any) -> None:
    danger = city.reports(by=city.safety_officer)
    danger = city.step(danger, "self_fix_at_once", city.safety_officer, photo="after", what_was_done="清理")
    assert danger.state == "in_check"
    assert "regrade_major" not in offered(danger, city.worker)
    danger = city.step(danger, "regrade_major", city.officer, **MAJOR, reason="检查中发现")
    assert (danger.state, danger.severity) == ("planning", "major")
    assert listing_of(danger).state == "proposed"
    assert {"tell_regulator", "tell_congress", "plan"} <= offered(danger, city.main_person)
    assert "regrade_major" not in offered(danger, city.officer)
    assert list(verify_matters()) == []


@pytest.mark.parametrize(
    ("finder", "step"), [("safety_officer", "self_fix_at_once"), ("officer", "fix_at_once")]
)
def test_a_major_danger_is_not_settled_on_the_spot(city: Any, finder: str, step: str) -> None:
    danger = city.reports(by=getattr(city, finder))
    with pytest.raises(Invalid):
        city.step(danger, step, city.safety_officer, photo="after", what_was_done="已改", **MAJOR)
    danger = city.step(danger, step, city.safety_officer, photo="after", what_was_done="已改")
    assert ledger.history(danger.pk)[-1].rules[0]["grade_zh"] == "一般事故隐患"


def test_a_listing_is_decided_and_ended_by_its_own_level(city: Any) -> None:
    danger = city.reports(by=city.officer)
    listing = listing_of(city.step(danger, "grade_major", city.officer, **MAJOR))
    with pytest.raises(Invalid):
        city.step(listing, "decline", city.township_officer, reason="x")
    order = {"requirements": "限期整改", "limit": city.in_days(40)}
    for officer, level in (("township_officer", "county"), ("officer", "city"), ("officer", "province")):
        with pytest.raises(Invalid):
            city.step(listing, "list_it", getattr(city, officer), level=level, **order)
    listing = city.step(listing, "list_it", city.city_officer, level="city", **order)
    assert listing.regulator == city.city_bureau
    listing = city.step(listing, "publish", city.city_officer, publication="市政府网站")
    listing = city.step(listing, "apply_delisting", city.main_person, evaluation="完成")
    with pytest.raises(Invalid):
        city.step(listing, "delist", city.officer, photo="verified", findings="符合")
    with pytest.raises(Invalid):
        city.step(listing, "refuse", city.officer, findings="不符合", limit=city.in_days(9))
    assert list(verify_matters()) == []
    listing = city.step(listing, "delist", city.city_officer, photo="verified", findings="符合")
    assert listing.state == "to_publish"


def test_no_claim_reaches_back_further_than_a_phone_is_without_network(city: Any) -> None:
    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    city.clock.forward(timedelta(days=30))
    done = {"what_was_done": "已清理"}
    photo = {"after": [city.photo(city.safety_officer)]}
    with pytest.raises(Invalid) as refused:
        take(
            "rectify", danger, city.safety_officer, done, at=clock.now() - timedelta(days=27), evidence=photo
        )
    assert list(refused.value.errors) == ["at"]
    take("rectify", danger, city.safety_officer, done, at=clock.now() - timedelta(days=2), evidence=photo)


@pytest.mark.parametrize(
    ("answer", "field"), [({"criterion": "zzz"}, "criterion"), ({"criteria": "nowhere"}, "criteria")]
)
def test_a_criterion_that_is_none_is_refused_at_its_field(
    city: Any, answer: dict[str, str], field: str
) -> None:
    danger = city.reports()
    with pytest.raises(Invalid) as refused:
        city.step(danger, "grade_major", city.officer, **answer)
    assert field in refused.value.errors


def test_money_is_never_less_than_none(city: Any) -> None:
    danger = city.reports()
    with pytest.raises(Invalid) as refused:
        city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理", funds_yuan="-1")
    assert list(refused.value.errors) == ["funds_yuan"]


def test_a_photo_proves_one_thing_once(city: Any) -> None:
    danger = city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    shot = city.photo(city.safety_officer)
    take("rectify", danger, city.safety_officer, {"what_was_done": "已清理"}, evidence={"after": [shot]})
    other = city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    with pytest.raises(Invalid) as refused:
        take("rectify", other, city.safety_officer, {"what_was_done": "已清理"}, evidence={"after": [shot]})
    assert set(refused.value.errors) == {"after"}


def test_the_regulator_has_its_whole_time_from_when_the_matter_came_in(city: Any) -> None:
    danger = city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    claimed = clock.now()
    city.clock.forward(timedelta(days=2))
    evidence = {"after": [city.photo(city.safety_officer)]}
    answers = {"what_was_done": "已清理"}
    entry = take("rectify", danger, city.safety_officer, answers, at=claimed, evidence=evidence)
    days = city.fresh(danger.pk).due_at.astimezone(clock.CHINA).date() - clock.today()
    assert (entry.at, days) == (claimed, timedelta(days=10))
