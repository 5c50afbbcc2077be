"""Writing rows by COPY, and taking indexes away while millions of rows go in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, models
from psycopg import sql

Rows = Iterable[Sequence[Any]]


def unhindered(url: str) -> psycopg.Connection[Any]:
    """Return a connection as superuser that fires no trigger: foreign keys and append-only walls are checked afterwards."""
    opened = psycopg.connect(url, autocommit=True)
    opened.execute("SET session_replication_role = replica")
    opened.execute("SET maintenance_work_mem = '1GB'")
    opened.execute("SET max_parallel_maintenance_workers = 2")
    return opened


def copy(to: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Rows) -> int:
    """Write rows, already in the text the database reads, and return how many."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with to.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
            count += 1
    return count


def copy_models(to: psycopg.Connection[Any], rows: Sequence[models.Model]) -> int:
    """Write model instances of one kind as ``save`` would, sealed columns and search words included."""
    if not rows:
        return 0
    fields = [
        field for field in type(rows[0])._meta.concrete_fields
        if not isinstance(field, models.AutoField) and not field.has_db_default() and not field.generated
    ]  # fmt: skip
    lines = (
        [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields] for row in rows
    )
    return copy(to, type(rows[0])._meta.db_table, [field.column for field in fields], lines)


@contextmanager
def without_indexes(to: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Drop every index of some tables but the primary keys, and make them again afterwards."""
    made_again = [statement for table in tables for statement in _dropped(to, table)]
    yield
    for statement in made_again:
        to.execute(statement)


def _dropped(to: psycopg.Connection[Any], table: str) -> list[Any]:
    found = to.execute(
        """
        SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid), rule.conname,
               pg_get_constraintdef(rule.oid)
          FROM pg_index AS index
          LEFT JOIN pg_constraint AS rule ON rule.conindid = index.indexrelid AND rule.contype IN ('u', 'x')
         WHERE index.indrelid = %s::regclass AND NOT index.indisprimary
        """,
        [table],
    ).fetchall()
    again: list[Any] = []
    for index, definition, rule, terms in found:
        if rule is None:
            to.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(index)))
            again.append(definition)
        else:
            names = {"table": sql.Identifier(table), "rule": sql.Identifier(rule)}
            to.execute(sql.SQL("ALTER TABLE {table} DROP CONSTRAINT {rule}").format(**names))
            again.append(sql.SQL("ALTER TABLE {table} ADD CONSTRAINT {rule} {terms}").format(
                **names, terms=sql.SQL(terms)
            ))  # fmt: skip
    return again
