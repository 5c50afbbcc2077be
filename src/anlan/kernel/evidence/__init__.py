"""Evidence (证据材料): photos, documents, recordings and videos that prove what a ledger entry says.

Stored by content (SHA-256, SM3), judged by content, never changed; shown only as freshly encoded pictures;
uploaded in pieces that survive a lost connection; bound to ledger entries by hash. Serves every article
that asks for a record.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.evidence.binding import bind, evidence_of, follow, offered
    from anlan.kernel.evidence.errors import EvidenceRefused
    from anlan.kernel.evidence.receiving import Captured, receive
    from anlan.kernel.evidence.showing import make_shown, open_original, open_shown

__all__ = [
    "Captured",
    "EvidenceRefused",
    "bind",
    "evidence_of",
    "follow",
    "make_shown",
    "offered",
    "open_original",
    "open_shown",
    "receive",
]

_PLACES = {
    "Captured": "receiving",
    "EvidenceRefused": "errors",
    "bind": "binding",
    "evidence_of": "binding",
    "follow": "binding",
    "make_shown": "showing",
    "offered": "binding",
    "open_original": "showing",
    "open_shown": "showing",
    "receive": "receiving",
}


def __getattr__(name: str) -> Any:
    # Models wait for Django's apps; so does what is built on them.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
