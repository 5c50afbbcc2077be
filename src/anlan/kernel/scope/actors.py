"""From a post to an actor: grants are computed from the post's kind, its territory and its party's dated remits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from anlan.kernel.scope.actor import Actor, Grant
from anlan.kernel.scope.parties import (
    Membership,
    Party,
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


# Asked in every request, so written out: Django would take ten times as long to put it together as it takes to answer.
_IN_FORCE = "(valid_from IS NULL OR valid_from <= %(on)s) AND (valid_to IS NULL OR valid_to >= %(on)s)"
_STANDINGS = f"""
    SELECT party.id,
           (SELECT name FROM scope_partyname WHERE party_id = party.id AND {_IN_FORCE} ORDER BY valid_from, id LIMIT 1),
           EXISTS (SELECT 1 FROM scope_partysuccession WHERE successor_id = party.id AND since <= %(on)s),
           ARRAY(SELECT sector FROM scope_remit WHERE party_id = party.id AND {_IN_FORCE})
      FROM scope_party AS party WHERE party.id = ANY(%(parties)s)
"""  # noqa: S608 - names of our own


def posts_of(person: Person, on: date) -> list[Post]:
    """Return the posts a person fills on a day, the oldest membership first; each with its standing."""
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=on)
    memberships = (
        Membership.objects.filter(open_then, in_force(on), person=person)
        .select_related("post__party__territory", "post__territory")
        .order_by("valid_from", "id")
    )
    posts = [membership.post for membership in memberships]
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"on": on, "parties": [post.party_id for post in posts]})
        found = {party: (name, taken_over, remits) for party, name, taken_over, remits in cursor.fetchall()}
    for post in posts:
        name, has_taken_over, remits = found[post.party_id]
        post.standing = Standing(on, name or post.party.name, has_taken_over, tuple(remits))
    return posts


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
