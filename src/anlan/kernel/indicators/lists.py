"""The lists that figures are counted from: one listing per register or loop, the same that pages, map and API show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from anlan.kernel.indicators.formulas import Params, Rows
from anlan.kernel.loops.declaration import loop_named
from anlan.kernel.registers import Listing, register_named
from anlan.kernel.scope.actor import NOBODY, Actor


@dataclass(frozen=True)
class ListOf:
    """A register or loop as far as counting needs it."""

    slug: str
    model: Any
    facets: tuple[str, ...]
    is_loop: bool
    begins: str  # the date at which a row begins to stand

    def listing(self, actor: Actor, base: Q | None = None) -> Listing:
        """Return its list for an actor."""
        order = "-opened_at" if self.is_loop else "-created_at"
        return Listing(self.model, actor, self.facets, (), order, base or Q())

    def rows(self, actor: Actor, params: Params, base: Q | None = None) -> QuerySet[Any]:
        """Return the rows an actor sees that pass the filter."""
        return self.listing(actor, base).filtered(params)


def list_of(slug: str) -> ListOf:
    """Return the list of a register or loop; raises LookupError."""
    model = register_named(slug)
    if model is not None:
        return ListOf(slug, model, tuple(model.kept.facets), False, "created_at")
    loop = loop_named(slug)
    if loop is None:
        raise LookupError(f"there is no register or loop {slug!r}")
    return ListOf(slug, loop.model, tuple(loop.facets), True, "opened_at")


def condition_of(rows: Rows) -> Q:
    """Return the filter of some rows as a condition, without anybody's scope; raises Invalid for a wrong filter."""
    return list_of(rows.of).listing(NOBODY).condition(rows.params())
