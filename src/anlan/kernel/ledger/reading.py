"""Reading the ledger: a chain's history, and the entry a client-made key has already led to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.scope.often import ask_often


def find_by_key(key: uuid.UUID | None) -> LedgerEntry | None:
    """Return the entry that was written with this idempotency key, if any."""
    found = [] if key is None else ask_often(_BY_KEY, [key])
    return LedgerEntry.objects.get(pk=found[0][0]) if found else None


# Every step with a key asks it, and nearly always there is none: put together anew the question would cost more.
_BY_KEY = 'SELECT id FROM "ledger_entry" WHERE key = %s'


def history(chain: uuid.UUID) -> list[LedgerEntry]:
    """Return the entries of a chain, oldest first."""
    return list(LedgerEntry.objects.filter(chain=chain).order_by("seq"))


_ACTS = (
    'SELECT chain, act, actor_person, at, from_state, to_state, key, evidence FROM "ledger_entry" WHERE chain = ANY(%s) '
    "ORDER BY chain, seq"
)


def acts_of(chains: Iterable[uuid.UUID]) -> list[tuple[Any, ...]]:
    """Return what was done in some chains without its contents: chain, act, person, instant, both states,
    key, hashes of what came with it; oldest first.

    Every step asks it under the lock of its row; put together anew each time the question would cost more than its answer.
    """
    return ask_often(_ACTS, [list(chains)])
