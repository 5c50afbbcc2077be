"""Who may still send: an inspector moved to another post has visits on the phone that were made while they held it.

What was captured in a post stays the act of that post: it is taken in as of then, up to the last day of the post, for as long
as a sealed record may be late. Serves articles 9 and 22.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.loops.claiming import SEALED_LAG
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.actors import actor_in, posts_of
from anlan.kernel.scope.models import Membership
from anlan.kernel.scope.posts import INSPECTORS

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tenure:
    """An inspector's post that is not the one acted in just now; ``until`` is its last day, or None while it goes on."""

    actor: Actor
    until: date | None


def tenure_of(account: Account) -> Tenure | None:
    """Return the inspector's post which a person holds besides, or held until lately."""
    today = clock.today()
    days: list[tuple[date, date | None]] = [(today, None)]
    days += [(day, day) for day in _last_days(account, today)]
    for day, until in days:
        for post in posts_of(account.person, day):
            if post.kind in INSPECTORS:
                actor = actor_in(post, account.person, day, account_id=account.pk, language=account.language)
                return Tenure(actor, until)
    return None


def _last_days(account: Account, today: date) -> list[date]:
    """Return the last days of the inspector's posts that ended within the time a sealed record may be late, the latest first."""
    since = today - SEALED_LAG
    left = Q(valid_to__gte=since, valid_to__lt=today)
    closed = Q(post__closed_on__gt=since, post__closed_on__lte=today)
    rows = Membership.objects.filter(left | closed, person=account.person, post__kind__in=INSPECTORS)
    found = set()
    for valid_to, closed_on in rows.values_list("valid_to", "post__closed_on"):
        ends = [valid_to] if valid_to is not None else []
        ends += [closed_on - ONE_DAY] if closed_on is not None else []
        found.add(min(ends))
    return sorted(found, reverse=True)
