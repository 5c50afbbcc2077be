"""What the bench measures of figures, each a plain call: reading a board, counting a day anew."""

from __future__ import annotations

from datetime import date

from anlan.kernel import clock
from anlan.kernel.clock.periods import month, year
from anlan.kernel.indicators import rolling
from anlan.kernel.indicators.boards import Board
from anlan.kernel.indicators.declaration import indicators
from anlan.kernel.indicators.reading import split, table
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory


def read_board(board: Board, actor: Actor, place: Territory, below: list[Territory]) -> int:
    """Read everything a board shows, as its page does; returns how many figures were read."""
    this_year = year(clock.today())
    months = [month(clock.today())]
    while len(months) < 12:
        months.insert(0, months[0].previous())
    found = table(list(board.figures), actor, [this_year, this_year.previous()], [place])
    places = table([board.rate, board.count], actor, [this_year], below)
    past = table(list(board.trend), actor, months, [place])
    states, hours = split(board.states, actor, this_year, place), split(board.hours, actor, this_year, place)
    return len(found) + len(places) + len(past) + len(states) + len(hours)


def recompute_day(day: date) -> int:
    """Count one day of every figure anew from the rows; returns how many cells changed."""
    return rolling.recompute(day, day)


def figures_declared() -> int:
    """Return how many figures there are."""
    return sum(1 for _ in indicators())
