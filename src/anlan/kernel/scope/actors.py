"""From a post to an actor: grants are computed from the post's kind, its territory and its party's dated remits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import connection

from anlan.kernel.scope.actor import Actor, Grant
from anlan.kernel.scope.parties import (
    Party,
    Person,
    Post,
    Remit,
    in_force,
    predecessors_of,
)
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.scope.reading import Columns
from anlan.kernel.scope.territory import Territory


@dataclass(frozen=True, slots=True)
class Standing:
    """What a post's party was on a day, read together with the post."""

    on: date
    party_name: str
    has_taken_over: bool
    remits: tuple[str, ...]


# Asked in every request, so written out: Django would take ten times as long to put it together as it takes to answer.
_IN_FORCE = "(valid_from IS NULL OR valid_from <= %(on)s) AND (valid_to IS NULL OR valid_to >= %(on)s)"
_STANDING = f"""
    (SELECT name FROM scope_partyname WHERE party_id = party.id AND {_IN_FORCE} ORDER BY valid_from, id LIMIT 1),
    EXISTS (SELECT 1 FROM scope_partysuccession WHERE successor_id = party.id AND since <= %(on)s),
    ARRAY(SELECT sector FROM scope_remit WHERE party_id = party.id AND {_IN_FORCE})
"""  # noqa: S608 - names of our own
_SEATS = """
    scope_membership AS seat
    JOIN scope_post AS post ON post.id = seat.post_id AND (post.closed_on IS NULL OR post.closed_on > %(on)s)
    JOIN scope_party AS party ON party.id = post.party_id
    LEFT JOIN scope_territory AS home ON home.id = party.territory_id
    LEFT JOIN scope_territory AS place ON place.id = post.territory_id
"""
_HELD = "seat.valid_from <= %(on)s AND (seat.valid_to IS NULL OR seat.valid_to >= %(on)s)"


class Seats:
    """The posts a person fills on a day (``on``), as part of a question: the columns, the tables and the order."""

    def __init__(self) -> None:
        """Read the columns off the models."""
        self._post, self._party = Columns(Post, "post"), Columns(Party, "party")
        self._home, self._place = Columns(Territory, "home"), Columns(Territory, "place")
        parts = (self._post, self._party, self._home, self._place)
        self.columns = ", ".join([*(part.sql for part in parts), _STANDING])
        self.tables, self.held, self.order = _SEATS, _HELD, "seat.valid_from, seat.id"

    def made(self, values: Sequence[Any], start: int, on: date) -> Post | None:
        """Return the post whose columns begin at a place of what came, with its party, its places and its standing."""
        post = self._post.made(values, start)
        at = start + self._post.width
        party = self._party.made(values, at)
        if post is None or party is None:
            return None
        at += self._party.width
        party.territory = self._home.made(values, at)
        at += self._home.width
        post.territory, post.party = self._place.made(values, at), party
        name, has_taken_over, remits = values[at + self._place.width :][:3]
        post.standing = Standing(on, name or party.name, has_taken_over, tuple(remits))
        return post


@cache
def seats() -> Seats:
    """Return the part of a question that reads posts."""
    return Seats()


def posts_of(person: Person, on: date) -> list[Post]:
    """Return the posts a person fills on a day, the oldest membership first; each with its standing."""
    if person.filled is not None and person.filled[0] == on:
        return list(person.filled[1])
    part = seats()
    sql = f"SELECT {part.columns} FROM {part.tables} WHERE seat.person_id = %(person)s AND {part.held} ORDER BY {part.order}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": on, "person": person.pk})
        made = (part.made(values, 0, on) for values in cursor.fetchall())
        return [post for post in made if post is not None]


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
