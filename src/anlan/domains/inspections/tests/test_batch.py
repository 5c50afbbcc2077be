"""A batch of visits: each answered by itself, nothing doubled, the chain of the phone unbroken, few questions to the database."""

from __future__ import annotations

import copy
import uuid
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from anlan.domains.inspections import actions
from anlan.domains.inspections.actions import Received, receive_visit, receive_visits
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel import ledger
from anlan.kernel.loops.verifying import verify_matters
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen

MOST_QUESTIONS_A_VISIT = 26  # with both steps, savepoints included


def received(found: list[Received | KeepingError]) -> list[Received]:
    assert all(isinstance(one, Received) for one in found), found
    return [one for one in found if isinstance(one, Received)]


def queue(city: Any, count: int, **more: Any) -> list[dict[str, Any]]:
    phone = Phone(city.grid_inspector)
    return [phone.visit(city.workshop, based_on=phone.head, **more) for _ in range(count)]


def test_a_queue_is_taken_as_if_it_came_one_by_one(city: Any) -> None:
    whole = received(receive_visits(city.grid_inspector, queue(city, 3)))
    assert [one.notes for one in whole] == [[], [], []]
    assert [one.visit.state for one in whole] == ["concluded"] * 3
    assert [one.visit.device_seq for one in whole] == [1, 2, 3]
    assert [[entry.act for entry in ledger.history(one.visit.pk)] for one in whole] == [
        ["opened", "conclude"]
    ] * 3
    assert list(verify_matters()) == []
    assert ledger.verify().faults == 0


def test_the_same_finding_twice_in_one_queue_is_one_danger(city: Any) -> None:
    first, second = received(receive_visits(city.grid_inspector, queue(city, 2, findings=["wiring"])))
    assert second.known_before == {"wiring"}
    assert first.dangers == second.dangers


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_visit_never_holds_up_the_others(city: Any, place: int) -> None:
    envelopes = copy.deepcopy(queue(city, 3))
    envelopes[place]["records"][2]["body"]["at"] = "2026-01-01T00:00:00.000Z"
    found = receive_visits(city.grid_inspector, envelopes)
    assert isinstance(found.pop(place), Invalid)
    assert len(received(found)) == 2
    assert SiteVisit.unscoped("a test counts").count() == 2


def test_strangers_and_unknown_sites_are_answered_by_themselves(city: Any) -> None:
    own, other = queue(city, 1), Phone(city.township_officer).visit(city.workshop)
    nowhere = Phone(city.grid_inspector)
    gone = type(city.workshop)(pk=uuid.uuid4(), industry="")
    found = receive_visits(city.grid_inspector, [other, nowhere.visit(gone), *own])
    assert [type(one) for one in found] == [NotAllowed, NotSeen, Received]


@pytest.mark.parametrize("fault", [ZeroDivisionError(), IntegrityError("unique"), DataError("too long")])
def test_a_fault_of_ours_in_one_visit_leaves_the_others(
    city: Any, monkeypatch: Any, fault: Exception
) -> None:
    envelopes = queue(city, 3)
    real = actions._chain_notes

    def failing(sheet: Any, ground: Any) -> Any:
        if sheet.device_seq == 2:
            raise fault
        return real(sheet, ground)

    monkeypatch.setattr(actions, "_chain_notes", failing)
    found = receive_visits(city.grid_inspector, envelopes)
    assert [isinstance(one, Received) for one in found] == [True, False, True]
    assert SiteVisit.unscoped("a test counts").count() == 2
    monkeypatch.undo()
    late = received(receive_visits(city.grid_inspector, envelopes))[1]  # it comes again, after the later ones
    assert (late.is_repeated, late.visit.device_seq, len(late.notes)) == (False, 2, 2)
    assert list(verify_matters()) == []


def test_a_number_of_a_phone_is_received_once(city: Any) -> None:
    phone, copied = Phone(city.grid_inspector), Phone(city.grid_inspector)
    copied.device = phone.device  # a phone put back to an earlier state
    receive_visit(city.grid_inspector, phone.visit(city.workshop))
    with pytest.raises(Invalid):
        receive_visit(city.grid_inspector, copied.visit(city.workshop))


def test_a_queue_sent_twice_and_a_visit_twice_in_it_do_nothing_twice(city: Any) -> None:
    envelopes = queue(city, 3, findings=["wiring"])
    once = received(receive_visits(city.grid_inspector, [*envelopes, envelopes[0]]))
    assert [one.is_repeated for one in once] == [False, False, False, True]
    again = received(receive_visits(city.grid_inspector, envelopes))
    assert [one.visit for one in again] == [one.visit for one in once[:3]]
    assert all(one.is_repeated for one in again)
    assert [one.dangers for one in again] == [one.dangers for one in once[:3]]
    assert receive_visit(city.grid_inspector, envelopes[1]).is_repeated


def test_questions_of_a_batch_do_not_grow_out_of_hand(city: Any) -> None:
    receive_visits(city.grid_inspector, queue(city, 2))  # what is read once for a process is read
    few, many = queue(city, 5), queue(city, 15)
    counts = []
    for envelopes in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            received(receive_visits(city.grid_inspector, envelopes))
        counts.append(len(asked))
    assert (counts[1] - counts[0]) / 10 <= MOST_QUESTIONS_A_VISIT
