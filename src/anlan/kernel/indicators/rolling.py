"""Keeping the roll-up in step with the rows: what was touched is counted anew by day, at most two seconds later.

A cell is always counted whole, from the rows themselves, and compared with what was kept; only differences are written. So a
late row, a move, a corrected grade, an archived row need no rule of their own, and counting twice does no harm. Of a day
that was touched the cells of those places are counted that the rows written count for, now and before.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models import Sum as Total

from anlan.kernel import clock
from anlan.kernel.indicators.adding import Cells, Key, Summed
from anlan.kernel.indicators.days import as_kept, from_the_rows
from anlan.kernel.indicators.filling import fill
from anlan.kernel.indicators.lists import condition_of
from anlan.kernel.indicators.models import DAY, MONTH, Ground, RollUp, Tally
from anlan.kernel.indicators.noted import take_notes, touched
from anlan.kernel.indicators.places import Around, PlacesOf, zones_now
from anlan.kernel.indicators.tallies import Counting, all_countings, day_expression
from anlan.kernel.scope.touched import FIGURES, is_waiting, watch

BATCH = 4000
LOCK = 0x524F  # one roll-up at a time in a city
DAYS_AT_ONCE = 31


def watch_all() -> None:
    """Note from now on what is written to every table that is counted."""
    for counting in all_countings().values():
        watch(counting.model, [*counting.model.dates(), "path"])


def is_behind() -> bool:
    """Say whether anything was written since the last roll-up; costs one small question."""
    return is_waiting(FIGURES)


def roll_up() -> int:
    """Count anew the days of what was written since the last time; returns how many writes were taken in.

    Also counts whole what was declared since, so that a new figure has its past, and the zones that changed. Safe to run
    twice at once.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        zones = _changed_zones()
        tallies = known()
        for key, tally in tallies.items():
            if tally.complete_at is None:
                _recount(tally, all_countings()[key])
            elif zones:
                fill(tally.pk, all_countings()[key], zones)
        return _drain(tallies)


def _changed_zones() -> frozenset[str]:
    """Return the zones that gained or lost a place since the last time, by an act or because a day passed.

    A place counts in its zone beside the places above it: so nothing but the cells of that zone is to be counted anew.
    """
    now, ground = zones_now(), Ground.objects.first()
    if ground is None:
        Ground.objects.create(members=now, noted_at=clock.now())
        return frozenset()
    changed = frozenset(zone for zone in {*now, *ground.members} if now.get(zone) != ground.members.get(zone))
    if changed:
        ground.members, ground.noted_at = now, clock.now()
        ground.save()
    return changed


def recompute(first: date | None = None, last: date | None = None, keys: Iterable[str] = ()) -> int:
    """Count days anew from the rows, all of them by default; returns how many cells were wrong."""
    with transaction.atomic():
        _alone(wait=True)
        tallies, asked = known(), set(keys)
        wanted = {key: one for key, one in all_countings().items() if not asked or key in asked}
        if first is None and last is None:
            return sum(_recount(tallies[key], counting) for key, counting in wanted.items())
        wrong, places = 0, PlacesOf()
        for (model, on), mine in _by_table(wanted, tallies).items():
            days = _days(first, last) if first and last else _days_of(wanted, tallies, mine, first, last)
            wrong += sum(_count(model, on, some, mine, places) for some in _chunks(days))
        return wrong


def _by_table(
    wanted: Mapping[str, Counting], tallies: Mapping[str, Tally]
) -> dict[tuple[Any, str], dict[int, Counting]]:
    """Return by table and date what is counted there: one pass over the rows counts all of it."""
    found: dict[tuple[Any, str], dict[int, Counting]] = defaultdict(dict)
    for key, counting in wanted.items():
        found[counting.model, counting.on][tallies[key].pk] = counting
    return found


def _days_of(
    wanted: Mapping[str, Counting], tallies: Mapping[str, Tally], mine: Mapping[int, Counting],
    first: date | None, last: date | None,
) -> list[date]:  # fmt: skip
    """Return every day from one end that was given to the other end of what there is."""
    ends = [_extent(one, tallies[key]) for key, one in wanted.items() if tallies[key].pk in mine]
    starts, stops = [start for start, _ in ends if start], [end for _, end in ends if end]
    return _days(first or min(starts, default=None), last or max(stops, default=None))


def forget() -> None:
    """Let the next roll-up count everything whole: after rows or places were changed by other ways than a write of a row."""
    Tally.objects.update(complete_at=None)


def verify() -> str:
    """Compare the whole roll-up with the rows; returns the first cell that is wrong, in words, or an empty text.

    What was written and not yet rolled up is taken in first.
    """
    while roll_up():
        pass
    tallies, places = known(), PlacesOf()
    for key, counting in all_countings().items():
        start, end = _extent(counting, tallies[key])
        for days in _chunks(_days(start, end)):
            tally = {tallies[key].pk: counting}
            fresh = from_the_rows(counting.model, counting.on, days, tally, places)
            kept = as_kept(tally, days)
            for cell in sorted({*fresh, *kept}, key=str):
                if fresh.get(cell) != kept.get(cell):
                    return _said(key, cell, fresh.get(cell), kept.get(cell))
        wrong = _wrong_month(tallies[key])
        if wrong:
            return f"{key} {wrong}"
    return ""


def rolled_at() -> datetime | None:
    """Return when the roll-up last ran."""
    found: datetime | None = Tally.objects.aggregate(at=Max("rolled_at"))["at"]
    return found


def known() -> dict[str, Tally]:
    """Return the tallies of all declarations, those of new ones made now; what nobody declares any more is dropped."""
    wanted = all_countings()
    found = {tally.key: tally for tally in Tally.objects.all()}
    for key in wanted.keys() - found.keys():
        found[key] = Tally.objects.get_or_create(key=key)[0]
    gone = [tally.pk for key, tally in found.items() if key not in wanted]
    if gone:
        Tally.objects.filter(pk__in=gone).delete()
    return {key: found[key] for key in wanted}


def _alone(*, wait: bool = False) -> bool:
    act = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {act}(%s, hashtext(current_schema()))", [LOCK])
        (got,) = cursor.fetchone() or (False,)
    return wait or bool(got)


def _drain(tallies: dict[str, Tally]) -> int:
    notes = take_notes(BATCH)
    if not notes:
        return 0
    places = PlacesOf()
    for (model, on), wanted in _by_table(all_countings(), tallies).items():
        days, around = touched(model, on, notes.get(model._meta.label, {}), places)
        for some in _chunks(sorted(days)):
            _count(model, on, some, wanted, places, around)
    Tally.objects.filter(pk__in=[tally.pk for tally in tallies.values()]).update(rolled_at=clock.now())
    return sum(len(found) for found in notes.values())


def _recount(tally: Tally, counting: Counting) -> int:
    """Count a tally whole, every day it has rows or cells on."""
    wrong = fill(tally.pk, counting)
    Tally.objects.filter(pk=tally.pk).update(complete_at=clock.now(), rolled_at=clock.now())
    return wrong


def _extent(counting: Counting, tally: Tally) -> tuple[date | None, date | None]:
    """Return the first and the last day a tally has rows or cells on."""
    rows = counting.model.unscoped("the roll-up counts every row of the city").filter(
        condition_of(counting.rows)
    )
    found = rows.annotate(d=day_expression(counting.model, counting.on)).aggregate(
        first=Min("d"), last=Max("d")
    )
    kept = RollUp.objects.filter(tally=tally).aggregate(first=Min("day"), last=Max("day"))
    firsts = [day for day in (found["first"], kept["first"]) if day]
    lasts = [day for day in (found["last"], kept["last"]) if day]
    return (min(firsts), max(lasts)) if firsts else (None, None)


def _days(first: date | None, last: date | None) -> list[date]:
    if first is None or last is None:
        return []
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _chunks(days: list[date]) -> Iterator[list[date]]:
    for start in range(0, len(days), DAYS_AT_ONCE):
        yield days[start : start + DAYS_AT_ONCE]


def _count(
    model: Any, on: str, days: list[date], wanted: dict[int, Counting], places: PlacesOf, around: Around | None = None
) -> int:  # fmt: skip
    """Count some days of some tallies of one table and date anew; returns how many cells changed.

    ``around``: the cells of these places alone, all of them by default.
    """
    fresh, kept = from_the_rows(model, on, days, wanted, places, around), as_kept(wanted, days, around)
    if fresh == kept:
        return 0  # nearly every cell is right, and of a day counted anew mostly all are
    changed = {cell: fresh.get(cell) for cell in {*fresh, *kept} if fresh.get(cell) != kept.get(cell)}
    if changed:
        _write(changed, kept)
    return len(changed)


def _write(changed: dict[Key, tuple[Decimal, int] | None], kept: Cells) -> None:
    """Write the cells that differ, and move their months by the difference."""
    now, months = clock.now(), Summed()
    nothing = (Decimal(0), 0)
    for cell, found in changed.items():
        value, rows = found or nothing
        old_value, old_rows = kept.get(cell, nothing)
        tally, day, *rest = cell
        months.add((tally, day.replace(day=1), *rest), value - old_value, rows - old_rows)  # type: ignore[arg-type]
    _upsert(DAY, {cell: found or nothing for cell, found in changed.items()}, now, _PUT)
    _upsert(MONTH, months, now, _ADD)
    if None not in changed.values():
        return  # no day became empty, so no month did: the rule where matters are opened
    tallies = {cell[0] for cell in changed}
    firsts = {cell[1] for cell in changed} | {cell[1] for cell in months}
    RollUp.objects.filter(tally__in=tallies, grain__in=(DAY, MONTH), day__in=firsts, rows=0).delete()


_INTO = (
    'INSERT INTO "indicators_rollup" AS kept ("tally_id", "grain", "day", "place", "sector", "sensitivity", "bucket", "value",'
    ' "rows", "computed_at") SELECT t, %s, d, p, s, n, b, v, r, %s FROM unnest(%s::bigint[], %s::date[], %s::text[],'
    " %s::text[], %s::int[], %s::text[], %s::numeric[], %s::int[]) AS u(t, d, p, s, n, b, v, r)"
    ' ON CONFLICT ("tally_id", "grain", "place", "sector", "day", "sensitivity", "bucket") DO UPDATE SET'
)
_PUT = _INTO + ' "value" = EXCLUDED."value", "rows" = EXCLUDED."rows", "computed_at" = EXCLUDED."computed_at"'
_ADD = _INTO + (
    ' "value" = kept."value" + EXCLUDED."value", "rows" = kept."rows" + EXCLUDED."rows",'
    ' "computed_at" = EXCLUDED."computed_at"'
)


def _upsert(grain: str, cells: Mapping[Key, tuple[Decimal, int]], now: datetime, sql: str) -> None:
    columns = list(zip(*((*cell, *found) for cell, found in cells.items()), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [grain, now, *(list(column) for column in columns)])


def _wrong_month(tally: Tally) -> str:
    """Return the first month that is not the sum of its days, in words."""
    months = RollUp.objects.filter(tally=tally, grain=MONTH)
    for month in months.values_list("day", flat=True).distinct().order_by("day"):
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        days = RollUp.objects.filter(tally=tally, grain=DAY, day__range=(month, last))
        sums = [
            rows.aggregate(v=Total("value"), r=Total("rows")) for rows in (months.filter(day=month), days)
        ]
        if sums[0] != sums[1]:
            return f"{month:%Y-%m}: {sums[0]['r']} ≠ {sums[1]['r']}"
    return ""


def _said(key: str, cell: Key, fresh: tuple[Decimal, int] | None, kept: tuple[Decimal, int] | None) -> str:
    _, day, place, sector, _, bucket = cell
    where = " ".join(part for part in (str(day), place, sector, bucket) if part)
    return f"{key} {where}: {kept[1] if kept else 0} ≠ {fresh[1] if fresh else 0}"
