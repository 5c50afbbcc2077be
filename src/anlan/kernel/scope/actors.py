"""From a post to an actor: grants are computed from the post's kind, its territory and its party's dated remits."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import Q

from anlan.kernel.scope.actor import Actor, Grant
from anlan.kernel.scope.parties import Membership, Party, Person, Post, Remit, in_force, predecessors_of
from anlan.kernel.scope.posts import POST_KINDS


def posts_of(person: Person, on: date) -> list[Post]:
    """Return the posts a person fills on a day, the oldest membership first."""
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=on)
    memberships = (
        Membership.objects.filter(open_then, in_force(on), person=person)
        .select_related("post__party__territory", "post__territory")
        .order_by("valid_from", "id")
    )
    return [membership.post for membership in memberships]


def actor_in(
    post: Post, person: Person, on: date, *, account_id: uuid.UUID | None = None, language: str = "zh-hans"
) -> Actor:
    """Return the actor for a person acting in a post on a day."""
    party = post.party
    home = post.territory or party.territory
    return Actor(
        name=person.name,
        account_id=account_id,
        person_id=person.id,
        post_id=post.id,
        post_kind=post.kind,
        post_title=post.title,
        party_ids=(party.id, *predecessors_of(party.id, on)),
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
        for prefix in home.prefixes(on)
        for sector in sectors
    )


def _sectors(post: Post, on: date) -> list[str]:
    """Return the sectors of a post's department and of those merged into it."""
    parties = [post.party_id, *predecessors_of(post.party_id, on)]
    remits = Remit.objects.filter(in_force(on), party__in=parties).values_list("sector", flat=True)
    own = Party.objects.filter(pk__in=parties).values_list("sector", flat=True)
    return sorted({*remits, *own} - {""})
