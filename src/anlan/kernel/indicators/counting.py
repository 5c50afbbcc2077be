"""Counting rows for a figure: by the lists of the actor, in a place, over a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from statistics import median

from django.db.models import Q
from django.db.models import Sum as Total

from anlan.kernel import clock
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.formulas import Median, Part, Sum
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.indicators.measured import when
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under


@dataclass(frozen=True)
class Counted:
    """What was counted: the value and the number of rows that make it."""

    value: Decimal | None
    rows: int


class Reach:
    """How far a reading goes: whose eyes, which place, which sectors of it."""

    def __init__(self, actor: Actor, place: Territory | None) -> None:
        self.actor, self.place = actor, place

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """Return the sectors the actor is limited to here; none means all."""
        grants = self.actor.grants
        if not grants or any(grant.sector is None for grant in grants):
            return ()
        return tuple(sorted({grant.sector for grant in grants if grant.sector}))

    @cached_property
    def within(self) -> Q:
        """Return the condition for the place and the sectors."""
        condition = Q()
        for prefix in self.place.prefixes() if self.place is not None else ():
            condition |= under(prefix)
        return condition & Q(sector__in=self.sectors) if self.sectors else condition

    def standing(self) -> Territory:
        """Return the place whose yearly figures a rate is measured against: the place looked at or the actor's own."""
        if self.place is not None:
            return self.place
        return Territory.objects.get(path=self.actor.home_path)


def counts(part: Part, reach: Reach, period: Period) -> Counted:
    """Count the rows of one part of a formula."""
    params = {**part.rows.params(), **when(part, period)}
    rows = list_of(part.rows.of).rows(reach.actor, params, reach.within).order_by()
    if isinstance(part, Median):
        return _median(part, rows.values_list(part.since, part.on))
    if isinstance(part, Sum):
        found = rows.filter(**{f"{part.field}__isnull": False}).aggregate(total=Total(part.field))
        return Counted(found["total"] or Decimal(0), rows.count())
    number = rows.count()
    return Counted(Decimal(number), number)


def _median(part: Median, pairs: object) -> Counted:
    days = [(day_of(end) - day_of(start)).days for start, end in pairs if start and end]  # type: ignore[attr-defined]
    return Counted(Decimal(str(median(days))) if days else None, len(days))


def day_of(moment: date | datetime) -> date:
    """Return the day of an instant in China."""
    return moment.astimezone(clock.CHINA).date() if isinstance(moment, datetime) else moment
