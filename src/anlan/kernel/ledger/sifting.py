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
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import orjson
import psycopg

from anlan.kernel.ledger.chain import BODY_VERSION
from anlan.kernel.ledger.digests import sha256_of, sm3_of

FETCHED = 4000
MOST_PROCESSES = 8
# What the ledger's JSON may not hold although PostgreSQL's may: a number with a fraction. In a text it only looks like one
# where a point, digits and a bracket or comma follow each other; then the chain is looked at closely for nothing.
FRACTION = re.compile(rb"\.\d+[,}\]]")


def _or_null(column: str) -> str:
    return f"""coalesce('"' || {column} || '"', 'null')"""


def _quoted(column: str) -> str:
    return f"to_json({column})"  # nothing a column holds can pass for another member of the body


# The members of an entry's body (chain.FIELDS) as the database holds them. Instants come as PostgreSQL writes them into JSON,
# in UTC; ``_instant`` gives them the ledger's form.
MEMBERS = {
    "act": _quoted("act"),
    "actor": {
        "kind": _quoted("actor_kind"), "name": _quoted("actor_name"), "party": _or_null("actor_party"),
        "person": _or_null("actor_person"), "post": _or_null("actor_post"),
    },
    "at": _quoted("at"), "chain": _quoted("chain"), "data": "data", "evidence": "evidence",
    "from_state": _quoted("from_state"), "id": _quoted("id"), "is_demo": "CASE WHEN is_demo THEN 'true' ELSE 'false' END",
    "key": _or_null("key"), "previous": {"sha256": _quoted("previous"), "sm3": _quoted("previous_sm3")},
    "private_digest": _quoted("private_digest"), "received_at": _quoted("received_at"), "rules": "rules", "seq": "seq",
    "subject": _quoted("subject"), "to_state": _quoted("to_state"), "v": f"'{BODY_VERSION}'",
}  # fmt: skip


def _object(members: Mapping[str, Any]) -> str:
    """Return the arguments of ``concat`` that write an object."""
    parts, before = [], "{"
    for name, value in members.items():
        written = _object(value) if isinstance(value, dict) else value
        parts.append(f"""'{before}"{name}":', {written}""")
        before = ","
    return ", ".join([*parts, "'}'"])


# A line: chain (36 characters), both digests written beside the entry (64 each), then its body.
CHAIN, WRITTEN, BODY = slice(36), slice(36, 164), slice(164, None)
ENTRIES = f"SELECT convert_to(concat(chain, sha256, sm3, {_object(MEMBERS)}), 'UTF8') FROM ledger_entry"  # noqa: S608
LEAVES = "SELECT convert_to(concat_ws(' ', chain, seq, sha256 || sm3), 'UTF8') FROM ledger_anchor_leaf"
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
    connection.execute("SET LOCAL TimeZone = 'UTC'")
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
        cursor.itersize = FETCHED
        cursor.execute(f"{query} WHERE chain >= %s AND chain {below} %s ORDER BY chain, seq", [low, high], binary=True)
        for (line,) in cursor:
            yield line


class _Sifter:
    """Walks entries and anchored heads side by side, in the order of chains."""

    def __init__(self, leaves: Iterator[bytes]) -> None:
        self.found = Sifted()
        self._leaves = leaves
        self._leaf = self._next_leaf()
        self._chain, self._head = b"", ""
        self._seq = self._anchored = 0
        self._sound = True

    def take(self, line: bytes) -> None:
        """Take the next entry."""
        chain, written = line[CHAIN], line[WRITTEN].decode("utf-8", "replace")
        if chain != self._chain:
            self.end()
            self._chain, self._head = chain, ""
            self._seq = self._anchored = 0
            self._sound = True
        self._seq += 1
        if self._sound and not _holds(line[BODY], written, self._seq, self._head):
            self._sound = False
        self._head = written
        if self._leaf[0] == chain and self._leaf[1] == self._seq:
            self._sound = self._sound and self._leaf[2] == written
            self._anchored = self._seq
            self._leaf = self._next_leaf()

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
            self._leaf = self._next_leaf()
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
            self._leaf = self._next_leaf()

    def _close(self, chain: bytes) -> None:
        name = chain.decode()
        if not self.found.close or self.found.close[-1] != name:
            self.found.close.append(name)

    def _next_leaf(self) -> tuple[bytes, int, str]:
        """Return chain, number and both digests of the next anchored head; an empty chain after the last."""
        line = next(self._leaves, b"")
        if not line:
            return b"", 0, ""
        chain, seq, written = line.split(b" ", 2)
        return chain, int(seq), written.decode("utf-8", "replace")


def _holds(text: bytes, written: str, seq: int, head: str) -> bool:
    """Say whether an entry is number ``seq``, hangs on ``head`` and gives both digests written beside it.

    False as well where something asks for a closer look: what lies sealed beside the chain, a number with a fraction, text
    that orjson does not take. Keys are put in the order of their UTF-8 bytes; where that is not the order of RFC 8785
    (characters beyond the basic plane in a key) the digests differ, and the close check decides.
    """
    if FRACTION.search(text):
        return False
    try:
        body = orjson.loads(text)
        before = body["previous"]
        if body["private_digest"] or body["seq"] != seq or before["sha256"] + before["sm3"] != head:
            return False
        body["at"], body["received_at"] = _instant(body["at"]), _instant(body["received_at"])
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (ValueError, TypeError):
        return False
    return sha256_of(canonical) + sm3_of(canonical) == written


def _instant(text: str) -> str:
    """Return an instant as the ledger writes it: PostgreSQL leaves out the zeros at the end of its fraction."""
    bare = text.removesuffix("+00:00")
    if len(bare) != _WITH_MICROSECONDS:
        bare = (bare if "." in bare else f"{bare}.").ljust(_WITH_MICROSECONDS, "0")
    return f"{bare}Z"


_WITH_MICROSECONDS = len("2026-03-06T06:20:00.000000")
