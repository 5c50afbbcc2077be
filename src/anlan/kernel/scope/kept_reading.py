"""Rows by their keys, read the same way by every step or search: written out and planned once, not each time.

A row with its eighty columns and two neighbours takes Django longer to ask for, and PostgreSQL longer to plan, than to read.
What is asked comes from the caller's own rows, so scope stays where it is; only the keys differ from one time to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

from anlan.kernel.scope.often import ask_often


class KeptReading:
    """How the rows of some models are read by key: ``narrow`` says what is read of them, and how they are locked."""

    def __init__(self, narrow: Callable[[QuerySet[Any]], QuerySet[Any]]) -> None:
        self.narrow = narrow
        self._kept: dict[type[Any], _Written | None] = {}

    def rows(self, model: type[Any], rows: Callable[[], QuerySet[Any]], key: Any) -> list[Any]:
        """Return the rows of a model, of which the key, or a list of keys, is the only condition.

        ``rows`` is asked for them the first time.
        """
        if model not in self._kept:
            self._kept[model] = _written(self.narrow(rows()), key)
        written = self._kept[model]
        return list(self.narrow(rows())) if written is None else written.read(key)


class _Written:
    """One question as Django wrote it, and how it makes rows of the answers."""

    def __init__(self, sql: str, compiler: Any) -> None:
        self.sql = sql
        self.compiler = compiler
        info, select = compiler.klass_info, compiler.select
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        self.own = slice(first, last)
        self.names = [column[0].target.attname for column in select[self.own]]
        self.model = info["model"]
        populators: Any = get_related_populators  # the types known of it are those of another version
        self.neighbours = populators(info, select, connection.alias)
        self.converters = compiler.get_converters([column[0] for column in select])

    def read(self, key: Any) -> list[Any]:
        answers: Any = ask_often(self.sql, [key])
        if self.converters:
            answers = self.compiler.apply_converters(answers, self.converters)
        found = []
        for answer in answers:
            row = self.model.from_db(connection.alias, self.names, answer[self.own])
            for neighbour in self.neighbours:
                neighbour.populate(answer, row)
            found.append(row)
        return found


def _written(rows: QuerySet[Any], key: Any) -> _Written | None:
    """Return the question of some rows, or None where more than the key goes into it."""
    compiler = rows.query.get_compiler(connection.alias)
    sql, params = compiler.as_sql()
    return _Written(sql, compiler) if list(params) == [key] and "%%" not in sql else None
