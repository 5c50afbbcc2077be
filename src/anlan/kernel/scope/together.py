"""Several counts in one question: what a page asks every time costs one way to the database and back, not one each.

Each count is written out by whoever knows its rows, since every page asks; a test compares each with the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows to count: what stands after ``SELECT 1``, with its values, and beyond how many no further."""

    sql: str
    params: Sequence[Any] = ()
    most: int | None = None


NONE = Counted("FROM (SELECT) AS nothing WHERE false")


def counted_together(*parts: Counted) -> list[int]:
    """Return how many rows each part holds."""
    params = [value for part in parts for value in part.params]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(_one(part) for part in parts), params)
        return [int(count) for count in cursor.fetchone() or ()]


def _one(part: Counted) -> str:
    limit = "" if part.most is None else f" LIMIT {part.most:d}"
    return f"(SELECT count(*) FROM (SELECT 1 {part.sql}{limit}) AS counted)"  # noqa: S608 - the values go as parameters
