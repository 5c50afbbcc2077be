"""Many rows of a register archived at once: the very checks of ``archive``, with what can be read for all read once.

Each row is locked, held to authority and version, and has its own entry in the ledger; only reading and writing are done in
sets. A register in which something follows from each row once it is written goes one by one, as does a set that meets what
it did not foresee, so that the outcome is always that of archiving one by one, in order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from anlan.kernel import clock
from anlan.kernel.copying import rewrite
from anlan.kernel.ledger.writing import NextEntry, append_many, keys_known
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import KeepingError, NotSeen
from anlan.kernel.registers.forms import reason_of
from anlan.kernel.registers.keeping import archive, must_be_current, subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.touched import note_many

Result = Register | KeepingError
# What archiving changes; what a row is found by is computed anew with every write.
WRITTEN = ("archived_at", "archive_reason", "version", "updated_at", "search")


@dataclass(frozen=True)
class Archiving:
    """One row to archive: which, the version it was read at, and the key that makes archiving it twice harmless."""

    pk: uuid.UUID
    version: int
    key: uuid.UUID


def archive_many(model: type[Register], actor: Actor, rows: Sequence[Archiving], reason: str) -> list[Result]:
    """Archive rows and return for each, in order, the row or the refusal. One transaction; call it in chunks."""
    try:
        reason = reason_of(reason)
    except KeepingError as refusal:
        return [refusal] * len(rows)
    try:
        with transaction.atomic():
            found = _in_a_set(model, actor, rows, reason) if _goes_in_sets(model, rows) else None
    except IntegrityError:  # an entry was written under one of the keys in this very moment
        found = None
    return found if found is not None else [_one(model, actor, row, reason) for row in rows]


def _goes_in_sets(model: type[Register], rows: Sequence[Archiving]) -> bool:
    """Say whether nothing follows from a row, and none is named twice or was archived under its key before."""
    is_plain = model.after_write is Register.after_write and model.save is Register.save
    keys = {str(row.key) for row in rows}
    return is_plain and len({row.pk for row in rows}) == len(keys) == len(rows) and not keys_known(list(keys))


def _in_a_set(
    model: type[Register], actor: Actor, rows: Sequence[Archiving], reason: str
) -> list[Result] | None:
    """Archive what may be archived; None where the chain of a row might begin with this, which is its own matter."""
    now = clock.now()
    asked = model.seen_by(actor).select_for_update(of=("self",)).filter(pk__in=[row.pk for row in rows])
    locked = {row.pk: row for row in asked.select_related("territory").order_by("pk")}
    if any(row.is_demo != actor.is_demo for row in locked.values()):
        return None
    results: list[Result] = []
    ready: list[tuple[Register, uuid.UUID]] = []
    for each in rows:
        result = _judged(locked.get(each.pk), actor, each.version)
        results.append(result)
        if isinstance(result, Register) and not result.is_archived:
            ready.append((result, each.key))
    _write_set(model, actor, ready, reason, now)
    return results


def _judged(row: Register | None, actor: Actor, version: int) -> Result:
    """Return a locked row that the actor may archive, or the refusal."""
    if row is None:
        return NotSeen()
    try:
        must_be_current(row, actor, version)
    except KeepingError as refusal:
        return refusal
    return row


def _write_set(
    model: type[Register],
    actor: Actor,
    ready: Sequence[tuple[Register, uuid.UUID]],
    reason: str,
    now: datetime,
) -> None:
    rows = [row for row, _ in ready]
    for row in rows:
        row.archived_at, row.archive_reason = now, reason
        row.version, row.updated_at = row.version + 1, now
    note_many(model, [row.pk for row in rows], is_new=False)
    rewrite(model, rows, WRITTEN)
    entries = [NextEntry(row.pk, "archived", now, {"reason": reason}, key=key) for row, key in ready]
    append_many(subject_of(model), actor, entries, received_at=clock.now())


def _one(model: type[Register], actor: Actor, row: Archiving, reason: str) -> Result:
    try:
        with transaction.atomic():
            return archive(model, row.pk, actor, reason, version=row.version, key=row.key)
    except KeepingError as refusal:
        return refusal
