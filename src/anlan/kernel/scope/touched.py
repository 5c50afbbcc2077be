"""What was written, noted in the same transaction: whoever computes from rows learns from it what to compute anew.

Only kinds somebody reads are noted (``watch``), once for each reader, and each reader takes its own notes. A note holds what
the reader asked of the row as it stood before (its dates, the row it hung on), so that what was left is computed anew too;
what is computed and how is not known here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now

from anlan.kernel.scope.often import write_often

FIGURES = "figures"  # the roll-up of indicators


class Touched(models.Model):
    """One write of one row, waiting to be taken in by one reader."""

    id = models.BigAutoField(primary_key=True)
    model = models.CharField(max_length=80)
    row_id = models.UUIDField()
    before = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())
    reader = models.CharField(max_length=20, default=FIGURES, db_default=FIGURES)

    class Meta:
        db_table = "scope_touched"
        indexes = [models.Index(fields=["reader", "id"], name="scope_touched_reader")]


# By kind of row and reader: the text that builds what is kept of the row as it stood.
_WATCHED: dict[type[models.Model], dict[str, str]] = {}


_THOSE = ' WHERE "id" = ANY(%s::uuid[])'


def watch(model: type[models.Model], columns: Iterable[str], reader: str = FIGURES) -> None:
    """From now on note for a reader every write of this kind's rows, with what stood in some columns before."""
    pairs = ", ".join(f"'{name}', {_column(model, name)}" for name in columns)
    _WATCHED.setdefault(model, {})[reader] = f"jsonb_build_object({pairs})"


def note(row: models.Model) -> None:
    """Note that a row is about to be written; call it inside the transaction of the write."""
    if type(row) in _WATCHED:
        note_many(type(row), [row.pk], is_new=row._state.adding)


def note_many(model: type[models.Model], ids: Sequence[Any], *, is_new: bool) -> None:
    """Note for many rows of a kind what ``note`` notes for one; one statement, however many read them."""
    readers = _WATCHED.get(model, {})
    if not ids or not readers:
        return
    table, notes, values = model._meta.db_table, list[str](), list[Any]()
    for reader, before in readers.items():
        if is_new:
            notes.append("SELECT %s::text, %s::text, made, '{}'::jsonb FROM unnest(%s::uuid[]) AS made")
        else:
            notes.append(f'SELECT %s::text, %s::text, "id", {before} FROM "{table}"' + _THOSE)  # noqa: S608 - names of our own
        values += [reader, model._meta.label, list(ids)]
    into = 'INSERT INTO "scope_touched" ("reader", "model", "row_id", "before") '
    write_often(into + " UNION ALL ".join(notes), values)


def is_waiting(reader: str) -> bool:
    """Say whether notes wait for a reader."""
    return Touched.objects.filter(reader=reader).exists()


def taken(reader: str, most: int) -> list[tuple[str, uuid.UUID, dict[str, Any]]]:
    """Take the oldest notes of a reader out: kind, row, what stood there before. Inside the transaction that uses them."""
    with connection.cursor() as cursor:
        cursor.execute(
            'DELETE FROM "scope_touched" WHERE "id" IN'
            ' (SELECT "id" FROM "scope_touched" WHERE "reader" = %s ORDER BY "id" LIMIT %s)'
            ' RETURNING "model", "row_id", "before"::text',
            [reader, most],
        )
        return [(model, row_id, json.loads(before)) for model, row_id, before in cursor.fetchall()]


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return connection.ops.quote_name(field.column)
