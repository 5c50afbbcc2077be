"""The journey of a visit from a phone: received once, its dangers opened, its chain continued, its day kept."""

from __future__ import annotations

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.bringing import bring_photo
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel import clock, ledger
from anlan.kernel.loops import inbox
from anlan.kernel.registers.errors import Invalid, NotAllowed


def test_one_entry_makes_visit_danger_and_task(city: Any) -> None:
    phone = Phone(city.township_officer)
    got = receive_visit(city.township_officer, phone.visit(city.workshop, findings=["guards"]))
    assert (got.visit.state, got.visit.findings, got.visit.documents) == ("recorded", 1, 2)
    danger = got.dangers["guards"]
    assert (danger.state, danger.topic, danger.parent_id) == ("rectifying", "machinery", got.visit.pk)
    assert danger in [card.matter for card in inbox(city.safety_officer)]
    entry = ledger.history(got.visit.pk)[0]
    assert entry.data["device"]["head"] == phone.head
    assert ledger.history(danger.pk)[0].data["device"]["records"] == entry.data["device"]["records"]


def test_a_visit_is_concluded_once_what_it_found_has_ended(city: Any) -> None:
    got = receive_visit(
        city.township_officer, Phone(city.township_officer).visit(city.workshop, findings=["guards"])
    )
    with pytest.raises(NotAllowed) as refused:
        city.step(got.visit, "conclude", city.township_officer)
    assert "还有下级事项未办结" in str(refused.value)
    danger = city.step(
        got.dangers["guards"], "rectify", city.safety_officer, photo="after", what_was_done="装好护罩"
    )
    city.step(danger, "accept", city.township_officer, photo="verified")
    assert city.step(got.visit, "conclude", city.township_officer).state == "concluded"


def test_what_a_grid_inspector_finds_waits_for_its_grade(city: Any) -> None:
    got = receive_visit(
        city.grid_inspector, Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"])
    )
    assert got.dangers["wiring"].state == "reported"
    assert got.dangers["wiring"].found_by == "grid"


def test_nothing_wrong_ends_at_once(city: Any) -> None:
    got = receive_visit(city.grid_inspector, Phone(city.grid_inspector).visit(city.workshop))
    assert (got.visit.state, got.visit.result, got.visit.documents) == ("concluded", "clear", 1)
    assert not HiddenDanger.unscoped("a test counts").exists()


def test_a_queue_sent_twice_does_nothing_twice(city: Any) -> None:
    envelope = Phone(city.grid_inspector).visit(city.workshop, findings=["wiring", "guards"])
    first = receive_visit(city.grid_inspector, envelope)
    again = receive_visit(city.grid_inspector, envelope)
    assert (again.visit, again.is_repeated) == (first.visit, True)
    assert (again.dangers, again.notes, again.known_before) == (
        first.dangers,
        first.notes,
        first.known_before,
    )
    assert HiddenDanger.unscoped("a test counts").count() == 2


def test_the_same_finding_twice_is_one_danger(city: Any) -> None:
    receive_visit(city.grid_inspector, Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"]))
    city.clock.forward(timedelta(hours=1))
    got = receive_visit(
        city.township_officer, Phone(city.township_officer).visit(city.workshop, findings=["wiring"])
    )
    assert got.known_before == {"wiring"}
    assert HiddenDanger.unscoped("a test counts").count() == 1
    assert ledger.history(got.dangers["wiring"].pk)[-1].act == "comment"
    assert got.notes  # two devices on one site: said in words, both kept
    assert got.visit.overlaps is not None


def test_a_phone_that_looked_first_and_comes_last(city: Any) -> None:
    late = Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"])
    city.clock.forward(timedelta(hours=2))
    receive_visit(
        city.township_officer, Phone(city.township_officer).visit(city.workshop, findings=["wiring"])
    )
    got = receive_visit(city.grid_inspector, late)
    assert (got.known_before, got.visit.findings) == ({"wiring"}, 1)
    assert got.notes


@pytest.mark.parametrize("place", [0, 3, -1])
def test_an_altered_record_is_refused_by_its_name(city: Any, place: int) -> None:
    envelope = copy.deepcopy(Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"]))
    envelope["records"][place]["body"]["at"] = "2026-01-01T00:00:00.000Z"
    with pytest.raises(Invalid) as refused:
        receive_visit(city.grid_inspector, envelope)
    number = place % len(envelope["records"]) + 1
    assert f"第 {number} 项" in str(refused.value.errors["records"][0])
    assert not SiteVisit.unscoped("a test counts").exists()


def test_a_missing_record_is_refused(city: Any) -> None:
    envelope = copy.deepcopy(Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"]))
    del envelope["records"][2]
    with pytest.raises(Invalid):
        receive_visit(city.grid_inspector, envelope)


def test_a_week_late_the_day_of_the_act_stays_its_day(city: Any) -> None:
    envelope = Phone(city.township_officer).visit(city.workshop, findings=["wiring"])
    day = clock.today()
    city.clock.forward(timedelta(days=7))
    got = receive_visit(city.township_officer, envelope)
    assert (got.visit.visited_on, got.dangers["wiring"].found_on) == (day, day)
    entry = ledger.history(got.visit.pk)[0]
    assert entry.received_at - entry.at >= timedelta(days=7)


def test_a_wrong_clock_loses_nothing(city: Any) -> None:
    ahead = Phone(city.grid_inspector, wrong_by=timedelta(hours=30))
    assert receive_visit(city.grid_inspector, ahead.visit(city.workshop)).notes
    corrected = Phone(city.grid_inspector, wrong_by=timedelta(hours=30), measured=True)
    got = receive_visit(city.grid_inspector, corrected.visit(city.workshop, based_on=ahead.head))
    assert (got.notes, got.visit.clock_offset) == ([], -30 * 3600)
    long_ago = Phone(city.grid_inspector, wrong_by=timedelta(days=-20_000))
    got = receive_visit(city.grid_inspector, long_ago.visit(city.workshop, based_on=corrected.head))
    assert got.visit.visited_on == clock.today()


def test_the_queue_belongs_to_its_person(city: Any) -> None:
    envelope = Phone(city.grid_inspector).visit(city.workshop)
    with pytest.raises(NotAllowed):
        receive_visit(city.township_officer, envelope)


def test_visits_of_one_phone_hang_on_each_other(city: Any) -> None:
    phone = Phone(city.grid_inspector)
    first, second, third = (phone.visit(city.workshop, based_on=phone.head) for _ in range(3))
    assert not receive_visit(city.grid_inspector, first).notes
    assert receive_visit(city.grid_inspector, third).notes  # the second is missing, and that is said
    with pytest.raises(Invalid):
        receive_visit(city.grid_inspector, second | {"series": str(uuid.uuid4())})


def test_photos_come_after_the_text(city: Any) -> None:
    inspector, phone = city.grid_inspector, Phone(city.grid_inspector)
    pictures = {item: city.photo(inspector) for item in ("wiring", "proof")}
    envelope = phone.visit(city.workshop, findings=["wiring"], photos=pictures)
    got = receive_visit(inspector, envelope)
    for evidence_id in pictures.values():
        bring_photo(inspector, uuid.UUID(envelope["series"]), evidence_id)
        bring_photo(inspector, uuid.UUID(envelope["series"]), evidence_id)  # sent again: done once
    assert [entry.act for entry in ledger.history(got.dangers["wiring"].pk)] == ["opened", "attach"]
    assert [entry.act for entry in ledger.history(got.visit.pk)] == ["opened", "bring"]
    with pytest.raises(Invalid):
        bring_photo(inspector, uuid.UUID(envelope["series"]), city.photo(inspector))  # no record names it
