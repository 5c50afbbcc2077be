"""Substitutes: told what the absent person is told, for as long as they are away, seeing no more than before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock, ledger
from anlan.kernel.loops import take
from anlan.kernel.notices import notices_for, unread_count
from anlan.kernel.notices.models import Absence
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.sending import deliver
from anlan.kernel.notices.standing_in import appoint, colleagues, end
from anlan.kernel.notices.tests.receivers import Postbox, with_mail
from anlan.kernel.scope.models import Membership, Person, Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(city: Any) -> Any:
    """Somebody of another kind of post in the officer's bureau, who is told nothing by themselves."""
    post = Post.objects.create(party=city.bureau, kind="county_leader", title="分管领导")
    person = Person.objects.create(name="同事")
    Membership.objects.create(person=person, post=post, valid_from=clock.today())
    from anlan.kernel.identity.models import Account
    from anlan.kernel.scope.actors import actor_in

    account = Account.objects.create(
        username="colleague", person=person, password="correct-horse-battery-staple"
    )
    return actor_in(post, person, clock.today(), account_id=account.pk)


def goes_away(city: Any, colleague: Any, days: int = 3) -> Absence:
    return appoint(city.officer, str(colleague.person_id), city.in_days(0), city.in_days(days), "出差")


def test_a_substitute_is_told_while_the_other_is_away_and_not_after(city: Any, colleague: Any) -> None:
    before = city.reports()
    city.clock.forward(timedelta(days=1))
    goes_away(city, colleague)
    during = city.reports()
    numbers = set(notices_for(colleague).exclude(kind="substitute").values_list("number", flat=True))
    assert during.number in numbers
    assert before.number not in numbers
    assert unread_count(colleague) == 2
    city.clock.forward(timedelta(days=4))
    assert set(notices_for(colleague).values_list("kind", flat=True)) == {"substitute"}


def test_mails_go_to_the_substitute_too(city: Any, colleague: Any, box: Postbox) -> None:
    with_mail(city.officer)
    with_mail(colleague)
    goes_away(city, colleague)
    city.reports()
    deliver()
    assert sorted(str(mail["X-To"]) for mail in box.mails) == [
        "county_leader@city.example",
        "county_officer@city.example",
    ]
    city.clock.forward(timedelta(days=10))
    later = city.reports()
    deliver()
    told = [str(mail["X-To"]) for number, mail in enumerate(box.mails) if later.number in box.text(number)]
    assert told == ["county_officer@city.example"]


def test_the_substitutes_scope_does_not_grow(city: Any) -> None:
    danger = city.reports()
    take("transfer", danger, city.city_officer, {"new_regulator": str(city.market.pk), "reason": "归口不同"})
    city.clock.forward(timedelta(days=1))
    seen_before = type(danger).seen_by(city.worker).count()
    appoint(city.safety_officer, str(city.worker.person_id), city.in_days(0), city.in_days(3), "休假")
    assert type(danger).seen_by(city.worker).count() == seen_before
    city.reports()
    assert notices_for(city.worker).filter(kind="duty").count() == 1
    assert city.worker.grants == ()


def test_the_appointment_is_in_the_ledger_and_its_reason_is_sealed(city: Any, colleague: Any) -> None:
    made = goes_away(city, colleague)
    (entry,) = ledger.history(made.pk)
    assert entry.act == "substitute_appointed"
    assert "出差" not in str(entry.data)
    assert end(city.far_officer, made.pk, "x") is None
    assert end(city.officer, made.pk, "提前回来") is not None
    assert end(city.officer, made.pk, "提前回来") is None
    assert len(ledger.history(made.pk)) == 2
    city.reports()
    assert not notices_for(colleague).filter(kind="duty").exists()


@pytest.mark.parametrize(
    ("since", "until", "reason"), [(-1, 3, "x"), (3, 1, "x"), (0, 400, "x"), (0, 3, " "), (400, 401, "x")]
)
def test_what_makes_no_sense_is_refused(
    city: Any, colleague: Any, since: int, until: int, reason: str
) -> None:
    with pytest.raises(NoticeRefused):
        appoint(city.officer, str(colleague.person_id), city.in_days(since), city.in_days(until), reason)


def test_only_somebody_of_ones_own_body_and_one_at_a_time(city: Any, colleague: Any) -> None:
    assert [one.pk for one in colleagues(city.officer)].count(colleague.person_id) == 1
    for wrong in (city.far_officer.person_id, city.officer.person_id, "x"):
        with pytest.raises(NoticeRefused):
            appoint(city.officer, str(wrong), city.in_days(0), city.in_days(1), "x")
    goes_away(city, colleague)
    with pytest.raises(NoticeRefused):
        goes_away(city, colleague, 1)


def test_the_substitutes_own_acts_are_not_told_to_them(city: Any, colleague: Any) -> None:
    goes_away(city, colleague)
    city.reports(by=city.officer)
    assert not notices_for(city.officer).filter(kind="duty").exists()
