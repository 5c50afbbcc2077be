"""An administrator arranges a substitute for somebody who cannot: within the territory, with a reason, told to both."""

from __future__ import annotations

from typing import Any

import pytest

from anlan.kernel import clock, ledger
from anlan.kernel.notices import notices_for
from anlan.kernel.notices.models import Absence
from anlan.kernel.people.standing import absences_of, arrange, end_arranged, substitutes_for
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import Membership, Person, Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(city: Any) -> Person:
    post = Post.objects.create(party=city.bureau, kind="county_leader", title="分管领导")
    person = Person.objects.create(name="同事")
    Membership.objects.create(person=person, post=post, valid_from=clock.today())
    return person


def seat_of(actor: Any) -> Membership:
    return Membership.objects.get(person=actor.person_id, post=actor.post_id)


def test_the_administrator_arranges_it_both_are_told_and_the_ledger_keeps_the_reason(
    city: Any, colleague: Person
) -> None:
    seat = seat_of(city.officer)
    assert colleague in substitutes_for(seat)
    made = arrange(city.administrator, seat, str(colleague.pk), city.in_days(0), city.in_days(5), "住院")
    assert list(absences_of(seat)) == [made]
    assert notices_for(city.officer).filter(kind="stood_in").count() == 1
    (entry,) = ledger.history(made.pk)
    assert (entry.act, entry.actor_name) == ("substitute_appointed", city.administrator.name)
    assert "住院" not in str(entry.data)  # an illness is nobody's business: sealed beside the chain
    with pytest.raises(Invalid):
        end_arranged(city.administrator, seat, str(made.pk), " ")
    end_arranged(city.administrator, seat, str(made.pk), "提前回来")
    assert not absences_of(seat).exists()
    with pytest.raises(NotSeen):
        end_arranged(city.administrator, seat, str(made.pk), "再来一次")


def test_nobody_else_arranges_it_and_no_stranger_stands_in(city: Any, colleague: Person) -> None:
    seat, day = seat_of(city.officer), city.in_days(0)
    for actor in (city.officer, city.far_officer, city.main_person, city.city_leader):
        with pytest.raises(NotAllowed):
            arrange(actor, seat, str(colleague.pk), day, day, "住院")
    stranger = str(city.worker.person_id)
    for who, since, until, why in (
        (stranger, day, day, "住院"),
        (str(city.officer.person_id), day, day, "住院"),
        (str(colleague.pk), city.in_days(-1), day, "住院"),
        (str(colleague.pk), city.in_days(3), day, "住院"),
        (str(colleague.pk), day, day, ""),
        ("x", day, day, "住院"),
    ):
        with pytest.raises(Invalid):
            arrange(city.administrator, seat, who, since, until, why)
    assert not Absence.objects.exists()
    with pytest.raises(NotAllowed):
        arrange(city.administrator, seat_of(city.administrator), str(colleague.pk), day, day, "休假")
