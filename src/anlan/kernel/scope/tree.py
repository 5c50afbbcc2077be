"""The territory tree in memory: names, places above and below, members of zones, read once and asked a thousand times.

A copy is good for as long as the stamp it was read under: every write to the tree, by whatever hand, gives it a new stamp in
the same transaction (a trigger; where triggers are refused the loader of packs does it). So each request asks for the stamp
alone, and several processes never disagree. Villages are left out: there are thousands, and each is shown seldom.
Nothing here says who sees what.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.db import connection, models

from anlan.kernel.scope.territory import Territory, ZoneMember

VILLAGE, ZONE = "village", "zone"


class TreeStamp(models.Model):
    """One row: what the tree was last written under. A value is never used twice."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField()

    class Meta:
        db_table = "scope_tree_stamp"


class Tree:
    """The tree as of one stamp. Its rows are shared by requests: nobody changes them."""

    _kept: ClassVar[tuple[uuid.UUID, Tree] | None] = None

    def __init__(self) -> None:
        rows = list(Territory.objects.exclude(level=VILLAGE).order_by("path"))
        members = list(ZoneMember.objects.select_related("territory").order_by("territory__path"))
        self._by_path = {row.path: row for row in rows}
        self._by_id = {row.pk: row for row in rows}
        self._by_code = {row.code: row for row in reversed(rows)}
        self._children: dict[uuid.UUID | None, list[Territory]] = {}
        self._members: dict[uuid.UUID, list[ZoneMember]] = {}
        for row in rows:
            self._children.setdefault(row.parent_id, []).append(row)
        for member in members:
            self._members.setdefault(member.zone_id, []).append(member)
        for row in rows:
            row.known_below = self.below(row)
            if row.level == ZONE:
                row.known_members = [
                    (one.territory.path, one.valid_from, one.valid_to)
                    for one in self._members.get(row.pk, ())
                ]

    def __iter__(self) -> Iterator[Territory]:
        """Yield every place but villages, by path."""
        return iter(self._by_path.values())

    def at(self, path: str) -> Territory | None:
        """Return the place of a path; a village is read from the table."""
        found = self._by_path.get(path)
        return found or (Territory.objects.filter(path=path).first() if path else None)

    def of_id(self, pk: object) -> Territory | None:
        """Return the place with an id; a village is read from the table."""
        try:
            key = pk if isinstance(pk, uuid.UUID) else uuid.UUID(str(pk))
        except ValueError:
            return None
        return self._by_id.get(key) or Territory.objects.filter(pk=key).first()

    def of_code(self, code: str) -> Territory | None:
        """Return the place that bears a code now; a village is read from the table."""
        return self._by_code.get(code) or Territory.objects.filter(code=code).first()

    def first_of(self, level: str) -> Territory | None:
        """Return the first place of a level."""
        return next((row for row in self if row.level == level), None)

    def above(self, place: Territory) -> list[Territory]:
        """Return the chain from the root down to a place, itself included."""
        higher = (self._by_path.get(path) for path in paths_above(place.path)[:-1])
        return [*(one for one in higher if one is not None), place]

    def below(self, place: Territory) -> list[Territory]:
        """Return the places one step down, without villages; of a zone its present members."""
        if place.level == ZONE:
            return [one.territory for one in self._members.get(place.pk, ()) if one.valid_to is None]
        return list(self._children.get(place.pk, ()))

    def county_of(self, path: str) -> Territory | None:
        """Return the county that a path lies in."""
        found = (self._by_path.get(one) for one in paths_above(path))
        return next((one for one in found if one is not None and one.level == "county"), None)


def paths_above(path: str) -> Sequence[str]:
    """Return the paths from the root down to a path, itself included."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def tree() -> Tree:
    """Return the tree as it stands now: one question for the stamp, and more only where it changed."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT "stamp" FROM "scope_tree_stamp" WHERE "id" = 1')
        found = cursor.fetchone()
    kept = Tree._kept
    if found is None:
        return Tree()
    stamp = found[0]
    if kept is None or kept[0] != stamp:
        kept = Tree._kept = (stamp, Tree())
    return kept[1]


def renew_stamp() -> None:
    """Give the tree a new stamp, where no trigger does."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO "scope_tree_stamp" ("id", "stamp") VALUES (1, gen_random_uuid()) '
            'ON CONFLICT ("id") DO UPDATE SET "stamp" = excluded."stamp"'
        )
