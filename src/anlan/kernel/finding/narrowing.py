"""What a search is narrowed to, and the values it may be narrowed by, read off columns every record has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.scope.territory import under

OLDEST, NEWEST = 1949, 2999


@dataclass(frozen=True)
class Narrowed:
    """One choice a facet; empty means all. ``county`` is the path of a territory, ``state`` that of one kind."""

    kind: str = ""
    county: str = ""
    sector: str = ""
    state: str = ""
    year: int | None = None
    is_open: bool | None = None

    def condition(self, model: type[Any]) -> Q | None:
        """Return the condition for rows of a model; None where no row of it can meet the choice."""
        is_matter = hasattr(model, "loop")
        found = Q()
        if self.county:
            found &= under(self.county)
        if self.sector:
            if self.sector not in SECTORS:
                return None
            found &= Q(sector=self.sector)
        if self.state:
            if not is_matter or self.state not in model.loop.states:
                return None
            found &= Q(state=self.state)
        if self.is_open is not None:
            if not is_matter:
                return None
            found &= Q(closed_at__isnull=self.is_open)
        if self.year is not None:
            if not OLDEST <= self.year <= NEWEST:
                return None
            found &= Q(**{f"{year_column(model)}__year": self.year})
        return found


def year_column(model: type[Any]) -> str:
    """Return the column whose year a row belongs to: when it was opened, or registered."""
    return "opened_at" if hasattr(model, "loop") else "created_at"
