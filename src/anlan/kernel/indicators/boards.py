"""Boards (看板): which figures of a subject stand together, and which questions its charts answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anlan.kernel.indicators.declaration import Indicator, WrongDeclaration
from anlan.kernel.indicators.formulas import Breakdown, Late, Rows
from anlan.kernel.words import Words


@dataclass(frozen=True)
class Stage:
    """One stage of a loop's funnel: its words and the states that have come this far."""

    words: Words
    states: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """One board.

    ``figures`` head it; ``rate`` and ``count`` compare the places below side by side; ``trend`` runs over months; ``stages``
    read the breakdown ``states``; ``late`` says by whose deadlines what is overdue ages; ``hours`` is the heat of the week.
    """

    slug: str
    words: Words
    of: str
    figures: Sequence[Indicator]
    rate: Indicator
    count: Indicator
    trend: Sequence[Indicator]
    states: Breakdown
    stages: Sequence[Stage]
    late: Indicator
    hours: Breakdown

    def __post_init__(self) -> None:
        if not isinstance(self.late.formula, Late):
            raise WrongDeclaration(f"{self.slug}: {self.late.slug} does not count what is late")
        _BOARDS[self.slug] = self

    @property
    def ageing(self) -> Rows:
        """Return the rows whose lateness ages."""
        return self.late.rows


_BOARDS: dict[str, Board] = {}


def boards() -> Iterator[Board]:
    """Return every board in the order of declaration."""
    return iter(_BOARDS.values())


def board_named(slug: str) -> Board | None:
    """Return the board with this slug."""
    return _BOARDS.get(slug)


def breakdowns() -> list[Breakdown]:
    """Return every breakdown a board asks for."""
    return [part for board in boards() for part in (board.states, board.hours)]
