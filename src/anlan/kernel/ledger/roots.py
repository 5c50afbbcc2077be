"""The roots over the leaves of anchors, counted from lines as PostgreSQL writes them out: the fast half of checking anchors.

An anchor may hold a million leaves. Here a leaf's canonical bytes are put together straight from its line, and the tree is
folded while it is read, so that memory stays flat. Whatever does not look plain gives no root; the close check (``verifying``)
then decides, so that this file never decides on a fault. Needs no settings of Django.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from anlan.kernel.ledger.lines import copied
from anlan.kernel.ledger.merkle import HASHES, LEAF, NODE, Hash

# How many leaves are hashed at a stretch: a power of two, so that each stretch but the last is a whole tree of its own.
STRETCH = 4096
HEX_DIGITS = 64  # of one digest: with both as long as they must be, no two leaves are the same bytes
Roots = tuple[int, str, str]
_DEMO = {b"f": b"false", b"t": b"true"}


def roots(connection: psycopg.Connection[Any], anchors: Iterable[str]) -> dict[str, Roots]:
    """Return, by anchor, how many leaves lie under it and both roots over them; one that is not plain is left out."""
    found = {}
    for anchor in anchors:
        folds = [Fold(hash_) for hash_ in HASHES.values()]
        try:
            for leaves in _stretches(connection, anchor):
                for fold in folds:
                    fold.take(leaves)
        except ValueError:
            continue
        found[anchor] = (folds[0].leaves, folds[0].root(), folds[1].root())
    return found


class Fold:
    """A tree of the shape of ``merkle`` folded as its leaves come, stretch by stretch, every one but the last whole."""

    def __init__(self, hash_: Hash) -> None:
        self.leaves = 0
        self._hash = hash_
        self._stretches = 0
        # Roots of whole trees that stand side by side, the largest first: at most one of each size.
        self._standing: list[bytes] = []

    def take(self, leaves: list[bytes]) -> None:
        """Take the next stretch of leaves."""
        hash_ = self._hash
        level = [hash_(LEAF + leaf) for leaf in leaves]
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = [hash_(NODE + left + right) for left, right in zip(level[::2], level[1::2], strict=False)]
            level += odd
        self.leaves += len(leaves)
        self._standing += level
        self._stretches += 1
        size = self._stretches
        while len(leaves) == STRETCH and size % 2 == 0:
            self._join()
            size //= 2

    def root(self) -> str:
        """Return the root over all leaves so far in hexadecimal; nothing may be taken after it."""
        while len(self._standing) > 1:
            self._join()
        return (self._standing[0] if self._standing else self._hash(b"")).hex()

    def _join(self) -> None:
        right, left = self._standing.pop(), self._standing.pop()
        self._standing.append(self._hash(NODE + left + right))


def _stretches(connection: psycopg.Connection[Any], anchor: str) -> Iterator[list[bytes]]:
    after = "true"
    while True:
        lines = copied(
            connection.pgconn,
            "COPY (SELECT place, chain, seq, is_demo, sha256, sm3 FROM ledger_anchor_leaf "  # noqa: S608 (an id and a number)
            f"WHERE anchor_id = '{anchor}' AND {after} ORDER BY place LIMIT {STRETCH}) TO STDOUT",
        )
        if lines:
            yield [_leaf(line) for line in lines]
        if len(lines) < STRETCH:
            return
        last, _tab, _rest = lines[-1].partition(b"\t")
        after = f"place > {int(last)}"


def _leaf(line: bytes) -> bytes:
    """Return the canonical bytes of the leaf of a line; raise ``ValueError`` for one that is not plain."""
    _place, chain, seq, is_demo, sha256, sm3 = line[:-1].split(b"\t")
    if len(sha256) != HEX_DIGITS or len(sm3) != HEX_DIGITS:
        raise ValueError("a digest of another length")
    return b'{"chain":"%b","is_demo":%b,"seq":%b,"sha256":"%b","sm3":"%b"}' % (
        chain, _DEMO[is_demo], seq, sha256, sm3,
    )  # fmt: skip
