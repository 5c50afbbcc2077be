"""From a post to an actor: grants are computed from the post's kind, its territory and its party's dated remits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, Subquery

from anlan.kernel.scope.actor import Actor, Grant
from anlan.kernel.scope.parties import (
    Membership,
    Party,
    PartyName,
    PartySuccession,
    Person,
    Post,
    Remit,
    in_force,
    predecessors_of,
)
from anlan.kernel.scope.posts import POST_KINDS


@dataclass(frozen=True, slots=True)
class Standing:
    """What a post's party was on a day, read together with the post."""

    on: date
    party_name: str
    has_taken_over: bool
    remits: tuple[str, ...]


def posts_of(person: Person, on: date) -> list[Post]:
    """Return the posts a person fills on a day, the oldest membership first; each with its standing, in one question."""
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=on)
    names = PartyName.objects.filter(in_force(on), party=OuterRef("post__party")).order_by("valid_from", "pk")
    taken_over = PartySuccession.objects.filter(since__lte=on, successor=OuterRef("post__party"))
    remits = Remit.objects.filter(in_force(on), party=OuterRef("post__party"))
    memberships = (
        Membership.objects.filter(open_then, in_force(on), person=person)
        .select_related("post__party__territory", "post__territory")
        .annotate(
            name_then=Subquery(names.values("name")[:1]),
            has_taken_over=Exists(taken_over),
            remits=ArraySubquery(remits.values("sector")),
        )
        .order_by("valid_from", "id")
    )
    for membership in memberships:
        name = membership.name_then or membership.post.party.name
        membership.post.standing = Standing(on, name, membership.has_taken_over, tuple(membership.remits))
    return [membership.post for membership in memberships]


def actor_in(
    post: Post, person: Person, on: date, *, account_id: uuid.UUID | None = None, language: str = "zh-hans"
) -> Actor:
    """Return the actor for a person acting in a post on a day."""
    party, standing = post.party, _standing(post, on)
    home = post.territory or party.territory
    return Actor(
        name=person.name,
        account_id=account_id,
        person_id=person.id,
        post_id=post.id,
        post_kind=post.kind,
        post_title=post.title,
        party_ids=(party.id, *_taken_over(post, on)),
        party_name=standing.party_name if standing else party.name_on(on),
        party_level=party.level,
        home_path=home.path if home else "",
        language=language,
        grants=grants_of(post, on),
        is_demo=person.is_demo,
    )


def grants_of(post: Post, on: date) -> tuple[Grant, ...]:
    """Return the grants of a post: none for those who only see their own party."""
    kind = POST_KINDS[post.kind]
    home = post.territory or post.party.territory
    if not kind.by_territory or home is None:
        return ()
    sectors: list[str | None] = [None] if kind.all_sectors else list(_sectors(post, on))
    return tuple(
        Grant(prefix, sector, None, kind.ceiling, kind.acts)
        for prefix in home.prefixes(on)
        for sector in sectors
    )


def _sectors(post: Post, on: date) -> list[str]:
    """Return the sectors of a post's department and of those merged into it."""
    standing, merged = _standing(post, on), _taken_over(post, on)
    if standing is not None and not merged:
        return sorted({*standing.remits, post.party.sector} - {""})
    parties = [post.party_id, *merged]
    remits = Remit.objects.filter(in_force(on), party__in=parties).values_list("sector", flat=True)
    own = Party.objects.filter(pk__in=parties).values_list("sector", flat=True)
    return sorted({*remits, *own} - {""})


def _taken_over(post: Post, on: date) -> list[uuid.UUID]:
    standing = _standing(post, on)
    if standing is not None and not standing.has_taken_over:
        return []
    return predecessors_of(post.party_id, on)


def _standing(post: Post, on: date) -> Standing | None:
    """Return what was read with the post, if it was read for this day."""
    standing: Standing | None = getattr(post, "standing", None)
    return standing if standing is not None and standing.on == on else None
