"""Who is asking, in one question: the account of a session, its person, and the posts the person fills today.

Every request begins with it and every request asks anew: an account that was closed, a password that was changed, a post that
was taken away hold from the very next one. Nothing is kept between requests.
"""

from __future__ import annotations

import uuid
from functools import cache

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.scope.actors import seats
from anlan.kernel.scope.models import Person
from anlan.kernel.scope.often import ask_often
from anlan.kernel.scope.reading import Columns
from anlan.kernel.scope.together import Counted


class _Question:
    def __init__(self) -> None:
        self.account, self.person = Columns(Account, "account"), Columns(Person, "person")
        part = seats()
        self.sql = f"""
            SELECT {self.account.sql}, {self.person.sql}, {part.columns}
              FROM identity_account AS account JOIN scope_person AS person ON person.id = account.person_id
              LEFT JOIN ({part.tables}) ON seat.person_id = person.id AND {part.held}
             WHERE account.id = %(account)s ORDER BY {part.order}
        """  # noqa: S608 - names of our own


@cache
def _question() -> _Question:
    return _Question()


def account_with_posts(pk: uuid.UUID) -> Account | None:
    """Return an account as it stands now, active or not, with its person and the posts that fills today."""
    asked, on = _question(), clock.today()
    found = ask_often(asked.sql, {"on": on, "account": pk})
    account = asked.account.made(found[0], 0) if found else None
    person = asked.person.made(found[0], asked.account.width) if found else None
    if account is None or person is None:
        return None
    start = asked.account.width + asked.person.width
    made = (seats().made(values, start, on) for values in found)
    person.filled = (on, [post for post in made if post is not None])
    account.person = person
    return account


def any_demonstration() -> Counted:
    """Return whether there are accounts of a demonstration, to be counted: one or none."""
    return Counted("FROM identity_account WHERE is_demo", most=1)
