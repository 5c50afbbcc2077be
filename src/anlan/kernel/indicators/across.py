"""Reading the roll-ups of other cities, one city at a time: all that a province knows of them.

A province's role may read these tables and columns of a city's schema and nothing else (``anlan.site.provinces``). No query
joins two schemas, so that each city may lie on a machine of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.counting import Counted, Reach, Rolled
from anlan.kernel.indicators.declaration import Indicator
from anlan.kernel.indicators.formulas import Part, parts_of
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.indicators.measured import Measured
from anlan.kernel.indicators.models import DAY, MONTH, RollUp, Tally
from anlan.kernel.indicators.reading import measured_of
from anlan.kernel.indicators.sheet import Cell, Span, counted_of, held, span_for
from anlan.kernel.indicators.tallies import counting_of
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

NOT_JOINED = Words("尚未接入", "Not joined yet")
NOT_READABLE = Words("读不到汇总数据", "Its roll-ups cannot be read")
NOT_COUNTED = Words("汇总尚未完成", "Its roll-ups are not complete yet")
TERRITORY_COLUMNS = ("segment", "path", "name", "name_en", "level")


def readable() -> dict[str, tuple[str, ...]]:
    """Return what a province may read of a city: tables, with their columns where not all of them."""
    whole: tuple[str, ...] = ()
    return {
        RollUp._meta.db_table: whole,
        Tally._meta.db_table: whole,
        Territory._meta.db_table: TERRITORY_COLUMNS,
    }


@dataclass(frozen=True)
class CityFigures:
    """What was read of one city: its figures by slug and as of when; or why there are none."""

    place: Territory
    as_of: datetime | None = None
    figures: dict[str, Measured] = field(default_factory=dict)
    missing: Words | None = None


@dataclass(frozen=True)
class _Sheet:
    """The cells of one city's roll-up by tally, and which tallies are complete."""

    as_of: datetime | None
    complete: frozenset[str]
    cells: dict[tuple[str, int], list[Cell]]


def figures_of_city(
    actor: Actor, place: Territory, schema: str | None, wanted: Sequence[Indicator], period: Period
) -> CityFigures:
    """Read figures of one city from its schema, as far as the actor's post may see sums of it."""
    if not schema:
        return CityFigures(place, missing=NOT_JOINED)
    reach = Reach(actor, place)
    parts = list(dict.fromkeys(part for one in wanted for part in parts_of(one.formula)))
    reaching = {part: reach.rolled(list_of(part.rows.of).model._meta.app_label) for part in parts}
    asked = {part: rolled for part, rolled in reaching.items() if rolled is not None}
    spans = {part: span_for(part, period) for part in asked}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            sheet = _read(cursor, schema, place, asked, list(spans.values()))
    except DatabaseError:
        return CityFigures(place, missing=NOT_READABLE)
    if sheet is None:
        return CityFigures(place, missing=NOT_READABLE)
    found = {part: _counted(sheet, part, rolled, spans[part]) for part, rolled in asked.items()}
    figures = {}
    for one in wanted:
        counts = {part: found.get(part) for part in parts_of(one.formula)}
        known = {part: count for part, count in counts.items() if count is not None}
        if len(known) == len(counts):
            figures[one.slug] = measured_of(one, reach, period, known)
        else:
            figures[one.slug] = Measured(one, period, place, None, 0, unknown=NOT_COUNTED)
    return CityFigures(place, sheet.as_of, figures)


def _read(
    cursor: Any, schema: str, place: Territory, asked: dict[Part, Rolled], spans: list[Span]
) -> _Sheet | None:
    """Ask one city's tables: where it lies in its own tree, which tallies are complete, and their cells."""
    name = connection.ops.quote_name
    rollup, tally, territory = (
        f"{name(schema)}.{name(model._meta.db_table)}" for model in (RollUp, Tally, Territory)
    )
    # Names of schema and tables cannot be parameters; they are quoted.
    cursor.execute(f'SELECT "path" FROM {territory} WHERE "segment" = %s', [place.segment])  # noqa: S608
    path = cursor.fetchone()
    if path is None:
        return None
    keys = sorted({counting.key for part in asked for counting in counting_of(part)})
    cursor.execute(
        f'SELECT "key", "complete_at" IS NOT NULL, "rolled_at" FROM {tally} WHERE "key" = ANY(%s)',  # noqa: S608
        [keys],
    )
    rows = cursor.fetchall()
    cells: dict[tuple[str, int], list[Cell]] = {}
    for ceiling, sectors in {(rolled.ceiling, rolled.sectors) for rolled in asked.values()}:
        when, values = _when(spans)
        cursor.execute(
            'SELECT t."key", r."grain", r."day", r."bucket", sum(r."value"), sum(r."rows")'  # noqa: S608
            f' FROM {rollup} r JOIN {tally} t ON t."id" = r."tally_id"'
            ' WHERE t."key" = ANY(%s) AND r."place" = %s AND r."sector" = ANY(%s) AND r."sensitivity" <= %s'
            f" AND ({when}) GROUP BY 1, 2, 3, 4",
            [keys, path[0], list(sectors), ceiling, *values],
        )
        for key, *cell in cursor.fetchall():
            cells.setdefault((key, ceiling), []).append((cell[0], cell[1], cell[2], cell[3], int(cell[4])))
    for mine in cells.values():
        mine.sort()  # as ``held`` asks for them
    complete = frozenset(key for key, is_complete, _ in rows if is_complete)
    return _Sheet(max((at for _, _, at in rows if at), default=None), complete, cells)


def _when(spans: list[Span]) -> tuple[str, list[Any]]:
    """Return the condition for the cells of some stretches of days."""
    conditions, values = ["false"], list[Any]()
    months = [span.months for span in spans if span.months]
    if months:
        conditions.append('(r."grain" = %s AND r."day" BETWEEN %s AND %s)')
        values += [MONTH, min(m[0] for m in months), max(m[1] for m in months)]
    for first, last in sorted({edge for span in spans for edge in span.days}):
        conditions.append('(r."grain" = %s AND r."day" BETWEEN %s AND %s)')
        values += [DAY, first, last]
    return " OR ".join(conditions), values


def _counted(sheet: _Sheet, part: Part, rolled: Rolled, span: Span) -> Counted | None:
    countings = counting_of(part)
    if any(counting.key not in sheet.complete for counting in countings):
        return None
    mine = [held(sheet.cells.get((counting.key, rolled.ceiling), ()), span) for counting in countings]
    return counted_of(part, mine, 0)
