"""The first administrator of a city: the one person whom nobody inside can appoint.

Whoever holds the machine appoints them from the command line; everybody after them is appointed in the office. The act is in the
ledger like every other.
"""

from __future__ import annotations

from django.db import transaction

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.people.accounts import make_account
from anlan.kernel.people.writing import POST, note, text
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Party, Person, Post
from anlan.kernel.words import Words

INSTALLER = Actor.system("装机人 installer")
TITLE = "平台管理员"


def appoint_administrator(name: str, username: str) -> tuple[Account, str]:
    """Put a new person into a new administrator's post of the city's comprehensive bureau.

    Returns the account and its one-time password. Raises Invalid in words.
    """
    called = text("name", name, 60)
    bureaus = Party.objects.filter(
        kind="department", level__in=("province", "city"), sector="work_safety", valid_to=None
    )
    bureau = bureaus.order_by("path").first()
    if bureau is None:
        words = Words(
            "还没有装入城市包，找不到市级综合监管部门。",
            "No city pack is loaded: there is no bureau of the city.",
        )
        raise Invalid({"": [words]})
    with transaction.atomic():
        person = Person.objects.create(name=called)
        post = Post.objects.create(party=bureau, kind="administrator", title=TITLE)
        Membership.objects.create(person=person, post=post, valid_from=clock.today())
        note(
            post.pk,
            POST,
            "post_opened",
            INSTALLER,
            {"party": bureau.pk, "kind": post.kind, "title": post.title},
        )
        data = {"person": person.pk, "since": clock.today()}
        note(post.pk, POST, "appointed", INSTALLER, data, private={"name": called})
        return make_account(INSTALLER, person, username)


def has_administrator() -> bool:
    """Say whether anybody real can sign in as an administrator."""
    seats = Membership.objects.filter(post__kind="administrator", valid_to=None, person__is_demo=False)
    return seats.filter(person__account__is_active=True).exists()
