"""Handing a matter over to another regulator: who is awaited, and which clocks run on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import ledger
from anlan.kernel.loops import inbox, sweep
from anlan.kernel.loops.tests.verbs import (
    everything_can_be_recomputed,  # noqa: F401 - a fixture of every story
    graded,
    major,
    open_duties,
)
from anlan.kernel.registers.errors import Invalid


def market_officer(city: Any) -> Any:
    return city.person("industry_officer", city.market, "market_officer")


def test_lines_and_requests_move_with_the_transfer_and_keep_their_clocks(city: Any) -> None:
    _, listing = major(city)
    listing = city.step(
        listing, "list_it", city.officer, level="county", requirements="限期", limit=city.in_days(40)
    )
    before = {duty.key: (duty.due_at, duty.moments, duty.opened_at) for duty in open_duties(listing)}
    assert "line:publish_listing" in before
    city.clock.forward(timedelta(hours=5))
    listing = city.step(listing, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    after = {duty.key: (duty.due_at, duty.moments, duty.opened_at) for duty in open_duties(listing)}
    assert after == before
    newcomer = market_officer(city)
    assert "line:publish_listing" in {
        card.duty.key for card in inbox(newcomer) if card.matter.pk == listing.pk
    }
    assert "line:publish_listing" not in {
        card.duty.key for card in inbox(city.officer) if card.matter.pk == listing.pk
    }


def test_a_danger_handed_over_takes_its_listing_along(city: Any) -> None:
    danger, listing = major(city)
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    listing.refresh_from_db()
    assert (listing.regulator_id, danger.regulator_id) == (city.market.pk, city.market.pk)
    here, there = ledger.history(danger.pk)[-1], ledger.history(listing.pk)[-1]
    assert here.data["along"] == [listing.number]
    assert (there.act, there.actor_person) == ("transfer", city.officer.person_id)
    newcomer = market_officer(city)
    assert {card.matter.pk for card in inbox(newcomer)} >= {listing.pk}
    assert listing.pk not in {card.matter.pk for card in inbox(city.officer)}
    city.step(listing, "list_it", newcomer, level="county", requirements="限期", limit=city.in_days(40))


def test_a_listing_taken_up_by_another_department_stays_and_the_entry_says_so(city: Any) -> None:
    danger, listing = major(city)
    listing = city.step(
        listing, "list_it", city.city_officer, level="city", requirements="限期", limit=city.in_days(40)
    )
    assert listing.regulator_id != danger.regulator_id
    stays = listing.regulator_id
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    listing.refresh_from_db()
    assert listing.regulator_id == stays
    entry = ledger.history(danger.pk)[-1]
    assert "along" not in entry.data
    assert listing.number in entry.data["reasons"][0]["zh"]
    assert "stays with" in entry.data["reasons"][0]["en"]


def test_a_pending_request_is_decided_by_the_new_regulator(city: Any) -> None:
    danger = city.step(graded(city), "extend", city.safety_officer, until=city.in_days(9), reason="r")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    newcomer = market_officer(city)
    assert [card.duty.key for card in inbox(newcomer)] == ["request:extend"]
    danger = city.step(danger, "extend_grant", newcomer)
    assert danger.rectify_by.isoformat() == "2026-03-11"


def test_a_lateness_fired_before_the_transfer_is_not_fired_again(city: Any) -> None:
    danger = city.reports()
    city.clock.forward(timedelta(days=40))
    fired = sweep()
    assert fired == 3
    city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert sweep() == 0


def test_a_transfer_while_suspended_stays_suspended(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert danger.paused_at is not None
    city.clock.forward(timedelta(days=30))
    assert sweep() == 0
    danger = city.step(danger, "resume", market_officer(city))
    assert danger.due_at == due + timedelta(days=30)


def test_a_request_transferred_while_suspended_runs_on_after_it(city: Any) -> None:
    danger = city.step(graded(city), "extend", city.safety_officer, until=city.in_days(9), reason="r")
    (request,) = open_duties(danger, sort="request")
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert all(duty.paused_at is not None for duty in open_duties(danger))
    city.clock.forward(timedelta(days=10))
    city.step(danger, "resume", market_officer(city))
    (moved,) = open_duties(danger, sort="request")
    assert moved.party == city.market
    # Ten days later is a Saturday: a clock of working days goes on to the Monday.
    assert moved.due_at - request.due_at == timedelta(days=12)


def test_a_transfer_stays_within_the_county_and_among_departments(city: Any) -> None:
    danger = graded(city)
    for party in (city.far_bureau, city.bureau, city.workshop.holder):
        with pytest.raises(Invalid) as refused:
            city.step(danger, "transfer", city.officer, new_regulator=str(party.pk), reason="r")
        assert list(refused.value.errors) == ["new_regulator"]
    assert (
        city.step(
            danger, "transfer", city.officer, new_regulator=str(city.city_bureau.pk), reason="上提"
        ).regulator
        == city.city_bureau
    )
