"""Sifting the ledger: which chains are plainly sound, and which must be looked at closely. The fast half of verifying.

A city's ledger holds millions of entries, and nearly all are sound. Here an entry's canonical bytes are put together
straight from its columns, without a model instance and without our own JSON writer, and both digests are computed over
them. Whatever is not plainly sound is only *named*: the close check (``verifying``) then says what is wrong, so that this
file never decides on a fault. Measured (docs/bench.md): ten times the rate of the close check; what is left is mostly SM3.

Needs neither Django nor its settings: it runs in several processes at once, all on one exported snapshot.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from anlan.kernel.ledger.digests import sha256_of, sm3_of

FETCHED = 4000
MOST_PROCESSES = 8
# JSON writes it as an escape; a text that holds it makes too many parts, and its chain is looked at closely.
BETWEEN = b"\x01"
# What the ledger's JSON may not hold although PostgreSQL's may: numbers that are not whole.
BROKEN_NUMBER = re.compile(rb"[ \[]-?\d+\.")
NEEDS_ESCAPING = re.compile(rb'["\\\x00-\x1f]')

COLUMNS = (
    "chain", "act", "actor_kind", "actor_name", "coalesce('\"' || actor_party || '\"', 'null')",
    "coalesce('\"' || actor_person || '\"', 'null')", "coalesce('\"' || actor_post || '\"', 'null')",
    "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", "chain", "data", "evidence", "from_state", "id",
    "CASE WHEN is_demo THEN 'true' ELSE 'false' END", "coalesce('\"' || key || '\"', 'null')", "previous", "previous_sm3",
    "private_digest", "to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", "rules", "seq",
    "subject", "to_state", "sha256", "sm3",
)  # fmt: skip
WIDTH = len(COLUMNS)
# The canonical form of an entry's body (chain.FIELDS): its keys in order, its columns in theirs.
BODY = (
    b'{"act":"%b","actor":{"kind":"%b","name":"%b","party":%b,"person":%b,"post":%b},"at":"%b","chain":"%b","data":%b,'
    b'"evidence":%b,"from_state":"%b","id":"%b","is_demo":%b,"key":%b,"previous":{"sha256":"%b","sm3":"%b"},'
    b'"private_digest":"%b","received_at":"%b","rules":%b,"seq":%b,"subject":"%b","to_state":"%b","v":1}'
)

ENTRIES = f"SELECT concat_ws(E'\\x01', {', '.join(COLUMNS)}) FROM ledger_entry"  # noqa: S608 (fixed columns)
LEAVES = "SELECT concat_ws(E'\\x01', chain, seq, sha256, sm3) FROM ledger_anchor_leaf"
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


class _Raw(Loader):
    """Text as the bytes it comes in: most of it is hashed, none of it is read."""

    def load(self, data: Buffer) -> bytes:
        """Return the bytes."""
        return bytes(data)


def sift_in_processes(conninfo: dict[str, Any], snapshot: str, bounds: list[str]) -> Sifted:
    """Sift the whole ledger, every process a range of chains between two bounds, all on one exported snapshot."""
    lows, highs = [LOWEST, *bounds], [*bounds, HIGHEST]
    found = Sifted()
    count = len(lows)
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        for part in pool.map(_sift_a_range, [conninfo] * count, [snapshot] * count, lows, highs):
            found.add(part)
    return found


def processes() -> int:
    """Return how many processes are worth while on this machine."""
    return min(MOST_PROCESSES, os.cpu_count() or 1)


def _sift_a_range(conninfo: dict[str, Any], snapshot: str, low: str, high: str) -> Sifted:
    with psycopg.connect(**conninfo, autocommit=False) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        found = sift(connection, low, high)
    return found


def sift(connection: psycopg.Connection[Any], low: str = LOWEST, high: str = HIGHEST) -> Sifted:
    """Sift the chains from ``low`` on and below ``high`` in the transaction that is open on a connection."""
    # Chains are read in the order of their index: sorting millions of wide rows costs more than it saves.
    connection.execute("SET LOCAL enable_sort = off")
    sifter = _Sifter(_lines(connection, "sifted_leaves", LEAVES, low, high))
    for line in _lines(connection, "sifted_entries", ENTRIES, low, high):
        sifter.take(line)
    sifter.finish()
    connection.execute("SET LOCAL enable_sort = on")
    return sifter.found


def _lines(
    connection: psycopg.Connection[Any], name: str, query: str, low: str, high: str
) -> Iterator[bytes]:
    below = "<=" if high == HIGHEST else "<"
    with connection.cursor(name) as cursor:
        cursor.adapters.register_loader("text", _Raw)
        cursor.itersize = FETCHED
        cursor.execute(f"{query} WHERE chain >= %s AND chain {below} %s ORDER BY chain, seq", [low, high])
        for (line,) in cursor:
            yield line


class _Sifter:
    """Walks entries and anchored heads side by side, in the order of chains."""

    def __init__(self, leaves: Iterator[bytes]) -> None:
        self.found = Sifted()
        self._leaves = leaves
        self._leaf = next(leaves, b"").split(BETWEEN)
        self._chain, self._head = b"", [b"", b""]
        self._seq = self._anchored = 0
        self._sound = True

    def take(self, line: bytes) -> None:
        """Take the next entry."""
        parts = line.split(BETWEEN)
        chain = parts[0]
        if chain != self._chain:
            self.end()
            self._chain, self._head = chain, [b"", b""]
            self._seq = self._anchored = 0
            self._sound = True
        self._seq += 1
        if self._sound and not (len(parts) == WIDTH and self._hangs(parts) and _is_sealed(parts)):
            self._sound = False
        self._head = parts[-2:]
        if self._leaf[0] == chain and self._leaf[1] == b"%d" % self._seq:
            self._sound = self._sound and self._leaf[2:] == self._head
            self._anchored = self._seq
            self._leaf = next(self._leaves, b"").split(BETWEEN)

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
            self._leaf = next(self._leaves, b"").split(BETWEEN)
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
            self._leaf = next(self._leaves, b"").split(BETWEEN)

    def _close(self, chain: bytes) -> None:
        name = chain.decode()
        if not self.found.close or self.found.close[-1] != name:
            self.found.close.append(name)

    def _hangs(self, parts: list[bytes]) -> bool:
        return parts[SEQ] == b"%d" % self._seq and parts[PREVIOUS : PREVIOUS + 2] == self._head


ACT, KIND, NAME, DATA, EVIDENCE, FROM, PREVIOUS, PRIVATE, RULES, SEQ, SUBJECT, TO = (
    1, 2, 3, 9, 10, 11, 15, 17, 19, 20, 21, 22,
)  # fmt: skip


def _is_sealed(parts: list[bytes]) -> bool:
    """Say whether the columns of an entry give both digests written beside it, and nothing asks for a closer look."""
    texts = b"".join((parts[ACT], parts[KIND], parts[NAME], parts[FROM], parts[SUBJECT], parts[TO]))
    if parts[PRIVATE] or NEEDS_ESCAPING.search(texts):
        return False  # what lies sealed beside the chain is opened by the close check
    for place in (DATA, RULES, EVIDENCE):
        if len(parts[place]) > 2:  # neither [] nor {}
            written = _canonical(parts[place])
            if written is None:
                return False
            parts[place] = written
    body = BODY % tuple(parts[1:-2])
    return sha256_of(body).encode() == parts[-2] and sm3_of(body).encode() == parts[-1]


def _canonical(text: bytes) -> bytes | None:
    """Return JSON as PostgreSQL writes it in canonical form; None where that takes the careful writer.

    Keys are put in the order of their UTF-8 bytes; where that is not the order of RFC 8785 (characters beyond the basic
    plane in a key) the digests differ, and the close check decides.
    """
    if BROKEN_NUMBER.search(text):
        return None
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (ValueError, TypeError):
        return None
