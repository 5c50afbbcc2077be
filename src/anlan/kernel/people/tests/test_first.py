"""The first administrator, appointed from the command line."""

from __future__ import annotations

from typing import Any

import pytest

from anlan.kernel.identity.signing_in import actor_for, sign_in
from anlan.kernel.people.first import appoint_administrator, has_administrator
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.models import Membership


def test_the_first_administrator_signs_in_with_the_one_time_password(city: Any) -> None:
    account, password = appoint_administrator("王管理", "wang")
    assert sign_in("wang", password, "127.0.0.1") == account
    actor = actor_for(account)
    assert actor is not None
    assert (actor.post_kind, actor.party_id) == ("administrator", city.city_bureau.pk)


def test_nobody_is_left_behind_when_the_user_name_is_taken(city: Any) -> None:
    people = Membership.objects.count()
    with pytest.raises(Invalid):
        appoint_administrator("李某", "city_officer")
    assert Membership.objects.count() == people


def test_demonstration_people_are_not_counted(city: Any) -> None:
    Membership.objects.filter(post__kind="administrator").delete()
    assert not has_administrator()
    appoint_administrator("王管理", "wang")
    assert has_administrator()
