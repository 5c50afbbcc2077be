"""Who watches what is shared: the bodies that own and that receive, by scope; administrators those of their territory."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from anlan.kernel.people.authority import reach_of
from anlan.kernel.scope import Actor
from anlan.kernel.scope.posts import OFFICERS, POST_KINDS
from anlan.kernel.scope.territory import under
from anlan.kernel.sharing.models import SharedCall, Subscription


def may_read_catalogue(actor: Actor) -> bool:
    """Say whether the actor works for government or administers the platform: the catalogue is theirs."""
    kind = POST_KINDS.get(actor.post_kind)
    return kind is not None and (kind.by_territory or kind.key == "administrator")


def may_ask(actor: Actor) -> bool:
    """Say whether the actor's post may ask for data."""
    return actor.post_kind in OFFICERS


def watched(actor: Actor) -> models.QuerySet[Subscription]:
    """Return the subscriptions the actor may watch."""
    if actor.post_kind != "administrator":
        return Subscription.seen_by(actor)
    reach = Q(pk__in=[])
    for path in reach_of(actor):
        reach |= under(path)
    return Subscription.unscoped("administrators watch what is shared in their territory").filter(reach)


def calls_of(actor: Actor) -> models.QuerySet[SharedCall]:
    """Return the calls the actor may watch."""
    return SharedCall.objects.filter(subscription__in=watched(actor).values("pk"))
