"""The limit to rectify is a day: a wrong calendar of the phone neither moves it nor makes it get lost without a word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.actions import Received, receive_visit
from anlan.domains.inspections.documents import _lines
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel import clock, ledger
from anlan.kernel.loops import inbox


def limit_of(danger: HiddenDanger) -> Any:
    danger.refresh_from_db()
    return danger.rectify_by


def visited(city: Any, phone: Phone, days: int, *, counts_right: bool = False) -> Received:
    """A visit with one finding, to be put right some days after the day the phone takes for today."""
    bare = (clock.now() + phone.wrong_by).astimezone(clock.CHINA).date()
    limit = (clock.today() if counts_right else bare) + timedelta(days=days)
    envelope = phone.visit(
        city.workshop, findings=["wiring"], limits={"wiring": limit}, counts_right=counts_right
    )
    return receive_visit(phone.person, envelope)


@pytest.mark.parametrize("wrong_by", [timedelta(days=-20), timedelta(days=3), timedelta()])
def test_a_wrong_calendar_known_to_be_wrong_moves_no_limit(city: Any, wrong_by: timedelta) -> None:
    got = visited(city, Phone(city.township_officer, wrong_by=wrong_by, measured=True), 5)
    danger = got.dangers["wiring"]
    assert limit_of(danger) == clock.today() + timedelta(days=5)
    assert danger in [card.matter for card in inbox(city.safety_officer)]
    assert [line["by"] for line in _lines(got.visit) if line["is_wrong"]] == [limit_of(danger)]
    assert bool(got.notes) == bool(wrong_by)


def test_a_limit_counted_by_the_right_calendar_is_not_moved_again(city: Any) -> None:
    phone = Phone(city.township_officer, wrong_by=timedelta(days=-20), measured=True)
    got = visited(city, phone, 5, counts_right=True)
    assert limit_of(got.dangers["wiring"]) == clock.today() + timedelta(days=5)
    assert got.notes == []


def test_a_calendar_nobody_knew_to_be_wrong_moves_the_limit_with_the_day_of_receipt(city: Any) -> None:
    got = visited(city, Phone(city.township_officer, wrong_by=timedelta(days=-400)), 5)
    assert limit_of(got.dangers["wiring"]) == clock.today() + timedelta(days=5)
    assert any("相差400天" in note.zh for note in got.notes)


def test_a_limit_before_the_visit_gives_way_to_the_usual_one(city: Any) -> None:
    got = visited(city, Phone(city.township_officer), -5)
    assert limit_of(got.dangers["wiring"]) > clock.today()
    assert any("早于检查当天" in note.zh for note in got.notes)


def test_a_grade_that_cannot_be_given_is_said_and_stands_on_the_danger(city: Any) -> None:
    phone = Phone(city.township_officer)
    far = clock.today() + timedelta(days=3000)
    envelope = phone.visit(city.workshop, findings=["wiring"], limits={"wiring": far})
    got = receive_visit(phone.person, envelope)
    danger = got.dangers["wiring"]
    assert danger.state == "reported"
    (note,) = got.notes
    assert "没有当场定级" in note.zh
    assert [entry.act for entry in ledger.history(danger.pk)] == ["opened", "comment"]
    assert receive_visit(phone.person, envelope).notes == [note]  # sent again: said again
