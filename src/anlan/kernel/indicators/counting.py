"""How far a reading goes, and counting there from the rows themselves: for small places and people of one enterprise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models import Sum as Total

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.declaration import Indicator
from anlan.kernel.indicators.declared import declared_list
from anlan.kernel.indicators.dimensions import WHOLE, Only
from anlan.kernel.indicators.formulas import Breakdown, Declared, Late, Median, Part, Sum, counted
from anlan.kernel.indicators.lists import condition_of, list_of
from anlan.kernel.indicators.measured import when
from anlan.kernel.indicators.models import EVERY_SECTOR
from anlan.kernel.indicators.places import BY_SECTOR, ROLLED
from anlan.kernel.indicators.tallies import bucket_expression, counting_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under
from anlan.kernel.words import Words

MOST_PARTIES = 10


@dataclass(frozen=True)
class Counted:
    """What was counted: the value and the number of rows that make it."""

    value: Decimal | None
    rows: int


@dataclass(frozen=True)
class Rolled:
    """Which cells of the roll-up a reading may take: of which sectors, up to which sensitivity."""

    sectors: tuple[str, ...]
    ceiling: int


class Reach:
    """How far a reading goes: whose eyes, which place, which sectors of it, narrowed to what."""

    def __init__(self, actor: Actor, place: Territory | None, only: Only | None = None) -> None:
        self.actor, self.only = actor, only or WHOLE
        self.place = place if place is not None or not actor.grants else _home(actor)
        self._prefixes = tuple(self.place.prefixes()) if self.place is not None else ()

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """Return the sectors the actor or the reading is limited to here; none means all."""
        if self.only.sector:
            return (self.only.sector,)
        grants = self.actor.grants
        if not grants or any(grant.sector is None for grant in grants):
            return ()
        return tuple(sorted({grant.sector for grant in grants if grant.sector}))

    @cached_property
    def within(self) -> Q:
        """Return the condition for the place and the sectors."""
        condition = Q()
        for prefix in self._prefixes:
            condition |= under(prefix)
        return condition & Q(sector__in=self.sectors) if self.sectors else condition

    def looked_at(self) -> Territory:
        """Return the place of a reading of the roll-up, which always has one."""
        if self.place is None:
            raise LookupError("a reading without a place has no cells")
        return self.place

    def standing(self) -> Territory:
        """Return the place whose yearly figures a rate is measured against: the place looked at or the actor's own."""
        return self.place if self.place is not None else _home(self.actor)

    def rolled(self, domain: str) -> Rolled | None:
        """Return which cells of the roll-up hold exactly what the actor sees of this place, or None where none do."""
        place = self.place
        if place is None or place.level not in ROLLED or (self.sectors and place.level not in BY_SECTOR):
            return None
        if self.only.is_beyond_sectors:
            return None
        ceilings: set[int] = set()
        for prefix in self._prefixes:
            for sector in self.sectors or (None,):
                found = [
                    grant.ceiling
                    for grant in self.actor.grants
                    if prefix.startswith(grant.path)
                    and grant.sector in {sector, None if self.only.sector else sector}
                    and grant.domain in (None, domain)
                ]
                ceilings.add(max(found, default=-1))
        if len(ceilings) != 1 or -1 in ceilings:
            return None
        return Rolled(self.sectors or (EVERY_SECTOR,), ceilings.pop())


def _home(actor: Actor) -> Territory:
    return Territory.objects.get(path=actor.home_path)


def counts(part: Part, reach: Reach, period: Period) -> Counted:
    """Count the rows of one part of a formula from the actor's own list."""
    rows = _rows(part, reach, period)
    if isinstance(part, Median):
        return _median(part, rows.values_list(part.since, part.on))
    if isinstance(part, Sum):
        found = rows.aggregate(total=Total(part.field), rows=Count("pk"))
        return Counted(Decimal(found["total"] or 0), found["rows"])
    number = rows.count()
    return Counted(Decimal(number), number)


def declared(part: Declared) -> Counted:
    """Count the entries of a declared list that pass a filter."""
    number = declared_list(part.rows.of).count(part.rows.params())
    return Counted(Decimal(number), number)


def buckets(part: Breakdown, reach: Reach, period: Period) -> dict[str, int]:
    """Count the rows of a breakdown from the actor's own list, by bucket."""
    (counting,) = counting_of(part)
    rows = _rows(part, reach, period).annotate(bucket=bucket_expression(counting)).values_list("bucket")
    return dict(rows.annotate(rows=Count("pk")))


def most_rows(indicator: Indicator, reach: Reach, period: Period) -> list[tuple[str, Words]]:
    """Return the parties with the most rows of a figure (below the line of a ratio): (id, name), ten at most."""
    part = getattr(indicator.formula, "bottom", counted(indicator.formula))
    rows = _rows(part, reach, period).exclude(holder=None).values("holder_id", "holder__name")
    found = rows.annotate(rows=Count("pk")).order_by("-rows", "holder__name")[:MOST_PARTIES]
    return [(str(row["holder_id"]), Words(row["holder__name"], row["holder__name"])) for row in found]


def due_today(parts: Sequence[Late], reaches: Sequence[Reach]) -> dict[Late, list[int]]:
    """Count, for several readings of one actor, what fell due today and is late already: the roll-up knows whole days.

    Most kinds have nothing of the sort anywhere, which one question tells of all; the rest are asked for kind by kind.
    """
    found = {part: [0] * len(reaches) for part in parts}
    loops = dict.fromkeys(part.rows.of for part in parts)
    for slug in _with_due_today(list(loops)) if reaches else ():
        mine = [part for part in parts if part.rows.of == slug]
        for part, numbers in zip(mine, _due_today(slug, mine, reaches), strict=True):
            found[part] = numbers
    return found


def _with_due_today(slugs: Sequence[str]) -> list[str]:
    """Return those loops of which any matter at all, whoever sees it, fell due today and is late by now."""
    now = clock.now()
    begins = datetime.combine(clock.today(), time(), clock.CHINA)
    asked = [
        f"CASE WHEN EXISTS (SELECT 1 FROM {connection.ops.quote_name(list_of(slug).model._meta.db_table)}"  # noqa: S608
        f" WHERE closed_at IS NULL AND due_at >= %s AND due_at < %s) THEN '{slug}' END"
        for slug in slugs
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT array_remove(ARRAY[{', '.join(asked)}]::text[], NULL)", [begins, now] * len(slugs)
        )
        return list((cursor.fetchone() or ([],))[0])


def _due_today(slug: str, parts: Sequence[Late], reaches: Sequence[Reach]) -> list[list[int]]:
    """Count the parts of one loop, each for every reading."""
    listed, first = list_of(slug), reaches[0]
    params = {**first.only.params(slug), "late": ("1",), "due_at_from": (clock.today().isoformat(),)}
    is_narrowed_twice = any(params.keys() & part.rows.params().keys() for part in parts)
    if len(reaches) == 1 and not is_narrowed_twice:
        rows = listed.rows(first.actor, params, first.within)
        asked = {f"n{n}": Count("pk", filter=condition_of(part.rows)) for n, part in enumerate(parts)}
        counted = rows.aggregate(**asked)
        return [[counted[f"n{n}"]] for n in range(len(parts))]
    anywhere = Q()
    for reach in reaches:
        anywhere |= reach.within
    return [
        _by_place(listed.rows(first.actor, {**part.rows.params(), **params}, anywhere), reaches)
        for part in parts
    ]


def _by_place(rows: Any, reaches: Sequence[Reach]) -> list[int]:
    paths = Counter(rows.values_list("path", flat=True))
    return [
        sum(count for path, count in paths.items() if path.startswith(tuple(reach.place.prefixes())))
        if reach.place
        else 0
        for reach in reaches
    ]


def _rows(part: Part | Breakdown, reach: Reach, period: Period) -> Any:
    params = {**part.rows.params(), **reach.only.params(part.rows.of), **when(part, period)}
    return list_of(part.rows.of).rows(reach.actor, params, reach.within).order_by()


def _median(part: Median, pairs: Iterable[tuple[Any, Any]]) -> Counted:
    days = [(day_of(end) - day_of(start)).days for start, end in pairs if start and end]
    return Counted(Decimal(str(median(days))) if days else None, len(days))


def day_of(moment: date | datetime) -> date:
    """Return the day of an instant in China."""
    return moment.astimezone(clock.CHINA).date() if isinstance(moment, datetime) else moment
