"""Binding evidence to the ledger: the entry names its hash, the link says what it shows, the scope follows
the matter.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Protocol

from django.apps import apps

from anlan.kernel.copying import insert_new, new_row
from anlan.kernel.evidence.errors import not_yours
from anlan.kernel.evidence.models import Evidence, EvidenceLink
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.scope import Actor
from anlan.kernel.scope.kept_reading import KeptReading
from anlan.kernel.scope.models import ScopedModel
from anlan.kernel.scope.often import write_often


class Bound(Protocol):
    """The scope columns of the row that evidence is bound to."""

    path: str
    sector: str
    holder_id: uuid.UUID | None
    sensitivity: int
    is_demo: bool


def offered(evidence_ids: Sequence[uuid.UUID], actor: Actor) -> list[Evidence]:
    """Return the evidence an actor offers for a step, in the order given.

    Allowed is the actor's own that is bound to nothing yet, and what the actor may see already. Anything
    else raises ``EvidenceRefused`` without telling whether it exists. The caller writes the ``sha256`` of
    each into the entry.
    """
    asked = list(dict.fromkeys(evidence_ids))
    found = {row.id: row for row in _seen(asked, actor)}
    if any(one not in found for one in evidence_ids):
        raise not_yours()
    return [found[one] for one in asked]


def _seen(asked: Sequence[uuid.UUID], actor: Actor) -> list[Evidence]:
    if len(asked) == 1:  # as nearly always
        return Evidence.seen_one(actor, asked[0], _PIECE)
    return Evidence.seen_among(actor, asked, lambda rows: rows)


_PIECE = KeptReading(lambda rows: rows)


def seen(evidence_id: uuid.UUID, actor: Actor) -> Evidence | None:
    """Return a piece of evidence if the actor may see it: by its own columns, or through a matter it hangs on.

    The second way serves those to whom a matter was assigned from outside their scope.
    """
    piece = Evidence.seen_by(actor).filter(id=evidence_id).first()
    if piece is not None:
        return piece
    for link in EvidenceLink.objects.filter(evidence=evidence_id).select_related("evidence", "entry"):
        kind = _kind(link.entry.subject)
        if kind is not None and kind.seen_by(actor).filter(pk=link.chain).exists():
            return link.evidence
    return None


def bind(pieces: Sequence[Evidence], chain: uuid.UUID, purpose: str, entry: LedgerEntry, row: Bound) -> None:
    """Hang evidence on an entry that names its hash; the scope of ``row`` becomes that of evidence not yet
    bound.
    """
    missing = [piece.name for piece in pieces if piece.sha256 not in entry.evidence]
    if missing:
        raise ValueError(f"entry {entry.seq} of {chain} does not name the hash of {missing}")
    same = {"chain": chain, "purpose": purpose, "entry_id": entry.pk}
    links = [new_row(EvidenceLink, {"evidence_id": piece.pk, **same}) for piece in pieces]
    insert_new(EvidenceLink, links, ignore_conflicts=True)
    free = [piece.id for piece in pieces if not piece.bound]
    if free:
        write_often(_BIND, [row.path, row.sector, row.holder_id, row.sensitivity, row.is_demo, free])


_BIND = """
    UPDATE evidence SET path = %s, sector = %s, holder_id = %s, sensitivity = %s, is_demo = %s, bound = true
     WHERE id = ANY(%s::uuid[]) AND NOT bound
"""


def follow(chain: uuid.UUID, row: Bound) -> None:
    """Give the evidence of a chain the scope of its matter again, after the matter was transferred."""
    mine = EvidenceLink.objects.filter(chain=chain).values("evidence")
    Evidence.unscoped("evidence follows its transferred matter").filter(id__in=mine).update(
        path=row.path, sector=row.sector, holder_id=row.holder_id, sensitivity=row.sensitivity
    )


def evidence_of(chain: uuid.UUID) -> list[EvidenceLink]:
    """Return the links of a chain with their evidence, oldest entry first; the caller has shown it may see
    the chain.
    """
    return list(
        EvidenceLink.objects.filter(chain=chain)
        .select_related("evidence", "entry")
        .order_by("entry__seq", "id")
    )


def holds_any(chain: uuid.UUID, pieces: Sequence[Evidence]) -> bool:
    """Say whether a chain holds one of these files already, by content: uploading it anew makes no new proof."""
    hashes = {piece.sha256 for piece in pieces}
    return EvidenceLink.objects.filter(chain=chain, evidence__sha256__in=hashes).exists()


def _kind(subject: str) -> type[ScopedModel] | None:
    try:
        model = apps.get_model(subject)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, ScopedModel) else None
