"""Questions that every request or every step asks: planned once for each connection, not each time.

To plan such a question (a dozen tables, a few rows of each) takes PostgreSQL many times as long as to answer it. A connection
that does not keep what was prepared, as behind a pooler that shares its sessions, is asked plainly from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connection

from anlan.kernel.gathering import ask_with_waiting, forgetful, is_lost, write

_prepared: WeakKeyDictionary[Any, set[str] | None] = WeakKeyDictionary()
_TAKEN = "42P05"  # it knows one already


def ask_often(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a question whose text is always the same, ``%s`` or ``%(name)s`` for its values, no other ``%``."""
    try:
        call = _call(sql, params)
        if call is not None:
            return ask_with_waiting(*call)
    except DatabaseError as fault:
        if not is_lost(fault) or connection.in_atomic_block:
            raise
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def write_often(sql: str, values: Sequence[Any]) -> None:
    """Execute a statement whose text is always the same and nobody reads an answer of; inside the caller's transaction."""
    write(*(_call(sql, values) or (sql, values)))


def _call(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[str, Sequence[Any]] | None:
    """Return how what is prepared is called, and its values in order; None where a connection keeps nothing prepared."""
    connection.ensure_connection()
    known = _prepared.setdefault(connection.connection, None if _prepares_by_itself() else set())
    if known is None or connection.connection in forgetful:
        return None
    name, body, call, names = _statement(sql)
    if name not in known:
        _prepare(name, body)
        known.add(name)
    return call, [params[one] for one in names] if isinstance(params, Mapping) else params


def _prepares_by_itself() -> bool:
    """Say whether the driver sends values apart from the question: it then prepares what is repeated, and EXECUTE takes none."""
    return bool(connection.settings_dict["OPTIONS"].get("server_side_binding"))


def _prepare(name: str, body: str) -> None:
    # Past what counts the questions of a request: it is asked once in the life of a connection.
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        try:
            raw.execute(f"PREPARE {name} AS {body}")
        except Exception as fault:
            if getattr(fault, "sqlstate", "") != _TAKEN or connection.in_atomic_block:
                raise


_VALUE = re.compile(r"%\((\w+)\)s|%s")


@lru_cache(maxsize=64)
def _statement(sql: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Return the name of a question, its text for PostgreSQL, the call, and its values by name in order."""
    places: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found[1] or f"#{len(places)}"
        if name not in places:
            places.append(name)
        return f"${places.index(name) + 1}"

    body = _VALUE.sub(place, sql)
    name = f"often_{sha256(sql.encode()).hexdigest()[:16]}"
    values = ", ".join(["%s"] * len(places))
    return name, body, f"EXECUTE {name}({values})" if values else f"EXECUTE {name}", tuple(places)
