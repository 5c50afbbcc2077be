"""From a post to an actor: grants are computed from the post's kind, its territory and its party's dated remits."""

from __future__ import annotations

import uuid
from datetime import date

from anlan.kernel.scope.actor import Actor, Grant
from anlan.kernel.scope.parties import Membership, PartySuccession, Person, Post, Remit, in_force
from anlan.kernel.scope.posts import POST_KINDS


def posts_of(person: Person, on: date) -> list[Post]:
    """Return the posts a person fills on a day, the oldest membership first."""
    memberships = (
        Membership.objects.filter(in_force(on), person=person, post__closed_on=None)
        .select_related("post__party__territory", "post__territory")
        .order_by("valid_from", "id")
    )
    return [membership.post for membership in memberships]


def actor_in(
    post: Post, person: Person, on: date, *, account_id: uuid.UUID | None = None, language: str = "zh-hans"
) -> Actor:
    """Return the actor for a person acting in a post on a day."""
    party = post.party
    merged = PartySuccession.objects.filter(successor=party, since__lte=on).values_list(
        "predecessor_id", flat=True
    )
    home = post.territory or party.territory
    return Actor(
        name=person.name,
        account_id=account_id,
        person_id=person.id,
        post_id=post.id,
        post_kind=post.kind,
        post_title=post.title,
        party_ids=(party.id, *merged),
        party_name=party.name_on(on),
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
        for prefix in home.prefixes()
        for sector in sectors
    )


def _sectors(post: Post, on: date) -> list[str]:
    remits = (
        Remit.objects.filter(in_force(on), party=post.party)
        .exclude(sector="")
        .values_list("sector", flat=True)
    )
    return sorted({*remits, *([post.party.sector] if post.party.sector else [])})
