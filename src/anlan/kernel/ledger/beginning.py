"""The first entries of many new chains, put together by columns: what ``begin_chains`` would write, far sooner.

Entries of one act, actor and moment differ in a few places only. Their canonical body is cut once at these places, and each
entry is joined from what is the same and what is its own; both digests are computed over the whole of it, as ever.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import Any

from anlan.kernel.copying import LinesLike, new_row
from anlan.kernel.ids import new_id, new_ids
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.digests import both_hex
from anlan.kernel.ledger.models import LedgerEntry, LedgerPrivate
from anlan.kernel.ledger.writing import names_of
from anlan.kernel.scope import Actor
from anlan.kernel.vault.cipher import seal_many

__all__ = ["Beginnings", "quoted"]

OWN = ("id", "chain", "key", "data", "private_digest")  # what each entry says by itself
_WRITTEN = (*OWN, "sha256", "sm3")
_SALT = 32


class Beginnings:
    """First entries of one act, actor and moment."""

    def __init__(
        self, subject: str, act: str, actor: Actor, *, at: datetime, received_at: datetime, is_demo: bool
    ) -> None:
        """Take what is the same in each."""
        told = {"subject": subject, "act": act, "at": at, "received_at": received_at, "is_demo": is_demo}
        entry = new_row(LedgerEntry, {"id": new_id(), "chain": new_id(), "seq": 1, **told, **names_of(actor)})
        self._pieces = _cut(entry.body())
        self._entries = LinesLike(entry, _WRITTEN)
        part = new_row(LedgerPrivate, {"entry_id": entry.id, "salt": "", "sealed": ""})
        self._parts = LinesLike(part, ("entry_id", "salt", "sealed"))

    def lines(
        self, chains: Sequence[str], keys: Sequence[str], data: Sequence[str], private: Sequence[str] | None
    ) -> tuple[bytes, bytes]:
        """Return the lines of the entries and of their private parts.

        ``data`` and ``private`` are canonical JSON objects already; without ``private`` no entry has a private part.
        """
        own, digests, hidden = new_ids(len(chains)), [""] * len(chains), b""
        if private is not None:
            salt = secrets.token_bytes(_SALT * len(chains)).hex()
            salts = [salt[at : at + 2 * _SALT] for at in range(0, len(salt), 2 * _SALT)]
            digests = [_private_digest(*one) for one in zip(private, salts, strict=True)]
            purpose = LedgerPrivate._meta.get_field("sealed").purpose
            sealed = seal_many(private, purpose)
            hidden = self._parts.lines({"entry_id": own, "salt": salts, "sealed": sealed})
        bodies = self._bodies(own, chains, keys, data, digests)
        hashes = [both_hex(body).decode() for body in bodies]
        texts: dict[str, Sequence[str]] = {
            "id": own, "chain": chains, "key": keys, "private_digest": digests,
            "data": [json.replace("\\", "\\\\") if "\\" in json else json for json in data],
            "sha256": [both[:64] for both in hashes], "sm3": [both[64:] for both in hashes],
        }  # fmt: skip
        return self._entries.lines(texts), hidden

    def _bodies(self, *columns: Sequence[str]) -> list[bytes]:
        named = dict(zip(("id", "chain", "key", "data", "private_digest"), columns, strict=True))
        begin, *rest = self._pieces
        pieces = [(named[name], after) for name, after in rest]
        (first, a), (second, b), (third, c), (fourth, d), (fifth, e) = pieces
        return [
            "".join((begin[1], v, a, w, b, x, c, y, d, z, e)).encode()
            for v, w, x, y, z in zip(first, second, third, fourth, fifth, strict=True)
        ]


def _private_digest(private: str, salt: str) -> str:
    both = both_hex(f'{{"private":{private},"salt":"{salt}"}}'.encode()).decode()
    return f"{both[:64]}.{both[64:]}"


def _cut(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the canonical body cut at what differs: first what stands before, then each differing name and what follows it."""
    marks = {name: f"⟦{new_id()}⟧" for name in OWN}
    text = canonical({**body, **marks}).decode()
    places = []
    for name, mark in marks.items():
        # An object stands without the quotes of a text.
        found = f'"{mark}"' if name == "data" else mark
        places.append((text.index(found), len(found), name))
    places.sort()
    pieces = [("", text[: places[0][0]])]
    for (at, length, name), after in zip(places, [*places[1:], (len(text), 0, "")], strict=True):
        pieces.append((name, text[at + length : after[0]]))
    return pieces
