"""Sifting the ledger: which chains are plainly sound, and which must be looked at closely. The fast half of verifying.

A city's ledger holds millions of entries, and nearly all are sound. Here an entry's canonical bytes are put together
straight from its line (``lines``), without a model instance and without our own JSON writer, and both digests are computed
over them; what lies sealed beside it is opened and held against its digest. Whatever is not plainly sound is only *named*:
the close check (``verifying``) then says what is wrong, so that this file never decides on a fault.

Needs no settings of Django: it runs in several processes at once, all on one exported snapshot.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from anlan.kernel.ledger.chain import private_digest
from anlan.kernel.ledger.digests import both_hex
from anlan.kernel.ledger.lines import (
    ENTRIES,
    HIGHEST,
    LEAVES,
    LOWEST,
    NULL,
    Bodies,
    lines,
    pieces,
    streamed,
    taken_apart,
    unescaped,
)
from anlan.kernel.ledger.roots import Roots, roots
from anlan.kernel.vault.cipher import open_sealed
from anlan.kernel.vault.keys import KeyRing, VaultError, key_ring

MOST_PROCESSES = 8
TABLES = ("ledger_anchor_leaf", "ledger_private", "ledger_entry")
IN_ORDER = 0.99  # correlation of chains and pages, as PostgreSQL estimates it: from here on a walk goes from page to page
_ORDER_OF_PAGES = """
    SELECT correlation FROM pg_stats
     WHERE schemaname = current_schema() AND tablename = 'ledger_entry' AND attname = 'chain'
"""
SEALED_PURPOSE = "ledger.ledgerprivate.sealed"


@dataclass
class Sifted:
    """What was plainly sound, counted, and the chains that must be looked at closely."""

    entries: int = 0
    chains: int = 0
    unanchored: int = 0
    close: list[str] = field(default_factory=list)
    roots: dict[str, Roots] = field(default_factory=dict)  # of anchors, as their leaves give them

    def add(self, other: Sifted) -> None:
        """Take up what another process sifted."""
        self.entries += other.entries
        self.chains += other.chains
        self.unanchored += other.unanchored
        self.close += other.close


def sift_in_processes(
    conninfo: dict[str, Any], snapshot: str, bounds: list[str], keys: Path, anchors: list[str]
) -> Sifted:
    """Sift the whole ledger, range after range of chains between two bounds, all processes on one exported snapshot.

    ``keys`` is the folder of the vault's keys: what lies sealed beside an entry is opened and held against its digest.
    ``anchors`` are those whose roots are counted beside it.
    """
    lows, highs = [LOWEST, *bounds], [*bounds, HIGHEST]
    found = Sifted()
    count = len(lows)
    with (
        ThreadPoolExecutor(1) as ahead,
        ProcessPoolExecutor(min(count, processes()), get_context("spawn")) as pool,
    ):
        ahead.submit(_read_ahead, conninfo)
        # An anchor's leaves may be a city's chains: they are begun first, and the ranges are shared out around them.
        counted = pool.submit(_roots, conninfo, snapshot, anchors)
        parts = pool.map(_sift_a_range, [conninfo] * count, [snapshot] * count, [keys] * count, lows, highs)
        for part in parts:
            found.add(part)
        found.roots = counted.result()
    return found


def _read_ahead(conninfo: dict[str, Any]) -> None:
    """Read the ledger once from its first page to its last, so that its pages lie in memory when their chains come up.

    Chains are walked in their own order; where that is not the order of the pages, it would be from a disk one page here and
    one there, at a tenth of its speed. Left out where chains lie as they are walked, where the database is on another machine
    or memory would not hold the ledger.
    """
    if not str(conninfo.get("host", "")).startswith("/"):
        return
    with psycopg.connect(**conninfo, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        order = connection.execute(_ORDER_OF_PAGES).fetchone()
        if order is not None and order[0] is not None and order[0] >= IN_ORDER:
            return
        size = connection.execute(
            "SELECT sum(pg_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(TABLES)]
        ).fetchone()
        if size is None or size[0] * 2 > _available_memory():
            return
        for table in TABLES:
            connection.execute(f"SELECT count(*) FROM {table} WHERE ctid >= '(0,0)'")  # noqa: S608 (fixed names)


def _available_memory() -> int:
    """Return how many bytes this machine could still take up, 0 where it does not tell."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in told if line.startswith("MemAvailable:")), 0)


def processes() -> int:
    """Return how many processes are worth while on this machine."""
    return min(MOST_PROCESSES, os.cpu_count() or 1)


def _sift_a_range(conninfo: dict[str, Any], snapshot: str, keys: Path, low: str, high: str) -> Sifted:
    with _on_snapshot(conninfo, snapshot) as connection, _on_snapshot(conninfo, snapshot) as beside:
        return sift(connection, key_ring(keys), low, high, beside)


def _roots(conninfo: dict[str, Any], snapshot: str, anchors: list[str]) -> dict[str, Roots]:
    with _on_snapshot(conninfo, snapshot) as connection:
        return roots(connection, anchors)


@contextmanager
def _on_snapshot(conninfo: dict[str, Any], snapshot: str) -> Iterator[psycopg.Connection[Any]]:
    gc.disable()  # nothing here refers back to itself, and this process ends with the ledger
    with psycopg.connect(**conninfo, autocommit=False) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield connection


def sift(
    connection: psycopg.Connection[Any],
    ring: KeyRing,
    low: str = LOWEST,
    high: str = HIGHEST,
    beside: psycopg.Connection[Any] | None = None,
) -> Sifted:
    """Sift the chains from ``low`` on and below ``high`` in the transaction that is open on a connection.

    With a second connection ``beside`` it, on the same snapshot, for the anchored heads, entries are sifted while they come.
    """
    # Chains are read in the order of their index: sorting millions of wide rows costs more than it saves.
    for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO'", "enable_sort = off"):
        connection.execute(f"SET LOCAL {setting}")
    leaves = (_leaf(line) for line in lines(beside or connection, LEAVES, low, high))
    sifter = _Sifter(leaves, ring)
    if beside is not None:
        sifter.take(streamed(connection, ENTRIES, low, high))
    else:
        for piece in pieces(connection, ENTRIES, low, high):
            sifter.take(piece)
    sifter.finish()
    connection.execute("SET LOCAL enable_sort = on")
    return sifter.found


Leaf = tuple[bytes, int, bytes]
NO_LEAF: Leaf = (b"", 0, b"")
NO_HEAD = b""
SEQ, WRITTEN, PREVIOUS, PREVIOUS_SM3, PRIVATE, HIDDEN = 1, 2, 3, 4, 5, 6


def _leaf(line: bytes) -> Leaf:
    chain, seq, digests = line[:-1].split(b"\t")
    return chain, int(seq), digests


class _Sifter:
    """Walks entries and anchored heads side by side, in the order of chains."""

    def __init__(self, leaves: Iterator[Leaf], ring: KeyRing) -> None:
        self.found = Sifted()
        self._leaves, self._ring, self._bodies = leaves, ring, Bodies()
        self._leaf = next(leaves, NO_LEAF)
        self._chain, self._head = b"", NO_HEAD
        self._seq = self._anchored = 0
        self._sound = True

    def take(self, piece: Iterable[bytes]) -> None:
        """Take the next entries."""
        body_of = self._bodies.body
        for line in piece:
            values = taken_apart(line)
            chain, written = values[0], values[WRITTEN]
            if chain != self._chain:
                self.end()
                self._chain, self._head = chain, NO_HEAD
                self._seq = self._anchored = 0
                self._sound = True
            self._seq += 1
            if self._sound:
                private = values[PRIVATE]
                self._sound = (
                    values[SEQ] == b"%d" % self._seq
                    and values[PREVIOUS] + values[PREVIOUS_SM3] == self._head
                    and (not private or _opens(values[HIDDEN], private, self._ring))
                    and (body := body_of(values)) is not None
                    and both_hex(body) == written
                )
            self._head = written
            if self._leaf[0] == chain and self._leaf[1] == self._seq:
                self._sound = self._sound and self._leaf[2] == written
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

    def _close(self, chain: bytes) -> None:
        name = chain.decode()
        if not self.found.close or self.found.close[-1] != name:
            self.found.close.append(name)


def _opens(hidden: bytes, digest: bytes, ring: KeyRing) -> bool:
    """Say whether what lies sealed beside an entry opens and gives its digest; one that was erased is looked at closely."""
    if hidden == NULL:
        return False
    salt, _, sealed = unescaped(hidden).decode().partition(" ")
    return fits(salt, sealed, digest.decode(), ring)


def fits(salt: str, sealed: str, digest: str, ring: KeyRing | None = None) -> bool:
    """Say whether a sealed part opens and gives, with its salt, the digest its entry names."""
    try:
        private = json.loads(open_sealed(sealed, SEALED_PURPOSE, ring))
        return private_digest(salt, private) == digest
    except (VaultError, ValueError, TypeError):
        return False
