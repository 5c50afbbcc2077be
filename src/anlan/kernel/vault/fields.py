"""``EncryptedText``: a model field whose column holds sealed text and whose attribute holds plain text.

It cannot be searched or sorted (keep a ``blind_index`` column beside it for exact look-up); only ``isnull``
is allowed. The empty text stays empty: there is nothing to protect in it.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from anlan.kernel.vault.cipher import open_sealed, seal


class EncryptedText(models.TextField):  # type: ignore[type-arg]
    """Text that is readable in Python and sealed in the database, bound to its model and field."""

    description = "Encrypted text"

    @property
    def purpose(self) -> str:
        """Return ``app.model.field``, with which the sealed text is bound to its column."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_prep_value(self, value: Any) -> Any:
        """Seal on the way in."""
        plain = super().get_prep_value(value)
        return seal(str(plain), self.purpose) if plain else plain

    def from_db_value(
        self, value: str | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> str | None:
        """Open on the way out; raise ``VaultError`` rather than show what cannot be opened."""
        return open_sealed(value, self.purpose) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse every comparison but ``isnull``: two sealings of one text differ."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        """Refuse every transformation in the database."""
        return None
