"""Evidence for a case bundle: the originals of one chain, opened only when they are written."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from anlan.kernel.evidence.binding import evidence_of
from anlan.kernel.evidence.media import ENDINGS
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.evidence.showing import open_original
from anlan.kernel.evidence.storage import storage
from anlan.kernel.ledger.exporting import Attachment


def attachments_of(chain: uuid.UUID, allowed: Callable[[Evidence], bool] | None = None) -> list[Attachment]:
    """Return the originals of a chain; those not ``allowed``, or lost, are withheld (their hash stays)."""
    return [_attachment(link.evidence, allowed) for link in evidence_of(chain)]


def _attachment(piece: Evidence, allowed: Callable[[Evidence], bool] | None) -> Attachment:
    here = storage().has(piece.sha256) and (allowed is None or allowed(piece))
    return Attachment(
        sha256=piece.sha256,
        sm3=piece.sm3,
        size=piece.size,
        name=piece.name,
        media_type=piece.media_type,
        ending=next((f".{ending}" for ending, kind in ENDINGS.items() if kind == piece.media_type), ""),
        open=partial(open_original, piece) if here else None,
    )
