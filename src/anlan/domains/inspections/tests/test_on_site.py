"""On site: the gravest measures of the site's own risk tree are asked; what is put right at once goes its legal way."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from anlan.domains.checks.colour_facts import failed
from anlan.domains.checks.tests.shop import Shop
from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.bringing import bring_photo
from anlan.domains.inspections.bundle import bundle
from anlan.domains.inspections.items import checklist_of
from anlan.domains.inspections.tests.phone import Phone
from anlan.domains.risk.gravest import gravest_measures, same_text
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock, ledger, rules
from anlan.kernel.documents import documents_of
from anlan.kernel.loops import offers
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers.errors import Invalid, NotAllowed


def graded(measure: ControlMeasure, level: int) -> ControlMeasure:
    """Give a measure a grade, as an approved grading of its event does."""
    ControlMeasure.unscoped("a test grades").filter(pk=measure.pk).update(risk_level=level)
    return measure


@pytest.fixture
def shop(city: Any) -> Shop:
    found = Shop(city)
    for number in range(9):
        graded(found.measure(f"防护罩 {number}", 1, "day"), 1 + number % 4)
    return found


def test_the_gravest_measures_are_asked_first_and_each_text_once(city: Any, shop: Shop) -> None:
    graded(
        shop.measure("防护罩，7。", 1, "day", kind="management"), 4
    )  # the same words as number 7, in other marks
    found = [item for item in checklist_of(shop.firm, clock.today()) if item.risk_level]
    levels = [item.risk_level for item in found]
    assert len(found) == rules.parameter("inspections.measures_a_visit", clock.today()).value
    assert levels == sorted(levels, reverse=True)
    assert len({same_text(item.words.zh) for item in found}) == len(found)


def test_what_is_not_graded_or_watched_by_a_sensor_is_not_asked(city: Any) -> None:
    shop = Shop(city)
    shop.measure("没有评级的", 1, "day")
    graded(shop.measure("有传感器的", 1, "day", data_source="1"), 4)
    listed = next(item for item in checklist_of(shop.firm, clock.today()))
    graded(shop.measure(listed.words.zh, 1, "day"), 4)  # the list asks it already
    assert not [item for item in checklist_of(shop.firm, clock.today()) if item.risk_level]
    assert gravest_measures([], 5) == gravest_measures([shop.firm.pk], 0) == {}


def test_a_failing_measure_found_on_a_visit_is_a_danger_in_its_own_words(city: Any, shop: Shop) -> None:
    asked = next(item for item in checklist_of(shop.firm, clock.today()) if item.risk_level)
    phone = Phone(city.township_officer)
    envelope = phone.visit(shop.firm, findings=[asked.key])
    ControlMeasure.unscoped("a test archives").filter(pk=asked.key.split(":")[1]).update(
        archived_at=clock.now()
    )
    got = receive_visit(city.township_officer, envelope)  # gone meanwhile: what was asked then is still known
    danger = got.dangers[asked.key]
    assert (danger.state, danger.topic) == ("rectifying", "machinery")
    assert asked.words.zh in danger.description
    assert {paper.key for paper in documents_of("site-visits", got.visit)} == {"record", "notice"}


def test_a_measure_failing_on_a_visit_stands_on_its_danger_and_moves_the_colour_until_it_is_closed(
    city: Any, shop: Shop
) -> None:
    asked = next(item for item in checklist_of(shop.firm, clock.today()) if item.risk_level)
    before = failed(clock.now()).filter(enterprise=shop.firm).count()
    got = receive_visit(
        city.township_officer,
        Phone(city.township_officer).visit(shop.firm, findings=[asked.key, "exits_clear"]),
    )
    danger, other = got.dangers[asked.key], got.dangers["exits_clear"]
    assert str(danger.control_measure_id) == asked.key.removeprefix("measure:")
    assert other.control_measure_id is None  # no measure of the enterprise's tree fails there
    assert replay(danger).agrees
    assert failed(clock.now()).filter(enterprise=shop.firm).count() == before + 1
    danger = city.step(danger, "rectify", city.safety_officer, what_was_done="已修好", photo="after")
    city.step(danger, "accept", city.officer, photo="verified")
    assert failed(clock.now()).filter(enterprise=shop.firm).count() == before


def test_a_measure_of_another_site_is_refused(city: Any, shop: Shop) -> None:
    asked = next(item for item in checklist_of(shop.firm, clock.today()) if item.risk_level)
    envelope = Phone(city.township_officer).visit(
        city.enterprise("测试小超市", city.village, "5211", 11), answers={asked.key: "ok"}
    )
    with pytest.raises(Invalid):
        receive_visit(city.township_officer, envelope)


def test_the_bundle_tells_measures_short_and_lists_once(city: Any, shop: Shop) -> None:
    whole = bundle(city.grid_inspector, (), "")
    site = next(one for one in whole["sites"] if one["id"] == str(shop.firm.pk))
    assert [one[0] for one in site["own"]] == [key for key in site["items"] if key.startswith("measure:")]
    assert not [key for key in whole["lists"]["items"] if key.startswith("measure:")]
    assert whole["left"] == {"due": 0, "later": 0}


def on_the_spot(city: Any, who: Any, item: str = "exits_clear") -> tuple[Any, str, dict[str, uuid.UUID]]:
    pictures = {"before": city.photo(who), "after": city.photo(who)}
    envelope = Phone(who).visit(
        city.workshop, findings=[item], photos={item: pictures["before"]}, fixed={item: pictures["after"]}
    )
    return receive_visit(who, envelope), envelope["series"], pictures


@pytest.mark.parametrize("role", ["grid_inspector", "township_officer"])
def test_what_is_put_right_at_once_waits_for_nobody_but_the_re_inspection(city: Any, role: str) -> None:
    who = getattr(city, role)
    got, series, pictures = on_the_spot(city, who)
    danger = got.dangers["exits_clear"]
    assert (got.visit.findings, got.visit.fixed, got.visit.documents) == (1, 1, 1)
    assert [paper.key for paper in documents_of("site-visits", got.visit)] == [
        "record"
    ]  # nothing is left to order
    assert danger.state == "reported"  # the photo that proves it is still on its way
    for pk in (pictures["after"], pictures["before"], pictures["after"]):
        bring_photo(who, uuid.UUID(series), pk)
    danger.refresh_from_db()
    assert danger.state == "in_review"
    assert [entry.act for entry in ledger.history(danger.pk)] == ["opened", "fix_at_once", "attach"]
    assert "accept" not in {
        offer.step.name for offer in offers(danger, who)
    }  # never by whoever saw it put right
    danger = city.step(danger, "accept", city.officer, photo="verified")
    assert danger.state == "closed"


def test_whoever_put_it_down_as_right_does_not_close_it(city: Any) -> None:
    got, series, pictures = on_the_spot(city, city.officer)
    bring_photo(city.officer, uuid.UUID(series), pictures["after"])
    danger = got.dangers["exits_clear"]
    danger.refresh_from_db()
    with pytest.raises(NotAllowed):
        city.step(danger, "accept", city.officer, photo="verified")


def test_a_photo_that_comes_when_the_loop_has_gone_on_is_attached(city: Any) -> None:
    got, series, pictures = on_the_spot(city, city.grid_inspector)
    danger = got.dangers["exits_clear"]
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清走")
    bring_photo(city.grid_inspector, uuid.UUID(series), pictures["after"])
    assert [entry.act for entry in ledger.history(danger.pk)] == ["opened", "grade", "attach"]


def test_what_may_be_major_is_never_settled_on_the_spot(city: Any) -> None:
    got, series, pictures = on_the_spot(city, city.officer, "special_operators")
    bring_photo(city.officer, uuid.UUID(series), pictures["after"])
    danger = got.dangers["special_operators"]
    danger.refresh_from_db()
    assert danger.state == "planning"
    assert "fix_at_once" not in [entry.act for entry in ledger.history(danger.pk)]


def test_an_open_danger_met_again_and_put_right_is_said_and_follows_its_own_loop(city: Any) -> None:
    receive_visit(
        city.grid_inspector, Phone(city.grid_inspector).visit(city.workshop, findings=["exits_clear"])
    )
    got, series, pictures = on_the_spot(city, city.township_officer)
    bring_photo(city.township_officer, uuid.UUID(series), pictures["after"])
    acts = [entry.act for entry in ledger.history(got.dangers["exits_clear"].pk)]
    assert acts == ["opened", "comment", "attach"]
