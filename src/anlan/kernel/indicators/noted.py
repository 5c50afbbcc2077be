"""What the notes of writes say: the days on which something has to be counted anew, and the places around what was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from anlan.kernel import clock
from anlan.kernel.indicators.places import Around, PlacesOf
from anlan.kernel.indicators.tallies import day_expression
from anlan.kernel.scope.touched import FIGURES, taken

Notes = dict[Any, list[dict[str, Any]]]  # by row, what stood there before each write
MOST_BRANCHES = 60  # telling more of them apart costs as much as counting the whole day


def take_notes(most: int) -> dict[str, Notes]:
    """Take the oldest waiting notes out of their table: by kind of row and row what stood there before each write."""
    found: dict[str, Notes] = defaultdict(lambda: defaultdict(list))
    for model, row_id, before in taken(FIGURES, most):
        found[model][row_id].append(before)
    return found


def touched(
    model: Any, on: str, rows: Mapping[Any, list[dict[str, Any]]], places: PlacesOf
) -> tuple[set[date], Around | None]:
    """Return the days on which rows stand by a date now, and stood before they were written; and the places around them.

    No places: all of them, because they are many or a note does not say where its row stood.
    """
    if not rows:
        return set(), None
    all_rows = model.unscoped("the roll-up counts every row of the city").filter(pk__in=list(rows))
    stand = list(all_rows.annotate(d=day_expression(model, on)).values_list("d", "path"))
    stood = [(_day_in(old.get(on)), old.get("path")) for olds in rows.values() for old in olds if old]
    # A row counts on no day while it has no date: where it was then is nobody's cell.
    counted = [(day, path) for day, path in (*stand, *stood) if day is not None]
    days, paths = {day for day, _ in counted}, {path for _, path in counted}
    if None in paths or len(paths) > MOST_BRANCHES:
        return days, None
    around = places.around(path for path in paths if path is not None)
    return days, around if len(around.branches) <= MOST_BRANCHES else None


def _day_in(text: str | None) -> date | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.date() if len(text) == len("2026-01-01") else moment.astimezone(clock.CHINA).date()
