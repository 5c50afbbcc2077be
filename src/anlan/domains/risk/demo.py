"""Demonstration of risks: which enterprises begin with which template, how far their gradings have come, who confirms.

Pure: it chooses from one seed; the composition enters what it chooses through the same doors people use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from anlan.domains.risk.trades import Trade, suited

BETTER = {
    "10": "6",
    "6": "3",
    "3": "1",
    "1": "0.5",
    "0.5": "0.2",
}  # the likelihood after the measures, of LEC
CONFIRMED_DAYS = 3


@dataclass(frozen=True, slots=True)
class Register:
    """One enterprise's register: its template, how many of its gradings are approved, and whether residual ones are made."""

    firm: int
    trade: Trade
    approved: float
    has_residual: bool


def registers(
    random: Random, industries: Sequence[str], scales: Sequence[str], *, each: int
) -> list[Register]:
    """Choose ``each`` enterprises for every template, those whose industry it suits; larger ones have come further."""
    chosen: dict[int, Register] = {}
    counted: dict[str, int] = {}
    order = list(range(len(industries)))
    random.shuffle(order)
    for at in order:
        trade = next(
            (
                one
                for one in suited(industries[at])
                if one.suits(industries[at]) and counted.get(one.key, 0) < each
            ),
            None,
        )
        if trade is None:
            continue
        counted[trade.key] = counted.get(trade.key, 0) + 1
        first = counted[trade.key] == 1
        chosen[at] = Register(
            at,
            trade,
            1.0 if first or scales[at] in ("large", "medium") else random.choice((0.0, 0.5, 0.8)),
            first,
        )
    return [chosen[at] for at in sorted(chosen)]


def residual_of(scores: dict[str, str]) -> dict[str, str]:
    """Return the scores after the measures: one step less likely."""
    return {**scores, "lec_l": BETTER.get(scores["lec_l"], scores["lec_l"])}
