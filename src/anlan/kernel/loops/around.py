"""What stands around a matter and decides what may be done with it: its past, its open duties, the matters under it.

Each is read once for a row, when first asked, in one statement; ``look_around`` reads them for many rows together. Asked
for one by one (was this key used, when did it move, who rectified, is this line open) they were the larger part of what a
step, and a page of cards, asked of the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection

from anlan.kernel.ledger.reading import acts_of
from anlan.kernel.loops.declaration import Loop, loops
from anlan.kernel.loops.models import Duty
from anlan.kernel.scope.often import ask_often


class PastAct(NamedTuple):
    """One entry of a matter's chain without its contents."""

    act: str
    person: uuid.UUID | None
    at: datetime
    from_state: str
    to_state: str
    key: uuid.UUID | None
    evidence: Sequence[str] = ()  # hashes


class Around:
    """What stands around one matter, as of the first time it is asked."""

    def __init__(self, pk: uuid.UUID) -> None:
        """Take the matter's id; nothing is read yet."""
        self.pk = pk

    @cached_property
    def past(self) -> Sequence[PastAct]:
        """Return what was done with the matter, oldest first."""
        return _pasts([self.pk]).get(self.pk, [])

    @cached_property
    def open_keys(self) -> frozenset[str]:
        """Return the keys of its open duties."""
        return frozenset(key for (key,) in ask_often(_OPEN_KEYS, [self.pk]))

    @cached_property
    def has_open_children(self) -> bool:
        """Say whether a matter opened by this one is still open."""
        return self.pk in set(_parents_of_open([self.pk]))

    def last_doer(self, act: str) -> uuid.UUID | None:
        """Return the person who last took a step, if any."""
        return next((one.person for one in reversed(self.past) if one.act == act), None)

    def holds_any(self, hashes: Iterable[str]) -> bool:
        """Say whether one of these files hangs on the matter, by content: uploading it anew makes no new proof."""
        wanted = list(hashes)
        return any(one in act.evidence for act in self.past for one in wanted)

    def last_move(self) -> datetime | None:
        """Return when the matter last changed its state."""
        return next((one.at for one in reversed(self.past) if one.from_state != one.to_state), None)


def look_around(rows: Iterable[Any]) -> None:
    """Read for many matters together what stands around them."""
    by_pk = {row.pk: row.around for row in rows}
    if not by_pk:
        return
    pasts, keys = _pasts(by_pk), _open_keys(by_pk)
    parents = set(_parents_of_open(by_pk))
    for pk, around in by_pk.items():
        around.past = pasts.get(pk, [])
        around.open_keys = frozenset(keys.get(pk, ()))
        around.has_open_children = pk in parents


def _pasts(pks: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[PastAct]]:
    found: dict[uuid.UUID, list[PastAct]] = {}
    for chain, *columns_of_act in acts_of(pks):
        found.setdefault(chain, []).append(PastAct(*columns_of_act))
    return found


def _open_keys(pks: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    # All duties of these matters are read, done ones too: they are few, and asked for the open ones alone PostgreSQL would lay
    # the index of every open duty of the city over them.
    rows = Duty.objects.filter(matter_id__in=list(pks))
    found: dict[uuid.UUID, list[str]] = {}
    for pk, key, done_at in rows.values_list("matter_id", "key", "done_at"):
        if done_at is None:
            found.setdefault(pk, []).append(key)
    return found


def _parents_of_open(pks: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Return those of some matters under which one is still open, asked of all kinds that can be under one in one statement."""
    tables = [connection.ops.quote_name(loop.model._meta.db_table) for loop in child_loops()]
    if not tables:
        return []
    asked = " UNION ALL ".join(map(_OPEN_UNDER.format, tables))
    return [parent for (parent,) in ask_often(asked, [list(pks)] * len(tables))]


_OPEN_KEYS = "SELECT key FROM loops_duty WHERE matter_id = %s AND done_at IS NULL"
_OPEN_UNDER = "SELECT parent_id FROM {} WHERE parent_id = ANY(%s) AND closed_at IS NULL"


def open_children(row: Any) -> Iterator[Any]:
    """Yield the matters opened by a matter that have not ended."""
    for loop in child_loops():
        rows = loop.model.unscoped("what hangs on a matter goes where the matter goes")
        found = rows.filter(parent_loop=row.loop.slug, parent_id=row.pk, closed_at=None)
        yield from found.select_related("territory", "holder", "regulator").defer("search").order_by("pk")


def child_loops() -> Iterator[type[Loop]]:
    """Return the loops whose matters may hang under others."""
    return (loop for loop in loops() if loop.is_child())
