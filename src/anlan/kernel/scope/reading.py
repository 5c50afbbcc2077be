"""Rows out of questions that are written out: which columns a question lists for a model, and the row made of what came.

For the few questions that every page asks: Django would take ten times as long to put one together as it takes to answer. What
is sealed is not read with the rest; whoever asks for it reads it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, models

from anlan.kernel.vault import EncryptedText

M = TypeVar("M", bound=models.Model)


class Columns(Generic[M]):
    """The columns of a model under a name in a question. Their values are those of the driver: no column may convert them."""

    def __init__(self, model: type[M], alias: str) -> None:
        """Take the model and the name its table bears in the question."""
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, EncryptedText)]
        converting = [field.name for field in fields if hasattr(field, "from_db_value")]
        if converting:
            raise TypeError(f"{model.__name__} converts {converting} when it is read")
        self.model = model
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.names = [field.attname for field in fields]
        self.width = len(fields)
        self._key = self.names.index(model._meta.pk.attname)

    def made(self, values: Sequence[Any], start: int) -> M | None:
        """Return the row whose columns begin at a place of what came; None where an outer join found none."""
        if values[start + self._key] is None:
            return None
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values[start : start + self.width])
