"""Reading the ledger: a chain's history, and the entry a client-made key has already led to."""

from __future__ import annotations

import uuid

from anlan.kernel.ledger.models import LedgerEntry


def find_by_key(key: uuid.UUID | None) -> LedgerEntry | None:
    """Return the entry that was written with this idempotency key, if any."""
    return None if key is None else LedgerEntry.objects.filter(key=key).first()


def history(chain: uuid.UUID) -> list[LedgerEntry]:
    """Return the entries of a chain, oldest first."""
    return list(LedgerEntry.objects.filter(chain=chain).order_by("seq"))
