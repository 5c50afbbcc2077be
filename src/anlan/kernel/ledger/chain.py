"""What an entry's digest covers, and how one entry hangs on the one before: pure, shared by writer and every
checker.

The body of an entry is a JSON object; its digests cover the canonical form of all of it, both digests of the
previous entry included. Private data is not in the body: only a salted digest of it is, so a person stays
erasable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anlan.kernel.ledger.canonical import NotCanonical
from anlan.kernel.ledger.digests import Seal, seal_plain, seal_value

BODY_VERSION = 1
FIELDS = (
    "v", "id", "chain", "seq", "subject", "act", "from_state", "to_state", "actor", "data", "private_digest",
    "rules", "evidence", "key", "at", "received_at", "is_demo", "previous",
)  # fmt: skip


def private_digest(salt: str, private: Mapping[str, Any]) -> str:
    """Return ``<sha256>.<sm3>`` of the private part with its salt; useless for guessing once the salt is
    erased.
    """
    seal = seal_value({"private": dict(private), "salt": salt})
    return f"{seal.sha256}.{seal.sm3}"


def private_digest_new(salt: str, private: Mapping[str, Any]) -> str:
    """Return ``private_digest`` of a private part being written, which ``plain`` has made."""
    seal = seal_plain({"private": dict(private), "salt": salt})
    return f"{seal.sha256}.{seal.sm3}"


def seal_body(body: Mapping[str, Any]) -> Seal:
    """Return both digests of an entry's body."""
    return seal_value(dict(body))


def seal_new(body: Mapping[str, Any]) -> Seal:
    """Return both digests of the body of an entry being written, whose parts ``plain`` has made."""
    return seal_plain(dict(body))


def fault_of(body: Mapping[str, Any], written: Seal, previous: Seal, seq: int) -> str | None:
    """Say what is wrong with an entry that should be number ``seq`` after ``previous``, or ``None``.

    Answers: ``seq`` (a gap or a repetition), ``link`` (does not hang on the entry before), ``body`` (the
    content does not give the digests written beside it).
    """
    if body.get("seq") != seq:
        return "seq"
    if body.get("previous") != {"sha256": previous.sha256, "sm3": previous.sm3}:
        return "link"
    try:
        found = seal_body(body)
    except NotCanonical:
        return "body"
    return None if found == written else "body"


def leaf_body(chain: Any, seq: int, sha256: str, sm3: str, is_demo: bool) -> dict[str, Any]:
    """Return what a leaf of an anchor's tree says: entry ``seq`` of ``chain`` with these digests was the
    head.
    """
    return {"chain": str(chain), "seq": seq, "sha256": sha256, "sm3": sm3, "is_demo": is_demo}
