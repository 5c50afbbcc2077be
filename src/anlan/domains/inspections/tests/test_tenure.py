"""An inspector moved to another post: what was made in the old one is still sent, what came after it is refused in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.inspections.actions import Received, receive_visits
from anlan.domains.inspections.tenure import Tenure, tenure_of
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.scope.models import Membership, Post


def moved(city: Any, days_ago: int) -> Tenure | None:
    """The grid inspector left the post some days ago and is a worker since."""
    account = Account.objects.get(pk=city.grid_inspector.account_id)
    last = clock.today() - timedelta(days=days_ago)
    Membership.objects.filter(person=account.person).update(valid_to=last)
    new = Post.objects.get(pk=city.worker.post_id)
    Membership.objects.create(person=account.person, post=new, valid_from=last + timedelta(days=1))
    return tenure_of(account)


def test_visits_made_in_the_post_are_taken_and_later_ones_refused(city: Any) -> None:
    phone = Phone(city.grid_inspector)
    made = phone.visit(city.workshop, findings=["wiring"])
    city.clock.forward(timedelta(days=3))
    after = phone.visit(city.workshop, based_on=phone.head)
    found = moved(city, 2)
    assert found is not None
    taken, refused = receive_visits(found.actor, [made, after], until=found.until)
    assert isinstance(taken, Received)
    assert taken.visit.opened_by_post == city.grid_inspector.post_id
    assert isinstance(refused, NotAllowed)
    assert str(found.until) in refused.words.zh


@pytest.mark.parametrize(("days_ago", "may"), [(1, True), (30, True), (31, False)])
def test_a_post_left_long_ago_sends_nothing(city: Any, days_ago: int, may: bool) -> None:
    assert (moved(city, days_ago) is not None) == may


def test_who_never_inspected_sends_nothing(city: Any) -> None:
    assert tenure_of(Account.objects.get(pk=city.worker.account_id)) is None
