"""A figure as it was read: for whom, where, when, from how many rows; and the list that opens it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.declaration import Indicator
from anlan.kernel.indicators.declared import declared_list
from anlan.kernel.indicators.dimensions import WHOLE, Only
from anlan.kernel.indicators.formulas import Breakdown, Declared, Late, Part, Ratio, Stock, Sum, counted
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

_ADDED = Words("由 {n} {what}相加", "{what} added up: {n}")


@dataclass(frozen=True)
class Measured:
    """One figure. ``value`` is None where it is unknown; then ``unknown`` says why. ``rows``: how many rows make it;
    ``base``: what stands below the line of a ratio or rate."""

    indicator: Indicator
    period: Period
    place: Territory | None
    value: Decimal | None
    rows: int
    base: Decimal | None = None
    unknown: Words | None = None
    sectors: tuple[str, ...] = ()
    only: Only = WHOLE

    @property
    def is_small(self) -> bool:
        """Say whether so few rows make it that a single case moves it.

        A ratio is judged by what stands below the line; a rate by the rows above it, for the millions it is measured against say
        nothing about how few cases there were.
        """
        if self.indicator.is_whole or isinstance(self.indicator.formula, Sum) or self.value is None:
            return False
        return self.sample < self.indicator.small

    @property
    def sample(self) -> int:
        """Return how many rows the figure rests on."""
        is_ratio = isinstance(self.indicator.formula, Ratio)
        return int(self.base) if is_ratio and self.base is not None else self.rows

    @property
    def added(self) -> int:
        """Return of how many rows the figure is the sum: such a figure opens another number of rows than it says."""
        return self.rows if isinstance(self.indicator.formula, Sum) else 0

    @property
    def added_words(self) -> Words | None:
        """Return in words over how many rows the figure was added up; nothing where it is no sum, or one of nothing."""
        return _ADDED.filled(n=self.added, what=self.indicator.over) if self.added else None

    @property
    def text(self) -> str:
        """Return the value as people read it, without its unit; a dash where it is unknown."""
        if self.value is None:
            return "—"
        if self.value == self.value.to_integral_value() and self.indicator.is_whole:
            return f"{int(self.value):,}"
        return f"{self.value:,.{self.indicator.places}f}"


@dataclass(frozen=True)
class RowsBehind:
    """The list that makes a figure: the slug of its register or loop and the parameters of its filter.

    ``page``: the name of the address of a list that is neither.
    """

    slug: str
    params: tuple[tuple[str, str], ...]
    page: str = ""

    @property
    def query(self) -> str:
        """Return the parameters as an address takes them."""
        return urlencode(self.params)


def rows_behind(found: Measured, *, all_below: bool = False) -> RowsBehind:
    """Return the list of the rows that make a figure: same scope, same filter, same count.

    For a ratio these are the rows above the line; ``all_below`` gives those below it.
    """
    part = counted(found.indicator.formula)
    if all_below:
        part = getattr(found.indicator.formula, "bottom", part)
    if isinstance(part, Declared):
        pairs = tuple((name, value) for name, values in part.rows.params().items() for value in values)
        return RowsBehind(part.rows.of, pairs, declared_list(part.rows.of).page)
    params = {**part.rows.params(), **when(part, found.period)}
    if found.place is not None:
        params["territory"] = (found.place.code or str(found.place.pk),)
    params |= found.only.params(part.rows.of)
    if found.sectors:
        params["sector"] = found.sectors
    pairs = tuple((name, value) for name, values in params.items() for value in values)
    return RowsBehind(part.rows.of, pairs)


def when(part: Part | Breakdown, period: Period) -> dict[str, tuple[str, ...]]:
    """Return the filter that ties rows to a period."""
    if isinstance(part, Declared):
        return {}  # it is known for this moment alone
    if isinstance(part, Late):
        return {"late": ("1",)}
    if isinstance(part, Stock):
        is_now = period.last >= clock.today()
        if not list_of(part.rows.of).is_loop:
            return {} if is_now else {"created_at_to": (period.last.isoformat(),)}
        return {"open": ("1",)} if is_now else {"open_on": (period.last.isoformat(),)}
    return {f"{part.on}_from": (period.first.isoformat(),), f"{part.on}_to": (period.last.isoformat(),)}
