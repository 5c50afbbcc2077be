"""Reading the roll-up: many figures, places and periods in one query; whole months where they fit, days at the edges."""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.db.models import Sum as Total

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.counting import Counted, Reach, Rolled, buckets, counts, declared, due_today
from anlan.kernel.indicators.formulas import Breakdown, Declared, Late, Median, Part, Stock
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.indicators.models import DAY, MONTH, RollUp, Tally
from anlan.kernel.indicators.tallies import Counting, counting_of

Cell = tuple[str, date, str, Decimal, int]  # grain, day, bucket, value, rows
BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True)
class Span:
    """A stretch of days as whole months and the days at its edges; both ends included."""

    months: tuple[date, date] | None
    days: tuple[tuple[date, date], ...]


def span_of(first: date, last: date) -> Span:
    """Cut a stretch of days into whole months and the days at its edges."""
    if first > last:
        return Span(None, ())
    start = first if first.day == 1 else _month_after(first)
    end = last if last == _month_end(last) else last.replace(day=1) - timedelta(days=1)
    if start > end:
        return Span(None, ((first, last),))
    edges = [(first, start - timedelta(days=1)), (end + timedelta(days=1), last)]
    return Span((start, end.replace(day=1)), tuple(edge for edge in edges if edge[0] <= edge[1]))


def read(
    parts: Iterable[Part], reaches: Sequence[Reach], periods: Sequence[Period]
) -> dict[tuple[Part, int, Period], Counted]:
    """Return what every part counts in every reading (by its place in the sequence) and period."""
    found: dict[tuple[Part, int, Period], Counted] = {}
    wanted = list(dict.fromkeys(parts))
    complete = _complete()
    groups: dict[Rolled, list[tuple[Part, int]]] = defaultdict(list)
    for part in wanted:
        if isinstance(part, Declared):
            same = declared(part)
            found.update({(part, n, period): same for n, _ in enumerate(reaches) for period in periods})
            continue
        known = all(counting.key in complete for counting in counting_of(part))
        domain = list_of(part.rows.of).model._meta.app_label
        for n, reach in enumerate(reaches):
            rolled = reach.rolled(domain) if known else None
            if rolled is None:
                found.update({(part, n, period): counts(part, reach, period) for period in periods})
            else:
                groups[rolled].append((part, n))
    for rolled, pairs in groups.items():
        found.update(_rolled(rolled, pairs, reaches, periods, complete))
    return found


def read_buckets(part: Breakdown, reach: Reach, period: Period) -> dict[str, int]:
    """Return how many rows each bucket of a breakdown holds."""
    complete, (counting,) = _complete(), counting_of(part)
    rolled = reach.rolled(counting.model._meta.app_label)
    if rolled is None or counting.key not in complete or reach.place is None:
        return buckets(part, reach, period)
    span = _span(period)
    found: dict[str, int] = defaultdict(int)
    cells = _cells(rolled, {complete[counting.key]: [span]}, {reach.place.path})
    for _, _, bucket, _, rows in held(cells.get((complete[counting.key], reach.place.path), ()), span):
        found[bucket] += rows
    return dict(found)


def read_late(part: Late, reach: Reach, edges: Sequence[tuple[date, date]]) -> list[int]:
    """Return how many rows are late by stretches of the day they fell due (both ends included, all before today)."""
    complete, (counting,) = _complete(), counting_of(part)
    rolled = reach.rolled(counting.model._meta.app_label)
    if rolled is None or counting.key not in complete or reach.place is None:
        listed = list_of(part.rows.of)
        return [
            listed.rows(reach.actor, {**part.rows.params(), "late": ("1",), "due_at_from": (first.isoformat(),),
                                      "due_at_to": (last.isoformat(),)}, reach.within).count()
            for first, last in edges
        ]  # fmt: skip
    spans = [span_of(first, last) for first, last in edges]
    key = (complete[counting.key], reach.place.path)
    cells = _cells(rolled, {key[0]: spans}, {key[1]}).get(key, ())
    return [sum(cell[4] for cell in held(cells, span)) for span in spans]


def _rolled(
    rolled: Rolled, pairs: list[tuple[Part, int]], reaches: Sequence[Reach], periods: Sequence[Period],
    complete: dict[str, int],
) -> dict[tuple[Part, int, Period], Counted]:  # fmt: skip
    places = {reaches[n].looked_at().path for _, n in pairs}
    spans = {(part, period): span_for(part, period) for part, _ in pairs for period in periods}
    wanted: dict[int, list[Span]] = defaultdict(list)
    for part, period in spans:
        for one in counting_of(part):
            wanted[complete[one.key]].append(spans[part, period])
    cells = _cells(rolled, wanted, places)
    late = _late_today(pairs, reaches)
    found = {}
    for part, n in pairs:
        place = reaches[n].looked_at()
        ids = [complete[one.key] for one in counting_of(part)]
        for period in periods:
            mine = [held(cells.get((tally, place.path), ()), spans[part, period]) for tally in ids]
            found[part, n, period] = counted_of(part, mine, late.get((part, n), 0))
    return found


def _late_today(pairs: list[tuple[Part, int]], reaches: Sequence[Reach]) -> dict[tuple[Part, int], int]:
    by_places: dict[tuple[int, ...], list[Late]] = defaultdict(list)
    for part in dict.fromkeys(part for part, _ in pairs):
        if isinstance(part, Late):
            by_places[tuple(n for other, n in pairs if other == part)].append(part)
    return {
        (part, n): count
        for places, parts in by_places.items()
        for part, numbers in due_today(parts, [reaches[n] for n in places]).items()
        for n, count in zip(places, numbers, strict=True)
    }


def held(cells: Sequence[Cell], span: Span) -> list[Cell]:
    """Return the cells of a stretch of days; ``cells`` in the order of their grains and days, as ``_cells`` gives them."""
    found: list[Cell] = []
    stretches = [(DAY, *days) for days in span.days]
    if span.months is not None:
        stretches.append((MONTH, *span.months))
    for grain, first, last in stretches:
        # The end of a stretch is the beginning of the day after it: the same cell's other parts are never compared.
        start = bisect_left(cells, (grain, first))
        found += cells[start : bisect_left(cells, (grain, last + timedelta(days=1)), start)]
    return found


def counted_of(part: Part, found: list[list[Cell]], late_today: int) -> Counted:
    """Put the cells of the tallies of a part together."""
    values = [sum((cell[3] for cell in cells), Decimal(0)) for cells in found]
    rows = [sum(cell[4] for cell in cells) for cells in found]
    if isinstance(part, Median):
        return Counted(_middle(found[0]), rows[0])
    if isinstance(part, Stock) and len(found) > 1:
        return Counted(values[0] - values[1], rows[0] - rows[1])
    return Counted(values[0] + late_today, rows[0] + late_today)


def _middle(cells: list[Cell]) -> Decimal | None:
    """Return the median of whole numbers from how often each occurs."""
    often: dict[int, int] = defaultdict(int)
    for _, _, bucket, _, rows in cells:
        often[int(bucket)] += rows
    total = sum(often.values())
    if not total:
        return None
    wanted, passed, low = {(total - 1) // 2, total // 2}, 0, []
    for number in sorted(often):
        low += [number for at in wanted if passed <= at < passed + often[number]]
        passed += often[number]
    return Decimal(sum(low)) / len(low)


def span_for(part: Part, period: Period) -> Span:
    """Return the days whose cells make a part in a period."""
    if isinstance(part, Late):
        return span_of(BEGINNING, clock.today() - timedelta(days=1))
    if isinstance(part, Stock):
        return span_of(BEGINNING, _end(period))
    return _span(period)


def _span(period: Period) -> Span:
    return span_of(period.first, _end(period))


def _end(period: Period) -> date:
    """Return the last day to read: nothing lies beyond today, so the month it is may be read whole."""
    return (
        min(period.last, _month_end(clock.today()))
        if period.last < clock.today()
        else _month_end(clock.today())
    )


def _cells(
    rolled: Rolled, wanted: Mapping[int, Sequence[Span]], places: set[str]
) -> dict[tuple[int, str], list[Cell]]:
    """Return the cells of some tallies, of each no more than its stretches of days, in the order of grains and days."""
    when = Q(pk=None)  # nothing asked for is nothing read, not everything
    for stretches, tallies in _by_stretches(wanted).items():
        days = Q(pk=None)
        for grain, first, last in stretches:
            days |= Q(grain=grain, day__range=(first, last))
        when |= days & Q(tally__in=tallies)
    rows = RollUp.objects.filter(
        when, place__in=places, sector__in=rolled.sectors, sensitivity__lte=rolled.ceiling
    )
    grouped = rows.order_by().values_list("tally_id", "place", "grain", "day", "bucket")
    found: dict[tuple[int, str], list[Cell]] = defaultdict(list)
    try:
        sql, params = grouped.annotate(v=Total("value"), r=Total("rows")).query.sql_with_params()
    except EmptyResultSet:
        return found
    with connection.cursor() as cursor:  # thousands of cells, each as it comes: no column is to be converted
        cursor.execute(sql, params)
        for tally, place, *cell in cursor.fetchall():
            found[tally, place].append(tuple(cell))
    for cells in found.values():
        cells.sort()
    return found


def _by_stretches(
    wanted: Mapping[int, Sequence[Span]],
) -> dict[tuple[tuple[str, date, date], ...], list[int]]:
    """Return the tallies by the stretches they are asked for: most are asked for the same."""
    found: dict[tuple[tuple[str, date, date], ...], list[int]] = defaultdict(list)
    for tally, spans in wanted.items():
        months = [span.months for span in spans if span.months]
        whole = [(MONTH, min(m[0] for m in months), max(m[1] for m in months))] if months else []
        edges = sorted({edge for span in spans for edge in span.days})
        found[(*whole, *((DAY, *edge) for edge in edges))].append(tally)
    return found


def _complete() -> dict[str, int]:
    """Return the tallies the roll-up knows whole, by key."""
    rows: Any = Tally.objects.exclude(complete_at=None).values_list("key", "pk")
    return dict(rows)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_after(day: date) -> date:
    return _month_end(day) + timedelta(days=1)


__all__ = ["Counting", "Span", "read", "read_buckets", "read_late", "span_of"]
