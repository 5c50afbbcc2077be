"""Checking the whole ledger against itself, its anchors and what was published; names the first altered entry.

Streams: memory does not grow with the ledger. Reads one snapshot, changes nothing. Chains that are plainly sound are
sifted out fast, in several processes where the ledger is large; every other chain is walked here, entry by entry, and only
here is it said what is wrong. What it can show:
alteration, removal (middle, tail, whole chain), insertion, reordering, wholesale rewriting. What it cannot:
entries written since the last anchor and removed again by somebody who owns the database (at most a day),
which is why anchors are daily.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from anlan.kernel.ledger import merkle
from anlan.kernel.ledger.canonical import canonical, read_once
from anlan.kernel.ledger.chain import fault_of, leaf_body
from anlan.kernel.ledger.digests import NOTHING, Seal, seal_value
from anlan.kernel.ledger.findings import Finding, Report
from anlan.kernel.ledger.models import Anchor, AnchorLeaf, LedgerEntry, LedgerPrivate
from anlan.kernel.ledger.roots import Roots, roots
from anlan.kernel.ledger.sifting import Sifted, fits, processes, sift, sift_in_processes
from anlan.kernel.ledger.writing import ERASED
from anlan.kernel.vault import key_ring, signed_by

CHUNK = 2000
CLOSELY = 500  # chains walked in one statement
WORTH_PROCESSES = 50_000  # entries: below, starting processes takes longer than walking
RANGES = 16  # of chains for each process at most: one that is done early takes another
SMALLEST_RANGE = 20_000  # entries: beginning one takes as long as sifting a thousand
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
        counted = _check_chains(report, describe or (lambda _chain, _subject: ""))
        _check_anchors(report, published or {}, signer, counted)
    return report


@contextmanager
def _one_snapshot() -> Iterator[None]:
    fresh = not connection.in_atomic_block
    with transaction.atomic():
        if fresh:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _check_anchors(
    report: Report, published: Mapping[int, str], signer: str | None, counted: Mapping[str, Roots]
) -> None:
    previous, expected = NOTHING, 1
    for anchor in Anchor.objects.order_by("number").iterator(chunk_size=CHUNK):
        report.anchors += 1
        what = _anchor_fault(anchor, previous, expected, published.get(anchor.number), signer)
        what = what or _root_fault(anchor, counted.get(str(anchor.pk)))
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
    return None


def _root_fault(anchor: Anchor, counted: Roots | None) -> str | None:
    # Roots that were counted fast only ever say that all is well; anything else is counted once more, closely.
    written = (anchor.leaves, anchor.root_sha256, anchor.root_sm3)
    return None if counted == written or _roots(anchor) == written else "anchor_root"


def _roots(anchor: Anchor) -> Roots:
    rows = AnchorLeaf.objects.filter(anchor=anchor).order_by("place")
    named = rows.values_list("chain", "seq", "sha256", "sm3", "is_demo").iterator(chunk_size=CHUNK)
    leaves = [canonical(leaf_body(*row)) for row in named]
    return len(leaves), merkle.root(leaves, merkle.sha256), merkle.root(leaves, merkle.sm3)


def _check_chains(report: Report, describe: Describe) -> dict[str, Roots]:
    """Check every chain; return the roots of anchors that were counted on the way."""
    sifted = _sift()
    report.entries += sifted.entries
    report.chains += sifted.chains
    report.unanchored += sifted.unanchored
    close = sorted({*map(uuid.UUID, sifted.close), *_chains_with_unnamed_private()})
    for few in (close[at : at + CLOSELY] for at in range(0, len(close), CLOSELY)):
        _walk_chains(few, report, describe)
    return sifted.roots


def _sift() -> Sifted:
    """Sift by this connection, or by several processes on one snapshot where the ledger is worth their start."""
    anchors = [str(anchor) for anchor in Anchor.objects.order_by("number").values_list("pk", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS_AS_LAID)
        if cursor.fetchone() != (True,):
            return Sifted(close=_every_chain())
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'ledger_entry'::regclass")
        (rows,) = cursor.fetchone() or (0,)
        if rows < WORTH_PROCESSES or not _reads_one_snapshot(cursor):
            sifted = sift(connection.connection, key_ring())
            sifted.roots = roots(connection.connection, anchors)
            return sifted
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone() or ("",)
        parts = min(processes() * RANGES, max(1, int(rows // SMALLEST_RANGE)))
        return sift_in_processes(_conninfo(), snapshot, _bounds(cursor, parts), key_ring().folder, anchors)


# The sieve compares both digests as one text, which says the same only while each fills its column.
_DIGESTS_AS_LAID = """
    SELECT count(*) = 4 FROM pg_attribute
     WHERE attrelid IN ('ledger_entry'::regclass, 'ledger_anchor_leaf'::regclass) AND attname IN ('sha256', 'sm3')
       AND format_type(atttypid, atttypmod) = 'character varying(64)'
"""


def _every_chain() -> list[str]:
    tables = (LedgerEntry.objects, AnchorLeaf.objects)
    chains = (rows.order_by("chain").values_list("chain", flat=True).distinct() for rows in tables)
    return [str(chain) for of_table in chains for chain in of_table]


def _reads_one_snapshot(cursor: Any) -> bool:
    """Say whether nothing is written in this transaction that another process could not see."""
    cursor.execute("SELECT current_setting('transaction_read_only')")
    return bool(cursor.fetchone() == ("on",))


def _conninfo() -> dict[str, Any]:
    """Return the address of the database for psycopg alone."""
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "options", "sslmode", "sslrootcert")
    return {name: known[name] for name in names if known.get(name)}


def _bounds(cursor: Any, parts: int) -> list[str]:
    """Return the chains at which the ledger falls into parts of about the same size, from a sample of it."""
    if parts < 2:
        return []
    shares = [place / parts for place in range(1, parts)]
    cursor.execute(
        "SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY chain) FROM ledger_entry TABLESAMPLE SYSTEM (1)",
        [shares],
    )
    (found,) = cursor.fetchone() or (None,)
    return [str(chain) for chain in dict.fromkeys(found or ())]


def _chains_with_unnamed_private() -> set[uuid.UUID]:
    """Return the chains in which a private part lies beside an entry that names none: the sieve does not ask for it."""
    strays = LedgerPrivate.objects.filter(entry__private_digest="")
    return set(strays.values_list("entry__chain", flat=True).distinct())


def _walk_chains(chains: Sequence[uuid.UUID], report: Report, describe: Describe) -> None:
    # Entries and anchored heads walk side by side in the order of the index; the entry comes before its leaf.
    # The sealed part is read as it lies there: one that cannot be opened is a finding, not an accident. So is what an entry
    # says: a text may hold more than anybody reads out of it.
    entries = (
        LedgerEntry.objects.filter(chain__in=chains)
        .annotate(
            salt=F("private_part__salt"),
            sealed=Cast("private_part__sealed", TextField()),
            lying=Cast("data", TextField()),
        )
        .order_by("chain", "seq")
        .iterator(chunk_size=CHUNK)
    )
    leaves = AnchorLeaf.objects.filter(chain__in=chains).order_by("chain", "seq").iterator(chunk_size=CHUNK)
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


def _fault_of_text(entry: LedgerEntry) -> str | None:
    try:
        read_once(getattr(entry, "lying", "{}"))
    except ValueError:
        return "body"
    return None


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
        what = fault_of(entry.body(), entry.seal, self.previous, expected) or _fault_of_text(entry)
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
        elif sealed is not None and not fits(salt or "", sealed, entry.private_digest):
            self.fault("private", entry.seq)

    def end(self) -> None:
        if self.without_private:
            self.fault("private", min(self.without_private.values()))
