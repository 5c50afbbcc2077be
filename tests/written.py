"""Everything that acts left in the database, to compare two ways of doing the same: each way on the same rows, undone after."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction

from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops import Duty
from anlan.kernel.notices import Notice
from anlan.kernel.scope.touched import Touched

# What is new in each row that is written anew, or follows from such; the rest must be the same.
_OWN: dict[type[models.Model], list[str]] = {
    Duty: ["id"],
    LedgerEntry: ["id", "position", "previous", "previous_sm3", "sha256", "sm3"],
    Notice: ["id"],
    Touched: ["id", "at"],
}


def left_by(act: Callable[[], Any], *kinds: type[models.Model]) -> dict[str, Any]:
    """Return what an act gives, leaves in the tables (with those of some kinds) and tells live pages; it is undone then."""
    told: set[str] = set()

    def heard(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "pg_notify" in sql:
            told.update(params[1])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(heard):
            given = act()
        rows = {model.__name__: _rows(model) for model in (*kinds, *_OWN)}
        transaction.set_rollback(True)
    return {"given": given, "told": told, **rows}


def _rows(model: type[models.Model]) -> dict[str, list[str]]:
    """Return all rows of a table without what is their own: entries by chain in their order, others in any."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(one) FROM "{model._meta.db_table}" AS one')
        rows = [row if isinstance(row, dict) else json.loads(row) for (row,) in cursor.fetchall()]
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.get("seq") or 0):
        told = {name: value for name, value in row.items() if name not in _OWN.get(model, [])}
        found[str(row.get("chain", ""))].append(json.dumps(told, sort_keys=True))
    return found if model is LedgerEntry else {"": sorted(found[""])}
