"""Checking the rows of matters against their ledger and their duties; part of ``./anlan verify``. Changes nothing.

A row changed behind the engine's back, an entry removed before it was anchored, and a duty that does not fit the state show
here: the ledger alone cannot tell the first two.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops.declaration import Loop, loops
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.words import Words

BATCH = 1000
WORDS = {
    "unwritten": Words("存证账本中没有这件事项", "the ledger knows nothing of this matter"),
    "state": Words("状态与账本最后一条记录不符", "its state is not the one the last entry led to"),
    "duty_missing": Words("当前环节没有待办义务", "nobody is awaited for the present state"),
    "duty_wrong": Words("待办义务与重算结果不符", "its duties are not those that follow from it"),
    "duty_left": Words("已办结，但仍有未了的义务", "it has ended, yet duties are still open"),
}


@dataclass(frozen=True)
class MatterFinding:
    """One matter whose row, ledger and duties disagree."""

    what: str
    loop: str
    matter: uuid.UUID
    number: str

    @property
    def words(self) -> Words:
        """Return what is wrong, in both languages."""
        return WORDS[self.what]


def verify_matters() -> Iterator[MatterFinding]:
    """Yield what does not agree, kind by kind."""
    for loop in loops():
        rows = loop.model.unscoped("verification reads every matter").order_by("pk")
        stream = rows.defer("search").iterator(chunk_size=BATCH)
        while batch := list(islice(stream, BATCH)):
            yield from _batch(loop, batch)


def _batch(loop: type[Loop], rows: Sequence[Any]) -> Iterator[MatterFinding]:
    ids = [row.pk for row in rows]
    moved = (
        LedgerEntry.objects.filter(chain__in=ids)
        .exclude(to_state="")
        .order_by("chain", "-seq")
        .distinct("chain")
    )
    last = dict(moved.values_list("chain", "to_state"))
    open_keys: dict[uuid.UUID, set[str]] = {}
    for matter, key in Duty.objects.filter(matter_id__in=ids, done_at=None).values_list("matter_id", "key"):
        open_keys.setdefault(matter, set()).add(key)
    for row in rows:
        what = _fault(loop, row, last.get(row.pk), open_keys.get(row.pk, set()))
        if what is None and row.is_open and duty_faults(row):
            what = "duty_wrong"
        if what:
            yield MatterFinding(what, loop.slug, row.pk, row.number)


def _fault(loop: type[Loop], row: Any, written: str | None, keys: set[str]) -> str | None:
    if written is None:
        return "unwritten"
    if written != row.state:
        return "state"
    state = loop.states.get(row.state)
    if state is None or state.final:
        return "duty_left" if any(key.startswith("state:") for key in keys) else None
    return "duty_missing" if state.awaits and f"state:{row.state}" not in keys else None
