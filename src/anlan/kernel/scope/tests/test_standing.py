"""Who somebody is today, read in two questions: it equals what is read step by step, and a post that ends ends at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.scope.actors import actor_in, posts_of
from anlan.kernel.scope.models import Membership, Party, PartySuccession, Person, Post, Remit
from anlan.kernel.scope.parties import renamed

pytestmark = pytest.mark.django_db


def _step_by_step(post: Post, person: Person) -> Any:
    return actor_in(Post.objects.get(pk=post.pk), person, clock.today())


def test_two_questions_tell_as_much_as_many(city: Any) -> None:
    today = clock.today()
    gone = Party.objects.create(
        key="gone", kind="department", name="原局", sector="water", territory=city.bureau.territory
    )
    for merged in (False, True):
        if merged:
            PartySuccession.objects.create(predecessor=gone, successor=city.bureau, since=today)
            Remit.objects.create(party=gone, territory=city.bureau.territory, role="direct", sector="energy")
        for who in (city.officer, city.safety_officer, city.grid_inspector, city.far_officer):
            person = Person.objects.get(pk=who.person_id)
            with CaptureQueriesContext(connection) as asked:
                (post, *_others) = posts_of(person, today)
            assert len(asked) == 2
            assert actor_in(post, person, today) == _step_by_step(post, person)
    industry = Post.objects.create(party=city.bureau, kind="industry_officer", title="处长")
    person = Person.objects.get(pk=city.worker.person_id)
    Membership.objects.create(person=person, post=industry, valid_from=date(2020, 1, 1))
    post = next(one for one in posts_of(person, today) if one.pk == industry.pk)
    actor = actor_in(post, person, today)
    assert actor == _step_by_step(industry, person)
    assert {grant.sector for grant in actor.grants} >= {"water", "energy"}


def test_a_party_bears_the_name_of_the_day(city: Any) -> None:
    today, person = clock.today(), Person.objects.get(pk=city.officer.person_id)
    before = city.bureau.name
    renamed(city.bureau, "新名局", today)
    names = [
        actor_in(posts_of(person, day)[0], person, day).party_name
        for day in (today - timedelta(days=1), today)
    ]
    assert names == [before, "新名局"]


def test_what_was_read_for_one_day_is_not_taken_for_another(city: Any) -> None:
    today, person = clock.today(), Person.objects.get(pk=city.officer.person_id)
    (post, *_others) = posts_of(person, today)
    renamed(city.bureau, "新名局", today + timedelta(days=1))
    assert actor_in(post, person, today + timedelta(days=1)).party_name == "新名局"


def test_a_membership_that_ended_shows_nothing_in_the_next_request(city: Any) -> None:
    from django.test import Client

    from anlan.kernel.identity.models import Account

    Account.objects.update(is_demo=True)
    danger = city.reports()
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    assert danger.number in client.get("/hidden-dangers/").content.decode()
    Membership.objects.filter(person=city.officer.person_id).update(
        valid_to=clock.today() - timedelta(days=1)
    )
    answer = client.get("/hidden-dangers/")
    assert answer.status_code == 403
    assert danger.number not in answer.content.decode()
    assert HiddenDanger.unscoped("it is still there").filter(pk=danger.pk).exists()


def test_an_account_that_was_closed_shows_nothing_in_the_next_request(city: Any) -> None:
    from django.test import Client

    from anlan.kernel.identity.models import Account

    Account.objects.update(is_demo=True)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    assert client.get("/hidden-dangers/").status_code == 200
    Account.objects.filter(pk=city.officer.account_id).update(is_active=False)
    assert client.get("/hidden-dangers/").status_code == 302
