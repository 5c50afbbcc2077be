"""Reading figures: for an actor, a place and a period. What is counted is what the actor's lists show.

Whole places are read from the roll-up, which is at most two seconds behind; villages and the people of one enterprise are
counted from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.conf import settings

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.counting import Counted, Reach, most_rows
from anlan.kernel.indicators.declaration import Indicator
from anlan.kernel.indicators.dimensions import Dimension, Only
from anlan.kernel.indicators.formulas import (
    NO_PAST,
    NOTHING_BELOW,
    NOTHING_HERE,
    OF_CITIES,
    WHOLE_YEARS,
    Breakdown,
    Part,
    Rate,
    Ratio,
    counted,
    parts_of,
)
from anlan.kernel.indicators.measured import Measured
from anlan.kernel.indicators.sheet import read, read_buckets
from anlan.kernel.indicators.yearly import yearly
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words


def figure(indicator: Indicator, actor: Actor, period: Period, place: Territory | None = None) -> Measured:
    """Return one figure; ``place`` None: all the actor's own territory."""
    return figures([indicator], actor, period, place)[indicator.slug]


def figures(
    wanted: Iterable[Indicator], actor: Actor, period: Period, place: Territory | None = None, only: Only | None = None
) -> dict[str, Measured]:  # fmt: skip
    """Return several figures of one place and period by slug, narrowed to a sector, a party or the like."""
    asked = list(wanted)
    found = measured(asked, [Reach(actor, place, only)], [period])
    return {one.slug: found[one.slug, 0, 0] for one in asked}


def series(
    indicator: Indicator, actor: Actor, periods: Sequence[Period], place: Territory | None = None
) -> list[Measured]:
    """Return one figure for each period, in order."""
    found = table([indicator], actor, periods, [place])
    return [found[indicator.slug, 0, n] for n in range(len(periods))]


def by_place(
    indicator: Indicator, actor: Actor, period: Period, places: Iterable[Territory]
) -> list[Measured]:
    """Return one figure for each place, in the order given."""
    asked = list(places)
    found = table([indicator], actor, [period], asked)
    return [found[indicator.slug, n, 0] for n in range(len(asked))]


def table(
    wanted: Sequence[Indicator], actor: Actor, periods: Sequence[Period], places: Sequence[Territory | None]
) -> dict[tuple[str, int, int], Measured]:
    """Return figures by slug, position of the place and position of the period; one reading of the roll-up for them all."""
    return measured(wanted, [Reach(actor, place) for place in places], periods)


def by_dimension(
    indicator: Indicator, actor: Actor, period: Period, place: Territory | None, dimension: Dimension
) -> list[tuple[str, Words, Measured]]:
    """Return one figure for each value of a dimension that has any rows: (value, its words, the figure).

    Of parties the ten with the most rows, named as their enterprises are.
    """
    values = dimension.values or tuple(most_rows(indicator, Reach(actor, place), period))
    reaches = [Reach(actor, place, Only(((dimension.name, value),))) for value, _ in values]
    found = measured([indicator], reaches, [period])
    lines = [(value, words, found[indicator.slug, n, 0]) for n, (value, words) in enumerate(values)]
    return [line for line in lines if line[2].rows or line[2].base]


def measured(
    wanted: Sequence[Indicator], reaches: Sequence[Reach], periods: Sequence[Period]
) -> dict[tuple[str, int, int], Measured]:
    """Return figures by slug, position of the reach and position of the period.

    A province has no rows of its own: what it would count is unknown, not nought.
    """
    if settings.ANLAN_PROVINCE and not all(one.is_declared for one in wanted):
        here = measured([one for one in wanted if one.is_declared], reaches, periods)
        return here | {
            (one.slug, n, m): Measured(one, period, reach.place, None, 0, unknown=OF_CITIES)
            for one in wanted
            if not one.is_declared
            for n, reach in enumerate(reaches)
            for m, period in enumerate(periods)
        }
    parts = [part for one in wanted for part in parts_of(one.formula)]
    found = read(parts, reaches, periods)
    return {
        (one.slug, n, m): measured_of(
            one, reach, period, {part: found[part, n, period] for part in parts_of(one.formula)}
        )
        for one in wanted
        for n, reach in enumerate(reaches)
        for m, period in enumerate(periods)
    }


def split(part: Breakdown, actor: Actor, period: Period, place: Territory | None = None) -> dict[str, int]:
    """Return how many rows each bucket of a breakdown holds."""
    return read_buckets(part, Reach(actor, place), period)


def measured_of(
    indicator: Indicator, reach: Reach, period: Period, found: Mapping[Part, Counted]
) -> Measured:
    """Make the figure of its counts: a ratio of two, a rate of one, or the count itself."""
    if indicator.is_of_this_moment and not period.first <= clock.today() <= period.last:
        return Measured(
            indicator, period, reach.place, None, 0, unknown=NO_PAST, sectors=reach.sectors, only=reach.only
        )
    formula = indicator.formula
    top = found[counted(formula)]
    value, base, unknown = top.value, None, None
    if isinstance(formula, Ratio):
        base = found[formula.bottom].value or Decimal(0)
        above = base - (top.value or Decimal(0)) if formula.rest else top.value
        value, unknown = _divided(above, base, formula.per)
    elif isinstance(formula, Rate):
        below = yearly(formula.yearly, reach.standing(), period.last.year)
        base, unknown = below.value, below.unknown
        if base is not None and not period.is_whole_year:
            base, unknown = None, WHOLE_YEARS
        value = None if base is None else (top.value or Decimal(0)) * formula.per / base
    elif value is None:
        unknown = NOTHING_HERE
    return Measured(indicator, period, reach.place, value, top.rows, base, unknown, reach.sectors, reach.only)


def _divided(top: Decimal | None, bottom: Decimal, per: int) -> tuple[Decimal | None, Words | None]:
    if not bottom:
        return None, NOTHING_BELOW
    return (top or Decimal(0)) * per / bottom, None
