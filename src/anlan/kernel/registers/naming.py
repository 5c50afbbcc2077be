"""Filters of a list that are no column: a condition with a name and words, such as late, open, rectified in time.

Lists, map, export, API and the figures of indicators share them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

_WRONG = Words("筛选条件无效。", "This filter is not valid.")


@dataclass(frozen=True)
class NamedFilter:
    """``holds`` gives the condition anew each time, since it may read the clock. Its value is 1 (it holds) or 0 (it does not);
    with ``of_a_day`` it is a day, and ``holds`` takes it."""

    name: str
    words: Words
    holds: Callable[..., Q]
    of_a_day: bool = False

    def condition(self, text: str) -> Q:
        """Return the condition for a value as it stands in an address; raises Invalid."""
        if self.of_a_day:
            try:
                return self.holds(date.fromisoformat(text))
            except (ValueError, OverflowError) as fault:
                raise Invalid({self.name: [_WRONG]}) from fault
        if text not in {"0", "1"}:
            raise Invalid({self.name: [_WRONG]})
        return self.holds() if text == "1" else ~self.holds()
