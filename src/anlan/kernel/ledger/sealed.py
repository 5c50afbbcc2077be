"""JSON kept as it was sealed: the very text the digests cover, byte for byte, in PostgreSQL's ``json``.

``jsonb`` would put keys in an order of its own, and whoever checks a digest would have to read and write every value anew.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from anlan.kernel.ledger.canonical import canonical_of_plain


class SealedJSON(models.JSONField):
    """A value in JSON's own types, written in its canonical form (RFC 8785, see ``canonical``).

    Read as any JSON is. Not to be asked by its keys or compared in a question: ``json`` has no equality. Raises
    ``NotCanonical`` for what has no canonical form.
    """

    def db_type(self, connection: Any) -> str:
        """Return the type that keeps the text as it is."""
        return "json"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str:
        """Return the canonical text."""
        return sealed_text(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return what the driver has read: of this type it reads the value, not the text."""
        return value


def sealed_text(value: Any) -> str:
    """Return the canonical text of a value that ``plain`` has made; raises ``NotCanonical`` as ``canonical`` does."""
    return canonical_of_plain(value).decode()
