"""Sifting the ledger: which chains are plainly sound, and which must be looked at closely. The fast half of verifying.

A city's ledger holds millions of entries, and nearly all are sound. Here an entry's canonical bytes are put together
straight from its columns, without a model instance and without our own JSON writer, and both digests are computed over
them; what lies sealed beside it is opened and held against its digest. Whatever is not plainly sound is only *named*: the
close check (``verifying``) then says what is wrong, so that this file never decides on a fault.

Needs no settings of Django: it runs in several processes at once, all on one exported snapshot.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import psycopg

from anlan.kernel.ledger.chain import BODY_VERSION, private_digest
from anlan.kernel.ledger.digests import sha256_of, sm3_of
from anlan.kernel.vault.cipher import open_sealed
from anlan.kernel.vault.keys import KeyRing, VaultError, key_ring

FETCHED = 4000
MOST_PROCESSES = 8
SEALED_PURPOSE = "ledger.ledgerprivate.sealed"
# What the ledger's JSON may not hold although PostgreSQL's may: a number with a fraction. In a text it only looks like one
# where a point, digits and a bracket or comma follow each other; then the chain is looked at closely for nothing.
FRACTION = re.compile(r"\.\d+[,}\]]")

# Every column an entry's body is made of, as text: nothing is made of it but the bytes that are hashed.
COLUMNS = (
    "chain::text AS chain_id", "seq", "act", "actor_kind", "actor_name", "actor_party::text", "actor_person::text",
    "actor_post::text",
    "at::text", "data::text", "evidence::text", "from_state", "id::text", "is_demo", "key::text", "previous", "previous_sm3",
    "private_digest", "received_at::text", "rules::text", "subject", "to_state", "sha256", "sm3",
)  # fmt: skip
ENTRIES = f"SELECT {', '.join(COLUMNS)} FROM ledger_entry"  # noqa: S608 (fixed columns)
LEAVES = "SELECT chain::text AS chain_id, seq, sha256, sm3 FROM ledger_anchor_leaf"
# What lies sealed beside the chain, by the place of its entry.
HIDDEN = """
    SELECT chain::text AS chain_id, seq, salt, sealed
      FROM ledger_private JOIN ledger_entry ON ledger_entry.id = ledger_private.entry_id
"""
LOWEST, HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass
class Sifted:
    """What was plainly sound, counted, and the chains that must be looked at closely."""

    entries: int = 0
    chains: int = 0
    unanchored: int = 0
    close: list[str] = field(default_factory=list)

    def add(self, other: Sifted) -> None:
        """Take up what another process sifted."""
        self.entries += other.entries
        self.chains += other.chains
        self.unanchored += other.unanchored
        self.close += other.close


def sift_in_processes(conninfo: dict[str, Any], snapshot: str, bounds: list[str], keys: Path) -> Sifted:
    """Sift the whole ledger, every process a range of chains between two bounds, all on one exported snapshot.

    ``keys`` is the folder of the vault's keys: what lies sealed beside an entry is opened and held against its digest.
    """
    lows, highs = [LOWEST, *bounds], [*bounds, HIGHEST]
    found = Sifted()
    count = len(lows)
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        parts = pool.map(_sift_a_range, [conninfo] * count, [snapshot] * count, [keys] * count, lows, highs)
        for part in parts:
            found.add(part)
    return found


def processes() -> int:
    """Return how many processes are worth while on this machine."""
    return min(MOST_PROCESSES, os.cpu_count() or 1)


def _sift_a_range(conninfo: dict[str, Any], snapshot: str, keys: Path, low: str, high: str) -> Sifted:
    with psycopg.connect(**conninfo, autocommit=False) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        found = sift(connection, key_ring(keys), low, high)
    return found


def sift(
    connection: psycopg.Connection[Any], ring: KeyRing, low: str = LOWEST, high: str = HIGHEST
) -> Sifted:
    """Sift the chains from ``low`` on and below ``high`` in the transaction that is open on a connection."""
    connection.execute("SET LOCAL TimeZone = 'UTC'")
    connection.execute("SET LOCAL DateStyle = 'ISO'")
    with ExitStack() as stack:
        leaves = stack.enter_context(_begun(connection, "sifted_leaves", LEAVES, low, high))
        hidden = stack.enter_context(_begun(connection, "sifted_hidden", HIDDEN, low, high))
        # Chains are read in the order of their index: sorting millions of wide rows costs more than it saves.
        connection.execute("SET LOCAL enable_sort = off")
        entries = stack.enter_context(_begun(connection, "sifted_entries", ENTRIES, low, high))
        connection.execute("SET LOCAL enable_sort = on")
        sifter = _Sifter(iter(leaves), _Hidden(iter(hidden), ring))
        for row in entries:
            sifter.take(row)
        sifter.finish()
    return sifter.found


def _begun(
    connection: psycopg.Connection[Any], name: str, query: str, low: str, high: str
) -> psycopg.ServerCursor[Any]:
    """Begin to read the rows of a range of chains in their order; the plan is made now, the rows come in pieces."""
    below = "<=" if high == HIGHEST else "<"
    cursor = connection.cursor(name)
    cursor.itersize = FETCHED
    cursor.execute(
        f"{query} WHERE chain >= %s AND chain {below} %s ORDER BY chain, seq", [low, high], binary=True
    )
    return cursor


NO_LEAF = ("", 0, "", "")
NO_HEAD = ("", "")
NONE: list[Any] = []


class _Sifter:
    """Walks entries, anchored heads and sealed parts side by side, in the order of chains."""

    def __init__(self, leaves: Iterator[tuple[Any, ...]], hidden: _Hidden) -> None:
        self.found = Sifted()
        self._leaves, self._hidden = leaves, hidden
        self._leaf = next(leaves, NO_LEAF)
        self._chain, self._head = "", NO_HEAD
        self._seq = self._anchored = 0
        self._sound = True

    def take(self, row: tuple[Any, ...]) -> None:
        """Take the next entry."""
        chain, written = row[0], row[-2:]
        if chain != self._chain:
            self.end()
            self._chain, self._head = chain, NO_HEAD
            self._seq = self._anchored = 0
            self._sound = True
        self._seq += 1
        if self._sound:
            self._sound = (
                row[SEQ] == self._seq
                and row[PREVIOUS] == self._head
                and (not row[PRIVATE] or self._hidden.gives(chain, self._seq, row[PRIVATE]))
                and _is_sealed(row)
            )
        self._head = written
        if self._leaf[0] == chain and self._leaf[1] == self._seq:
            self._sound = self._sound and self._leaf[2:] == written
            self._anchored = self._seq
            self._leaf = next(self._leaves, NO_LEAF)

    def end(self) -> None:
        """Close the chain that is being walked; heads of chains that are gone are named too."""
        if not self._chain:
            return
        while self._leaf[0] and self._leaf[0] <= self._chain:
            # An anchored head that no entry met: of this chain, or of one that is gone before it.
            if self._leaf[0] == self._chain:
                self._sound = False
            else:
                self._close(self._leaf[0])
            self._leaf = next(self._leaves, NO_LEAF)
        if self._sound:
            self.found.chains += 1
            self.found.entries += self._seq
            self.found.unanchored += self._seq - self._anchored
        else:
            self._close(self._chain)

    def finish(self) -> None:
        """Close the last chain and name the heads that are left."""
        self.end()
        while self._leaf[0]:
            self._close(self._leaf[0])
            self._leaf = next(self._leaves, NO_LEAF)

    def _close(self, chain: str) -> None:
        if not self.found.close or self.found.close[-1] != chain:
            self.found.close.append(chain)


class _Hidden:
    """What lies sealed beside the entries, in the order of chains."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], ring: KeyRing) -> None:
        self._rows, self._ring = rows, ring
        self._next: tuple[Any, ...] | None = next(rows, None)

    def gives(self, chain: str, seq: int, digest: str) -> bool:
        """Say whether there is a sealed part of this entry that opens and gives its digest; one erased is looked at closely."""
        while self._next is not None and self._next[:2] < (chain, seq):
            self._next = next(self._rows, None)
        if self._next is None or self._next[:2] != (chain, seq):
            return False
        return fits(self._next[2], self._next[3], digest, self._ring)


def fits(salt: str, sealed: str, digest: str, ring: KeyRing | None = None) -> bool:
    """Say whether a sealed part opens and gives, with its salt, the digest its entry names."""
    try:
        private = json.loads(open_sealed(sealed, SEALED_PURPOSE, ring))
        return private_digest(salt, private) == digest
    except (VaultError, ValueError, TypeError):
        return False


SEQ, DATA, EVIDENCE, PREVIOUS, PRIVATE, RULES = 1, 9, 10, slice(15, 17), 17, 19


def _is_sealed(row: tuple[Any, ...]) -> bool:
    """Say whether the columns of an entry give both digests written beside it.

    False as well where something asks for a closer look: a number with a fraction, text that orjson does not take. Keys are
    put in the order of their UTF-8 bytes; where that is not the order of RFC 8785 (characters beyond the basic plane in a
    key) the digests differ, and the close check decides.
    """
    (
        chain, seq, act, kind, name, party, person, post, at, data, evidence, from_state, own, is_demo, key, previous,
        previous_sm3, private, received_at, rules, subject, to_state, sha256, sm3,
    ) = row  # fmt: skip
    if FRACTION.search(data) or FRACTION.search(rules) or FRACTION.search(evidence):
        return False
    try:
        canonical = orjson.dumps(
            {
                "act": act,
                "actor": {"kind": kind, "name": name, "party": party, "person": person, "post": post},
                "at": _instant(at), "chain": chain, "data": orjson.loads(data),
                "evidence": NONE if evidence == "[]" else orjson.loads(evidence),
                "from_state": from_state, "id": own, "is_demo": is_demo, "key": key,
                "previous": {"sha256": previous, "sm3": previous_sm3}, "private_digest": private,
                "received_at": _instant(received_at), "rules": NONE if rules == "[]" else orjson.loads(rules),
                "seq": seq, "subject": subject,
                "to_state": to_state, "v": BODY_VERSION,
            },
            option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER,
        )  # fmt: skip
    except (ValueError, TypeError):
        return False
    return bool(sha256_of(canonical) == sha256 and sm3_of(canonical) == sm3)


def _instant(text: str) -> str:
    """Return an instant as the ledger writes it: ``2026-03-06 06:20:00.5+00`` → ``2026-03-06T06:20:00.500000Z``."""
    bare = text.removesuffix("+00")
    if len(bare) != _WITH_MICROSECONDS:
        bare = (bare if "." in bare else f"{bare}.").ljust(_WITH_MICROSECONDS, "0")
    return f"{bare[:10]}T{bare[11:]}Z"


_WITH_MICROSECONDS = len("2026-03-06 06:20:00.000000")
