"""The list of notices, in the filter language of every list: search, kind, time, deadline, and what is unread, by its age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from anlan.kernel import clock
from anlan.kernel.notices import Notice
from anlan.kernel.notices.reading import NEW_FOR, with_read
from anlan.kernel.registers import Listing
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

UNREAD = "unread"
NEW, OLDER = "1", "older"  # what the bell counts, and what was left unread before that
FACETS = ("kind", "made_at", "due_at")
MOST_WORDS = 8
_FLAG = Words("应为 0、1 或 older。", "It is 0, 1 or older.")


class ToldListing(Listing):
    """The notices of an actor; each row knows whether the actor has read it (``is_read``)."""

    def filtered(self, params: Mapping[str, Sequence[str]]) -> QuerySet[Any]:
        """Return the rows that pass the filters; raises Invalid."""
        rows = with_read(super().filtered(params), self.actor)
        asked = set(params.get(UNREAD, ())) - {"", "0"}
        if not asked:
            return rows
        if not asked <= {NEW, OLDER}:
            raise Invalid({UNREAD: [_FLAG]})
        since, rows = clock.now() - NEW_FOR, rows.filter(is_read=False)
        if asked == {NEW}:
            return rows.filter(made_at__gte=since)
        return rows.filter(made_at__lt=since) if asked == {OLDER} else rows

    def condition(self, params: Mapping[str, Sequence[str]]) -> Q:
        """Return the filters alone; a notice is no record and has none but its facets."""
        condition = Q()
        for name in self.facets:
            if any(params.get(name + end) for end in ("", "_from", "_to")):
                condition &= self._faceted(name, params)
        return condition

    def found(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Return the rows whose sentence holds every word."""
        for word in words.split()[:MOST_WORDS]:
            if not is_storable(word):
                return rows.none()
            rows = rows.filter(Q(zh__icontains=word) | Q(en__icontains=word))
        return rows

    def drawn(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows alone: nothing of whom they are addressed to is shown."""
        return rows


def told_list(actor: Actor) -> ToldListing:
    """Return the list of the actor's notices, the latest first."""
    model: Any = Notice
    return ToldListing(model=model, actor=actor, facets=FACETS, sorts=("made_at", "due_at"), order="-made_at")
