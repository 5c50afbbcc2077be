"""Reading yearly figures: a value that may be computed with, or the reason in words why it may not.

Memory and unknown are refused: a rate made of them would be an invention that looks like a fact.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from anlan.domains.targets.words import GOOD_ENOUGH, KINDS
from anlan.kernel.indicators.yearly import Yearly, keeps_yearly
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words


def keep_all() -> None:
    """Offer every kind of yearly figure to the rates."""
    for kind in KINDS.values():
        keeps_yearly(kind.key, kind.words, _keeper(kind.key))


_KEEPERS: dict[str, partial[Yearly]] = {}


def _keeper(key: str) -> partial[Yearly]:
    return _KEEPERS.setdefault(key, partial(yearly_figure, key))


def yearly_figure(key: str, place: Territory, year: int) -> Yearly:
    """Return a yearly figure of a place; unknown, with its reason, where it may not be computed with."""
    row = _rows(place).filter(figure=key, year=year).first()
    return _judged(row, key, place, year)


class YearlyBook:
    """All yearly figures of one place, read at once."""

    def __init__(self, place: Territory) -> None:
        self._place = place
        self._rows = {(row.figure, row.year): row for row in _rows(place)}

    def of(self, key: str, year: int) -> Yearly:
        """Return one figure as ``yearly_figure`` does."""
        return _judged(self._rows.get((key, year)), key, self._place, year)

    def row(self, key: str, year: int) -> Any:
        """Return the row of a figure, or None where none is entered."""
        return self._rows.get((key, year))


def _rows(place: Territory) -> Any:
    from anlan.domains.targets.models import YearlyFigure

    rows = YearlyFigure.unscoped(
        "what a place had in a year is the base of rates and is no secret within the city"
    )
    return rows.filter(territory=place, archived_at=None).defer("search")


def _judged(row: Any, key: str, place: Territory, year: int) -> Yearly:
    """Return a row's value, or why it may not be computed with."""
    name = KINDS[key].words
    where = {"year": year, "name": name, "place": Words(place.name, place.name_en or place.name)}
    if row is None:
        return Yearly(None, NOT_ENTERED.filled(**where))
    if row.value is None:
        return Yearly(None, UNKNOWN.filled(**where), row.source)
    if row.confidence not in GOOD_ENOUGH:
        return Yearly(None, UNVERIFIED.filled(**where), row.source)
    return Yearly(row.value, None, row.source)


NOT_ENTERED = Words(
    "还没有登记{place}{year}年的{name}。", "{name} of {place} in {year} has not been entered."
)
UNKNOWN = Words(
    "{place}{year}年的{name}未知，等待填报。",
    "{name} of {place} in {year} is unknown and waits to be entered.",
)
UNVERIFIED = Words(
    "{place}{year}年的{name}没有与原文核对，不用于计算。", "{name} of {place} in {year} is unverified and not computed with."
)  # fmt: skip
