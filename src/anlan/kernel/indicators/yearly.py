"""Yearly figures of places (people, employees, output) that rates are measured against, given by whoever keeps them.

The kernel keeps none and guesses none: a higher domain registers what it knows, and says in words why something is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

NOBODY_KEEPS_IT = Words("还没有登记这项年度数据。", "This yearly figure has not been entered yet.")
IS_NOUGHT = Words(
    "这项年度数据为零，无法计算。", "This yearly figure is nought; the rate cannot be computed."
)


@dataclass(frozen=True)
class Yearly:
    """A yearly figure: its value, or the reason why it is unknown; ``source`` says where it comes from."""

    value: Decimal | None
    unknown: Words | None = None
    source: str = ""


class YearlyFigures(Protocol):
    """Whoever keeps a yearly figure."""

    def __call__(self, place: Territory, year: int) -> Yearly:
        """Return the figure of a place in a year."""


_KEEPERS: dict[str, tuple[Words, YearlyFigures]] = {}


def keeps_yearly(name: str, words: Words, keeper: YearlyFigures) -> None:
    """Register who keeps a yearly figure under a name; a second keeper of the same name is refused."""
    if name in _KEEPERS and _KEEPERS[name][1] is not keeper:
        raise ValueError(f"the yearly figure {name!r} has a keeper already")
    _KEEPERS[name] = (words, keeper)


def yearly_words(name: str) -> Words:
    """Return what a yearly figure is called."""
    return _KEEPERS[name][0] if name in _KEEPERS else Words(name, name.replace("_", " "))


def yearly(name: str, place: Territory, year: int) -> Yearly:
    """Return a yearly figure; unknown with its reason where nobody keeps it or it is nought."""
    if name not in _KEEPERS:
        return Yearly(None, NOBODY_KEEPS_IT)
    found = _KEEPERS[name][1](place, year)
    if found.value is None:
        return Yearly(None, found.unknown or NOBODY_KEEPS_IT, found.source)
    return Yearly(None, IS_NOUGHT, found.source) if found.value == 0 else found
