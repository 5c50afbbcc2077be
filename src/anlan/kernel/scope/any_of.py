"""``pk__any=ArraySubquery(…)``: a row's key among the keys a query finds, asked once before the rows are looked for.

``IN (SELECT …)`` beside ``OR`` can use no index: PostgreSQL then looks at every row of the table for whoever has matters
assigned. As an array the same keys take part in a bitmap of indexes like any other condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Django's own class takes no type at run time, and this module is read wherever the tables of scope are.
if TYPE_CHECKING:
    Lookup = models.Lookup[Any]
else:
    Lookup = models.Lookup


@models.UUIDField.register_lookup
@models.CharField.register_lookup
@models.IntegerField.register_lookup
class AnyOf(Lookup):
    """Is equal to any element of an array, which may be a plain list: thousands of values are then one parameter."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Write ``left = ANY(array)``."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_params, *right_params)
