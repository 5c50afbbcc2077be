"""Several counts in one question: what a page asks every time costs one way to the database and back, not one each."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def counted_together(*rows: QuerySet[Any]) -> list[int]:
    """Return how many rows each queryset holds; one that is cut off (``[:n]``) is counted no further."""
    parts: list[str] = []
    params: list[Any] = []
    for one in rows:
        try:
            sql, given = one.values("pk").query.sql_with_params() if not one.query.is_sliced else _cut(one)
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - the values go as parameters
        params += given
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return [int(count) for count in cursor.fetchone() or ()]


def _cut(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    # The columns of a cut queryset may be narrowed no more through its methods; what is counted is the same.
    query = rows.query.clone()
    query.clear_ordering(force=True)
    query.clear_select_clause()
    query.add_fields(["pk"])
    return query.sql_with_params()
