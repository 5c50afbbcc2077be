"""Checking the whole ledger against itself, its anchors and what was published; names the first altered entry.

Streams: memory does not grow with the ledger. Reads one snapshot, changes nothing. What it can show:
alteration, removal (middle, tail, whole chain), insertion, reordering, wholesale rewriting. What it cannot:
entries written since the last anchor and removed again by somebody who owns the database (at most a day),
which is why anchors are daily.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby

from django.db import connection, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.chain import fault_of, leaf_body, private_digest
from anlan.kernel.ledger.digests import NOTHING, Seal, seal_value
from anlan.kernel.ledger.findings import Finding, Report
from anlan.kernel.ledger.models import Anchor, AnchorLeaf, LedgerEntry
from anlan.kernel.ledger.writing import ERASED
from anlan.kernel.vault import VaultError, open_sealed, signed_by

CHUNK = 2000
SEALED_PURPOSE = "ledger.ledgerprivate.sealed"
Describe = Callable[[uuid.UUID, str], str]


def verify(
    describe: Describe | None = None,
    published: Mapping[int, str] | None = None,
    signer: str | None = None,
    most: int = 20,
) -> Report:
    """Check everything and return the report.

    ``describe(chain, subject)`` gives the number people know a matter by; ``published`` maps numbers of
    anchors to the SHA-256 that was published; ``signer`` is the public key that must have signed every
    anchor.
    """
    report = Report(most=most)
    with _one_snapshot():
        # An altered entry says more than the altered anchor above it: chains come first in the report.
        _check_chains(report, describe or (lambda _chain, _subject: ""))
        _check_anchors(report, published or {}, signer)
    return report


@contextmanager
def _one_snapshot() -> Iterator[None]:
    fresh = not connection.in_atomic_block
    with transaction.atomic():
        if fresh:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _check_anchors(report: Report, published: Mapping[int, str], signer: str | None) -> None:
    previous, expected = NOTHING, 1
    for anchor in Anchor.objects.order_by("number").iterator(chunk_size=CHUNK):
        report.anchors += 1
        what = _anchor_fault(anchor, previous, expected, published.get(anchor.number), signer)
        if what:
            report.add(Finding(what, day=anchor.day))
        previous, expected = anchor.seal, anchor.number + 1
    if any(number >= expected for number in published):
        report.add(Finding("anchor_missing"))


def _anchor_fault(
    anchor: Anchor, previous: Seal, expected: int, published: str | None, signer: str | None
) -> str | None:
    body = anchor.body()
    if anchor.number != expected:
        return "anchor_missing"
    if (
        body["previous"] != {"sha256": previous.sha256, "sm3": previous.sm3}
        or seal_value(body) != anchor.seal
    ):
        return "anchor"
    if published is not None and published != anchor.sha256:
        return "published"
    if not signed_by(canonical(body), anchor.signature, signer or anchor.public_key):
        return "anchor_signature"
    return None if _roots(anchor) == (anchor.leaves, anchor.root_sha256, anchor.root_sm3) else "anchor_root"


def _roots(anchor: Anchor) -> tuple[int, str, str]:
    rows = AnchorLeaf.objects.filter(anchor=anchor).order_by("place")
    named = rows.values_list("chain", "seq", "sha256", "sm3", "is_demo").iterator(chunk_size=CHUNK)
    leaves = [canonical(leaf_body(*row)) for row in named]
    return len(leaves), merkle.root(leaves, merkle.sha256), merkle.root(leaves, merkle.sm3)


def _check_chains(report: Report, describe: Describe) -> None:
    # Entries and anchored heads walk side by side in the order of the index; the entry comes before its leaf.
    # The sealed part is read as it lies there: one that cannot be opened is a finding, not an accident.
    entries = (
        LedgerEntry.objects.annotate(
            salt=F("private_part__salt"), sealed=Cast("private_part__sealed", TextField())
        )
        .order_by("chain", "seq")
        .iterator(chunk_size=CHUNK)
    )
    leaves = AnchorLeaf.objects.order_by("chain", "seq").iterator(chunk_size=CHUNK)
    streams: tuple[Iterator[LedgerEntry | AnchorLeaf], ...] = (entries, leaves)
    rows = merge(*streams, key=lambda row: (row.chain, row.seq, isinstance(row, AnchorLeaf)))
    for chain, members in groupby(rows, key=lambda row: row.chain):
        walk = _Walk(chain)
        for row in members:
            walk.leaf(row) if isinstance(row, AnchorLeaf) else walk.entry(row)
        walk.end()
        report.entries += walk.entries
        report.chains += 1 if walk.entries else 0
        report.unanchored += walk.entries - walk.anchored if not walk.what else 0
        report.erased += walk.erased
        report.demonstrations_removed += walk.removed_demonstration
        if walk.what:
            number = describe(chain, walk.subject)
            report.add(Finding(walk.what, chain, walk.at, walk.subject, number))


@dataclass
class _Walk:
    """One chain, entry by entry; keeps the first fault only."""

    chain: uuid.UUID
    previous: Seal = NOTHING
    entries: int = 0
    anchored: int = 0
    erased: int = 0
    subject: str = ""
    what: str = ""
    at: int = 0
    removed_demonstration: bool = False
    without_private: dict[str, int] = field(default_factory=dict)

    def fault(self, what: str, at: int) -> None:
        if not self.what:
            self.what, self.at = what, at

    def entry(self, entry: LedgerEntry) -> None:
        self.entries += 1
        self.subject = self.subject or entry.subject
        expected = self.entries
        what = fault_of(entry.body(), entry.seal, self.previous, expected)
        if what:
            self.fault(what, expected if what == "seq" else entry.seq)
        self.previous = entry.seal
        self._private(entry)

    def leaf(self, leaf: AnchorLeaf) -> None:
        if leaf.is_demo and not self.entries:
            self.removed_demonstration = True
        elif self.entries < leaf.seq:
            self.fault("missing", self.entries + 1)
        elif self.previous != leaf.seal:
            # Everything up to the last anchored head was confirmed: the rewriting lies after it.
            self.fault("rewritten", self.anchored + 1)
        else:
            self.anchored = leaf.seq

    def _private(self, entry: LedgerEntry) -> None:
        if entry.act == ERASED and isinstance(entry.data, dict):
            self.erased += self.without_private.pop(str(entry.data.get("entry")), 0) > 0
        salt, sealed = getattr(entry, "salt", None), getattr(entry, "sealed", None)
        if sealed is None and entry.private_digest:
            self.without_private[str(entry.id)] = entry.seq
        elif sealed is not None and not _fits(salt or "", sealed, entry.private_digest):
            self.fault("private", entry.seq)

    def end(self) -> None:
        if self.without_private:
            self.fault("private", min(self.without_private.values()))


def _fits(salt: str, sealed: str, digest: str) -> bool:
    try:
        private = json.loads(open_sealed(sealed, SEALED_PURPOSE))
        return private_digest(salt, private) == digest
    except (VaultError, ValueError, TypeError):
        return False
