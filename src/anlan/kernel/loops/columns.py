"""The columns of a matter as the ledger keeps them: what a step changed beyond its answers, so that the past can be
recomputed from the entries alone. Personal columns are left out; they lie sealed beside the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models

from anlan.kernel.scope.actor import PERSONAL

# Bookkeeping that follows from the rest, or that no step changes.
_UNKEPT = frozenset(
    {"id", "search", "state", "version", "created_at", "updated_at", "cell", "hexagon", "is_demo"}
)


@cache
def kept_fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """Return the columns that entries keep."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if field.attname not in _UNKEPT and (getattr(field, "anlan_sensitivity", None) or 0) < PERSONAL
    )


def columns_of(row: models.Model) -> dict[str, Any]:
    """Return the kept columns of a row and their present values."""
    return {field.attname: getattr(row, field.attname) for field in kept_fields(type(row))}


def changed_columns(
    row: models.Model, before: Mapping[str, Any], answered: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the columns that differ from ``before`` and are not told by the answers anyway.

    ``before`` is empty for a row that has just been made: then every column that holds something is returned.
    """
    told = {
        field.attname
        for field in kept_fields(type(row))
        if field.name in answered and answered[field.name] == getattr(row, field.name)
    }
    return {
        name: value
        for name, value in columns_of(row).items()
        if name not in told and (before[name] != value if before else value not in (None, "", False))
    }
