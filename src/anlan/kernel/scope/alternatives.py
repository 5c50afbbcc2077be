"""A condition of many alternatives, written straight as SQL: who sees a row, for whom a duty waits.

An officer of a zone has a dozen grants, each of them three or four comparisons, and every page asks several such questions.
As ``Q`` objects they cost more to put together than the database takes to answer; the SQL is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models

Comparison = tuple[str, str, Any]  # column, how, value
Way = Sequence[Comparison]

_WRITTEN = {
    "=": "{} = %s",
    "<": "{} < %s",
    ">": "{} > %s",
    "<=": "{} <= %s",
    ">=": "{} >= %s",
    "null": "{} IS NULL",
    "holds": "{} @> (ARRAY[%s])::varchar[]",
}


class Alternatives(models.Expression):
    """True where any of the ways is open: all of its comparisons hold."""

    def __init__(self, ways: Sequence[Way]) -> None:
        """Take the ways; there must be one at least."""
        super().__init__(output_field=models.BooleanField())
        self.ways = tuple(tuple(way) for way in ways)
        self.names = tuple(dict.fromkeys(name for way in self.ways for name, _, _ in way))
        self.columns: list[Any] = [models.F(name) for name in self.names]

    def get_source_expressions(self) -> list[Any]:
        """Return the columns compared."""
        return self.columns

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Take the columns as a query resolved them."""
        self.columns = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write ``((a AND b) OR (c AND d) …)``."""
        columns = {
            name: compiler.compile(column)[0] for name, column in zip(self.names, self.columns, strict=True)
        }
        return written(self.ways, columns)


def written(ways: Sequence[Way], columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
    """Return ways as SQL with its values, given what each column is called in the question."""
    params: list[Any] = []
    alternatives = []
    for way in ways:
        parts = []
        for name, how, value in way:
            if how == "in":
                parts.append(f"{columns[name]} IN ({', '.join(['%s'] * len(value))})")
                params += value
                continue
            parts.append(_WRITTEN[how].format(columns[name]))
            if how != "null":
                params.append(value)
        alternatives.append(f"({' AND '.join(parts)})")
    return f"({' OR '.join(alternatives)})", tuple(params)


def beneath(path: str) -> list[Comparison]:
    """Return the comparisons for rows at or under a path (``territory.under``)."""
    return [("path", ">=", path), ("path", "<", beyond(path))]


def beyond(path: str) -> str:
    """Return the first text after every path under this one."""
    return path[:-1] + "0"
