"""The ledger (存证账本): what was done, by whom, when and under which rule, so that nobody
can change it unseen.

Entries are chained per matter (SHA-256 and SM3), all chain heads are anchored once a day in a signed Merkle
root. Append-only by the privileges of the database role and by triggers. Personal data lies outside the chain
and stays erasable. Others can verify a case without us: docs/ledger.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.ledger.anchoring import anchor
    from anlan.kernel.ledger.bundle import verify_case
    from anlan.kernel.ledger.exporting import export_case
    from anlan.kernel.ledger.models import LedgerEntry
    from anlan.kernel.ledger.privileges import privileges_sql
    from anlan.kernel.ledger.reading import find_by_key, history
    from anlan.kernel.ledger.verifying import verify
    from anlan.kernel.ledger.writing import LedgerError, append

__all__ = [
    "LedgerEntry",
    "LedgerError",
    "anchor",
    "append",
    "export_case",
    "find_by_key",
    "history",
    "privileges_sql",
    "verify",
    "verify_case",
]

_PLACES = {
    "LedgerEntry": "models",
    "LedgerError": "writing",
    "anchor": "anchoring",
    "append": "writing",
    "export_case": "exporting",
    "find_by_key": "reading",
    "history": "reading",
    "privileges_sql": "privileges",
    "verify": "verifying",
    "verify_case": "bundle",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps, and verify_case must work without Django at all.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
