"""Reading figures: for an actor, a place and a period. What is counted is what the actor's lists show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.counting import Counted, Reach, counts
from anlan.kernel.indicators.declaration import Indicator
from anlan.kernel.indicators.formulas import (
    NO_PAST,
    NOTHING_BELOW,
    NOTHING_HERE,
    Median,
    Part,
    Rate,
    Ratio,
    counted,
    parts_of,
)
from anlan.kernel.indicators.measured import Measured
from anlan.kernel.indicators.yearly import yearly
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words


def figure(indicator: Indicator, actor: Actor, period: Period, place: Territory | None = None) -> Measured:
    """Return one figure; ``place`` None: all the actor sees."""
    return figures([indicator], actor, period, place)[indicator.slug]


def figures(
    wanted: Iterable[Indicator], actor: Actor, period: Period, place: Territory | None = None
) -> dict[str, Measured]:
    """Return several figures of one place and period by slug."""
    reach = Reach(actor, place)
    return {one.slug: _measured(one, reach, period) for one in wanted}


def series(
    indicator: Indicator, actor: Actor, periods: Sequence[Period], place: Territory | None = None
) -> list[Measured]:
    """Return one figure for each period, in order."""
    reach = Reach(actor, place)
    return [_measured(indicator, reach, period) for period in periods]


def by_place(
    indicator: Indicator, actor: Actor, period: Period, places: Iterable[Territory]
) -> list[Measured]:
    """Return one figure for each place, in the order given."""
    return [_measured(indicator, Reach(actor, place), period) for place in places]


def _measured(indicator: Indicator, reach: Reach, period: Period) -> Measured:
    if indicator.is_of_this_moment and not period.first <= clock.today() <= period.last:
        return Measured(indicator, period, reach.place, None, 0, unknown=NO_PAST, sectors=reach.sectors)
    found = {part: counts(part, reach, period) for part in parts_of(indicator.formula)}
    return put_together(indicator, reach, period, found)


def put_together(
    indicator: Indicator, reach: Reach, period: Period, found: Mapping[Part, Counted]
) -> Measured:
    """Make the figure of its counts: a ratio of two, a rate of one, or the count itself."""
    formula = indicator.formula
    top = found[counted(formula)]
    value, base, unknown = top.value, None, None
    if isinstance(formula, Ratio):
        base = found[formula.bottom].value or Decimal(0)
        value, unknown = _divided(top.value, base, formula.per)
    elif isinstance(formula, Rate):
        below = yearly(formula.yearly, reach.standing(), period.last.year)
        base, unknown = below.value, below.unknown
        value = None if base is None else (top.value or Decimal(0)) * formula.per / base
    elif value is None:
        unknown = NOTHING_HERE if isinstance(formula, Median) else NO_PAST
    return Measured(indicator, period, reach.place, value, top.rows, base, unknown, reach.sectors)


def _divided(top: Decimal | None, bottom: Decimal, per: int) -> tuple[Decimal | None, Words | None]:
    if not bottom:
        return None, NOTHING_BELOW
    return (top or Decimal(0)) * per / bottom, None
