"""The list of outward messages, in the filter language of every list: recipient, state, channel, sort, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from anlan.kernel.notices.leaving import SORTS, Outward
from anlan.kernel.notices.resending import outward_of
from anlan.kernel.registers import Listing
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

# The column is called ``sort``, which in an address says how a list is ordered.
SORT_OF = "sort_of"
_SORT = Words("没有这个类型。", "There is no such sort.")


class SentListing(Listing):
    """The messages an actor may know of."""

    def filtered(self, params: Mapping[str, Sequence[str]]) -> QuerySet[Any]:
        """Return the rows that pass the filters; raises Invalid."""
        rows: QuerySet[Any] = outward_of(self.actor).filter(self.condition(params))
        words = " ".join(params.get("q", ())).strip()
        return self.found(rows, words) if words else rows

    def condition(self, params: Mapping[str, Sequence[str]]) -> Q:
        """Return the filters alone."""
        condition = Q()
        for name in self.facets:
            if any(params.get(name + end) for end in ("", "_from", "_to")):
                condition &= self._faceted(name, params)
        sorts = [value for value in params.get(SORT_OF, ()) if value]
        if not set(sorts) <= {key for key, _ in SORTS}:
            raise Invalid({SORT_OF: [_SORT]})
        return condition & Q(sort__in=sorts) if sorts else condition

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Return the rows whose recipient or receipt holds the words."""
        if not is_storable(words):
            return rows.none()
        named = Q(person__name__icontains=words) | Q(receiver__name__icontains=words)
        return rows.filter(named | Q(receiver__host__icontains=words) | Q(receipt__icontains=words))

    def drawn(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows with their recipients."""
        return rows.select_related("person", "receiver")


def sent_list(actor: Actor) -> SentListing:
    """Return the list of outward messages, the latest first."""
    model: Any = Outward
    facets = ("state", "channel", "made_at")
    return SentListing(
        model=model, actor=actor, facets=facets, sorts=("made_at", "next_at"), order="-made_at"
    )
