"""Adding up groups of rows in every place they count for: the cells of a few days, counted from the rows themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from anlan.kernel.indicators.lists import condition_of
from anlan.kernel.indicators.tallies import Counting, measures

Key = tuple[int, date, str, str, int, str]  # tally, day, place, sector, sensitivity, bucket
Cells = dict[Key, tuple[Decimal, int]]


class Summed(dict[Key, tuple[Decimal, int]]):
    """Cells that grow by what is added to them."""

    def add(self, key: Key, value: Decimal, rows: int) -> None:
        """Add a value and a number of rows to a cell."""
        old = self.get(key)
        self[key] = (old[0] + value, old[1] + rows) if old else (value, rows)


def gather(
    rows: QuerySet[Any, Any],
    wanted: dict[int, Counting],
    of: Callable[[str], Iterable[tuple[str, bool]]],
    cells: Summed,
) -> None:
    """Add up groups of rows in the places ``of`` their branch, for their sector and for all sectors."""
    counts: dict[Key, int] = defaultdict(int)
    for group, found in _groups(rows, wanted):
        day, branch, sector, sensitivity, bucket = group
        for place, by_sector in of(branch):
            for each in ("", sector) if by_sector else ("",):
                for tally, count, value in found:
                    key = (tally, day, place, each, sensitivity, bucket)
                    if value is None:
                        counts[key] += count
                    else:
                        cells.add(key, value, count)
    # A plain count is added up as a number and becomes a cell once: most of a day's work is these additions.
    cells.update((key, (Decimal(count), count)) for key, count in counts.items())


def _groups(rows: QuerySet[Any, Any], wanted: dict[int, Counting]) -> Iterator[tuple[Any, list[Any]]]:
    """Yield (day, branch, sector, sensitivity, bucket) of each group of rows with its tallies: (which, rows, sum or None).

    Read off the cursor: a day of a large city has thousands of groups, and Django makes a dictionary of each.
    """
    countings = list(wanted.items())
    asked = measures([one for _, one in countings], lambda one: condition_of(one.rows))
    with connection.cursor() as cursor:
        cursor.execute(*rows.annotate(**asked).query.sql_with_params())
        at = {column.name: place for place, column in enumerate(cursor.description or ())}
        keys = [at[name] for name in ("d", "branch", "sector", "sensitivity")]
        bucket = at.get("bucket")
        totals = [
            (tally, at[f"rows_{n}"], at[f"total_{n}"] if one.total else None)
            for n, (tally, one) in enumerate(countings)
        ]
        for row in cursor:
            found = [
                (tally, row[n], None if total is None else Decimal(row[total] or 0))
                for tally, n, total in totals
                if row[n]
            ]
            if found:
                yield (*(row[n] for n in keys), (row[bucket] or "")[:24] if bucket is not None else ""), found
