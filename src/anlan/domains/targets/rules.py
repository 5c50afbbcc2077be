"""The arithmetic of goals: what is to be reached, the straight path there, the gap. Pure: values in, values out.

Serves A2.2, A2.3 and the rates of 100 per cent. Less is better for deaths and accidents, more is better for rates; a gap
above nought always means behind the path.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

HUNDRED = Decimal(100)  # per cent: a unit, not a number of law


@dataclass(frozen=True, slots=True)
class Path:
    """A straight line from the value of the base year to the goal of the goal year; flat afterwards."""

    base_year: int
    base: Decimal
    goal_year: int
    goal: Decimal

    def at(self, year: int) -> Decimal | None:
        """Return where the path stands in a year; None before it begins."""
        if year < self.base_year:
            return None
        if year >= self.goal_year:
            return self.goal
        share = Decimal(year - self.base_year) / Decimal(self.goal_year - self.base_year)
        return self.base + (self.goal - self.base) * share


def reduced(base: Decimal, per_cent: Decimal) -> Decimal:
    """Return what remains of a base after a fall of so many per cent."""
    return base * (HUNDRED - per_cent) / HUNDRED


def fall(base: Decimal, now: Decimal) -> Decimal | None:
    """Return the fall against a base in per cent, below nought for a rise; None where the base is nought."""
    return (base - now) / base * HUNDRED if base else None


def gap(now: Decimal, wanted: Decimal, *, less_is_better: bool) -> Decimal:
    """Return how far behind what is wanted a value lies; nought or less means reached."""
    return now - wanted if less_is_better else wanted - now


def share(done: Decimal, due: Decimal) -> Decimal | None:
    """Return a share in per cent; None where there is nothing to share."""
    return done / due * HUNDRED if due else None
