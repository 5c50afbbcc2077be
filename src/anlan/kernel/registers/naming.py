"""Filters of a list that are no column: a condition with a name and words, such as late, open, rectified in time.

Lists, map, export, API and the figures of indicators share them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party
from anlan.kernel.words import Words

_WRONG = Words("筛选条件无效。", "This filter is not valid.")


def a_day(text: str) -> date:
    """Read a day; raises ValueError."""
    return date.fromisoformat(text)


def an_hour(text: str) -> tuple[int, int]:
    """Read an hour of the week, ``1-0`` (Monday, midnight) to ``7-23``; raises ValueError."""
    weekday, _, hour = text.partition("-")
    found = int(weekday), int(hour)
    if not (1 <= found[0] <= 7 and 0 <= found[1] <= 23 and text.isascii()):
        raise ValueError(text)
    return found


def an_id(text: str) -> uuid.UUID:
    """Read an id; raises ValueError."""
    return uuid.UUID(text)


def one_of(choices: Sequence[tuple[str, Words]]) -> Callable[[str], str]:
    """Return a reader that takes one of some values; raises ValueError for any other."""

    def read(text: str) -> str:
        if text not in dict(choices):
            raise ValueError(text)
        return text

    return read


def of_party() -> NamedFilter:
    """Return the filter of every list for the rows of one body."""
    return NamedFilter(
        "party", Words("所属单位", "Belongs to"), lambda pk: Q(holder=pk), an_id, named=_party_name
    )


def _party_name(text: str) -> Words | None:
    found = Party.objects.filter(pk=an_id(text)).first()
    return Words(found.name, found.name) if found else None


@dataclass(frozen=True)
class NamedFilter:
    """``holds`` gives the condition anew each time, since it may read the clock. Its value in an address is 1 (it holds) or
    0 (it does not); with ``takes`` it is what that reads, and ``holds`` takes it. ``moves``: it changes with the clock alone.
    ``named`` gives the words of a value that it takes. ``with_archived``: it says itself which rows of the past it means, so
    that archived ones are not left out beforehand. ``shows``: columns a list shows besides its own while it holds.
    ``fails``: the condition for 0, where turning ``holds`` round would cost too much. ``of_reader``: it means whoever reads the
    list, and ``holds`` takes this actor first."""

    name: str
    words: Words
    holds: Callable[..., Q]
    takes: Callable[[str], Any] | None = None
    moves: bool = False
    named: Callable[[str], Words | None] | None = None
    with_archived: bool = False
    shows: tuple[str, ...] = ()
    fails: Callable[..., Q] | None = None
    of_reader: bool = False

    def said(self, text: str) -> Words:
        """Return a value in words; one that it does not take, as where an address asks twice, stands as it is."""
        try:
            found = self.named(text) if self.named is not None else None
        except (ValueError, OverflowError):
            found = None
        return found or Words(text, text)

    def condition(self, text: str, actor: Actor) -> Q:
        """Return the condition for a value as it stands in an address, for whoever reads the list; raises Invalid."""
        reader = (actor,) if self.of_reader else ()
        if self.takes is not None:
            try:
                return self.holds(*reader, self.takes(text[:40]))
            except (ValueError, OverflowError) as fault:
                raise Invalid({self.name: [_WRONG]}) from fault
        if text not in {"0", "1"}:
            raise Invalid({self.name: [_WRONG]})
        if text == "0" and self.fails is not None:
            return self.fails(*reader)
        return self.holds(*reader) if text == "1" else ~self.holds(*reader)
