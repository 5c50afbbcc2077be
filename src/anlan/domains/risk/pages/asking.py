"""What the pages of the risk domain ask of every request: the row it is about, and whether the person may write."""

from __future__ import annotations

from typing import Any

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.within import KEEPERS
from anlan.kernel.registers.errors import NotAllowed, NotSeen
from anlan.kernel.registers.pages import Asked
from anlan.kernel.words import Words

_KEPT_BY = Words("风险台账由本企业维护。", "The enterprise keeps its own risks.")


def firm_of(asked: Asked) -> Enterprise:
    """Return the enterprise a page is about; raises NotSeen."""
    return row_of(Enterprise, asked, "territory", "holder")


def row_of(model: Any, asked: Asked, *related: str) -> Any:
    """Return the row a page is about; raises NotSeen."""
    row = model.seen_by(asked.actor).filter(pk=asked.pk).defer("search").select_related(*related).first()
    if row is None:
        raise NotSeen
    return row


def may_keep(asked: Asked, row: Any) -> bool:
    """Say whether the person keeps the risks of the enterprise a row belongs to."""
    return KEEPERS.allows(asked.actor, row, "risk") and not row.is_archived


def must_keep(asked: Asked, row: Any) -> None:
    """Raise NotAllowed unless the person keeps the risks of the enterprise."""
    if not may_keep(asked, row):
        raise NotAllowed(_KEPT_BY)
