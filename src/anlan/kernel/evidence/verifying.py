"""Checking evidence against the ledger: every entry's hashes lead to a file that still gives them.

The ledger proves what hash was bound; this proves that the link, the row and the file in the store still
agree with it. Streams; reads every file once (or, without ``files``, only whether it is there).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from anlan.kernel.evidence.models import EvidenceLink
from anlan.kernel.evidence.storage import PIECE, storage
from anlan.kernel.ledger.digests import Digest
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.words import Words

CHUNK = 1000
WORDS = {
    "unlinked": Words("记录引用的证据材料已无登记", "the entry names evidence that is no longer registered"),
    "swapped": Words(
        "所挂的证据材料不是记录引用的那一份", "the evidence that hangs here is not the one the entry names"
    ),
    "lost": Words("原件不在存储中", "the original is not in the store"),
    "altered": Words(
        "原件内容与摘要不符：被改动或损坏", "the original does not give its hash: altered or damaged"
    ),
}


@dataclass(frozen=True)
class EvidenceFinding:
    """One piece of evidence that is not as the ledger says."""

    what: str
    chain: uuid.UUID
    seq: int
    subject: str
    sha256: str
    name: str = ""

    @property
    def words(self) -> Words:
        """Return what is wrong, in both languages."""
        return WORDS[self.what]


def verify_evidence(*, files: bool = True) -> Iterator[EvidenceFinding]:
    """Yield what does not fit, entry by entry, in the order of the chains."""
    good: set[str] = set()
    for entry in LedgerEntry.objects.exclude(evidence=[]).order_by("chain", "seq").iterator(chunk_size=CHUNK):
        links = EvidenceLink.objects.filter(entry=entry).select_related("evidence")
        hung = {link.evidence.sha256: link.evidence for link in links}
        for sha256, piece in hung.items():
            if sha256 not in entry.evidence:
                yield _finding("swapped", entry, sha256, piece.name)
        for sha256 in entry.evidence:
            if sha256 not in hung:
                yield _finding("unlinked", entry, sha256)
            what = _fault(sha256, hung[sha256].sm3 if sha256 in hung else None, good, files)
            if what:
                yield _finding(what, entry, sha256, hung[sha256].name if sha256 in hung else "")


def _finding(what: str, entry: LedgerEntry, sha256: str, name: str = "") -> EvidenceFinding:
    return EvidenceFinding(what, entry.chain, entry.seq, entry.subject, sha256, name)


def _fault(sha256: str, sm3: str | None, good: set[str], files: bool) -> str | None:
    if not files:
        return None if storage().has(sha256) else "lost"
    if f"{sha256} {sm3}" in good:
        return None
    digest = Digest()
    try:
        with storage().open(sha256) as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                digest.update(piece)
    except FileNotFoundError:
        return "lost"
    seal = digest.seal()
    if seal.sha256 != sha256 or sm3 not in (None, seal.sm3):
        return "altered"
    good.add(f"{sha256} {sm3}")
    return None
