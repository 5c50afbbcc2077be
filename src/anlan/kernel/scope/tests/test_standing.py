"""Who somebody is today, read in one question: it equals what is read step by step, and a post that ends ends at once."""

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


def test_one_question_tells_as_much_as_many(city: Any) -> None:
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
            assert len(asked) == 1
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


def test_who_asks_is_one_question_and_equals_what_is_read_step_by_step(city: Any) -> None:
    from anlan.kernel.identity.asking import account_with_posts
    from anlan.kernel.identity.models import Account
    from anlan.kernel.identity.signing_in import actor_for

    today = clock.today()
    second = Post.objects.create(party=city.bureau, kind="industry_officer", title="处长")
    Membership.objects.create(
        person_id=city.officer.person_id, post=second, valid_from=today - timedelta(days=1)
    )
    closed = Post.objects.create(party=city.bureau, kind="administrator", title="旧岗", closed_on=today)
    Membership.objects.create(person_id=city.officer.person_id, post=closed, valid_from=date(2020, 1, 1))
    for who in (city.officer, city.safety_officer, city.grid_inspector, city.far_officer):
        kept = Account.objects.select_related("person").get(pk=who.account_id)
        with CaptureQueriesContext(connection) as asked:
            account = account_with_posts(who.account_id)
            assert account is not None
            found = posts_of(account.person, today)
            actors = [actor_for(account, post.pk) for post in found]
        assert len(asked) == 1
        assert account == kept
        assert account.get_session_auth_hash() == kept.get_session_auth_hash()
        assert found == posts_of(kept.person, today)
        assert closed not in found
        for post, actor in zip(found, actors, strict=True):
            assert actor == actor_for(kept, post.pk)
    assert len(posts_of(Person.objects.get(pk=city.officer.person_id), today)) == 2


def test_what_is_sealed_is_read_only_by_whoever_asks_for_it(city: Any) -> None:
    from anlan.kernel.identity.asking import account_with_posts

    Person.objects.filter(pk=city.worker.person_id).update(phone="13900000000")
    account = account_with_posts(city.worker.account_id)
    assert account is not None
    assert "phone" in account.person.get_deferred_fields()
    assert account.person.phone == "13900000000"


def test_nobody_has_an_account_that_is_not_there(city: Any) -> None:
    from anlan.kernel.identity.asking import account_with_posts

    assert account_with_posts(city.bureau.pk) is None


def test_a_post_that_was_taken_away_shows_nothing_in_the_next_request(city: Any) -> None:
    from django.test import Client

    from anlan.kernel.identity.models import Account

    Account.objects.update(is_demo=True)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    assert client.get("/hidden-dangers/").status_code == 200
    Post.objects.filter(pk=city.officer.post_id).update(closed_on=clock.today())
    assert client.get("/hidden-dangers/").status_code == 403
