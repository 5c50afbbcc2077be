"""The declaration of an indicator and the list of all of them, checked when the installation starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from anlan.kernel.indicators.formulas import (
    Declared,
    Flow,
    Formula,
    Late,
    Median,
    Part,
    Rate,
    Rows,
    Stock,
    Sum,
    counted,
    parts_of,
)
from anlan.kernel.words import Words

UP, DOWN, NEITHER = "up", "down", ""
CASES = Words("件", "cases")
RECORDS = Words("条记录", "Records")
PER_CENT = Words("%", "%")
DAYS = Words("天", "days")
_CLAUSE = re.compile(r"A\d{1,2}(\.\d{1,3})?")


class WrongDeclaration(Exception):
    """An indicator names something that does not exist, or is not whole."""


@dataclass(frozen=True)
class Indicator:
    """One figure, written once.

    ``slug``: its name in addresses and in the API. ``serves``: the clause of the policy (A15 or A15.13). ``good``: the
    direction that is good (``up``, ``down`` or neither). ``small``: with fewer rows than this a ratio, rate or median is
    marked, because a single case moves it. ``about``: what it says and what it does not, in a sentence. ``is_open``: anyone
    may read it for the whole city, without an account. ``over``: the rows a sum is added up over, as a figure names them.
    """

    slug: str
    words: Words
    unit: Words
    formula: Formula
    serves: str
    good: str = NEITHER
    small: int = 10
    places: int = 1
    about: Words | None = None
    is_open: bool = False
    over: Words = RECORDS

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{2,59}", self.slug):
            raise WrongDeclaration(f"{self.slug!r} is no slug")
        if not _CLAUSE.fullmatch(self.serves):
            raise WrongDeclaration(f"{self.slug} serves no clause: {self.serves!r}")
        if self.good not in {UP, DOWN, NEITHER}:
            raise WrongDeclaration(f"{self.slug}: the good direction is up, down or empty, not {self.good!r}")
        if self.slug in _INDICATORS and _INDICATORS[self.slug] != self:
            raise WrongDeclaration(f"{self.slug} is declared twice")
        _INDICATORS[self.slug] = self

    @property
    def rows(self) -> Rows:
        """Return the rows that make the figure."""
        return counted(self.formula).rows

    @property
    def is_whole(self) -> bool:
        """Say whether the figure is a plain count."""
        return isinstance(self.formula, Flow | Stock | Late | Declared)

    @property
    def is_of_this_moment(self) -> bool:
        """Say whether the figure has no past (what is late, is late now)."""
        return any(isinstance(part, Late | Declared) for part in parts_of(self.formula))

    @property
    def is_declared(self) -> bool:
        """Say whether the figure counts what the product declares of itself: the same everywhere, opened at its own page."""
        return isinstance(counted(self.formula), Declared)

    @property
    def is_yearly(self) -> bool:
        """Say whether the figure is read for whole years alone."""
        return isinstance(self.formula, Rate)

    @property
    def is_at_a_day(self) -> bool:
        """Say whether the figure stands at the end of a period rather than adding up over it."""
        return isinstance(counted(self.formula), Stock | Late | Declared)


_INDICATORS: dict[str, Indicator] = {}


def indicators() -> Iterator[Indicator]:
    """Return every indicator of the installed domains, in the order of declaration."""
    return iter(_INDICATORS.values())


def indicator_named(slug: str) -> Indicator | None:
    """Return the indicator with this slug."""
    return _INDICATORS.get(slug)


def check_all() -> None:
    """Refuse declarations that name a list, a column or a filter that does not exist."""
    from anlan.kernel.indicators.declared import declared_list
    from anlan.kernel.indicators.lists import condition_of, list_of

    for indicator in indicators():
        for part in parts_of(indicator.formula):
            try:
                if isinstance(part, Declared):
                    declared_list(part.rows.of).refuse_unknown(part.rows.params())
                    continue
                listing = list_of(part.rows.of)
                condition_of(part.rows)
                moving = {found.name for found in listing.model.filters() if found.moves or found.takes}
                if moving & set(part.rows.params()):
                    raise WrongDeclaration("what moves with the clock cannot be counted by day")
                for name in _columns(part):
                    listing.model._meta.get_field(name)
            except Exception as fault:
                raise WrongDeclaration(f"{indicator.slug}: {part.rows.of} {fault}") from fault


def _columns(part: Part) -> list[str]:
    if isinstance(part, Sum):
        return [part.on, part.field]
    if isinstance(part, Median):
        return [part.on, part.since]
    return [part.on] if isinstance(part, Flow) else []
