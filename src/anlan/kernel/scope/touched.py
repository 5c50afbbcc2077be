"""What was written, noted in the same transaction: whoever counts rows learns from it which days to count anew.

Only kinds somebody counts are noted (``watch``). A note holds the dates the row bore before, so that a day it left is counted
anew too; what is counted and how is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now


class Touched(models.Model):
    """One write of one row, waiting to be counted. Drained by the roll-up."""

    id = models.BigAutoField(primary_key=True)
    model = models.CharField(max_length=80)
    row_id = models.UUIDField()
    before = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "scope_touched"


_WATCHED: dict[type[models.Model], str] = {}


def watch(model: type[models.Model], dates: Iterable[str]) -> None:
    """From now on note every write of this kind's rows, with the dates they bore before."""
    columns = ", ".join(f"'{name}', {_column(model, name)}" for name in dates)
    _WATCHED[model] = (
        'INSERT INTO "scope_touched" ("model", "row_id", "before") '  # noqa: S608 - names of our own
        f'SELECT %s, "id", jsonb_build_object({columns}) FROM "{model._meta.db_table}" WHERE "id" = %s'
    )


def note(row: models.Model) -> None:
    """Note that a row is about to be written; call it inside the transaction of the write."""
    sql = _WATCHED.get(type(row))
    if sql is None:
        return
    if row._state.adding:
        sql = 'INSERT INTO "scope_touched" ("model", "row_id", "before") VALUES (%s, %s, \'{}\')'
    with connection.cursor() as cursor:
        cursor.execute(sql, [row._meta.label, row.pk])


def note_new(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Note that many new rows of a kind are written, as ``note`` does for each; inside the transaction of the write."""
    if model not in _WATCHED or not rows:
        return
    sql = 'INSERT INTO "scope_touched" ("model", "row_id", "before") SELECT %s, made, \'{}\' FROM unnest(%s::uuid[]) AS made'
    with connection.cursor() as cursor:
        cursor.execute(sql, [model._meta.label, [row.pk for row in rows]])


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return connection.ops.quote_name(field.column)
