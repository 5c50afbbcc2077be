"""Tallies: the additive counts by day from which every figure is put together.

A matter that stands at the end of a day was opened by then and not ended by then, so a stock is what was opened less what was
ended; what is late is what is open, by the day it fell due. So nothing has to be counted again because a day passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Func, IntegerField, Value
from django.db.models import Sum as Total
from django.db.models.functions import Cast, Concat, ExtractHour, ExtractIsoWeekDay, TruncDate

from anlan.kernel import clock
from anlan.kernel.indicators.boards import breakdowns
from anlan.kernel.indicators.declaration import indicators
from anlan.kernel.indicators.formulas import (
    Breakdown,
    Declared,
    Flow,
    Late,
    Median,
    Part,
    Rows,
    Sum,
    parts_of,
)
from anlan.kernel.indicators.lists import list_of


@dataclass(frozen=True)
class Counting:
    """One tally: rows of a filter, by one of their dates; ``total`` sums a column; ``split`` puts them into buckets."""

    rows: Rows
    on: str
    total: str = ""
    split: str = ""

    @property
    def key(self) -> str:
        """Return the name under which the tally is kept."""
        where = "&".join(f"{name}={','.join(values)}" for name, values in sorted(self.rows.params().items()))
        return ":".join(part for part in (self.rows.of, self.on, where, self.total, self.split) if part)

    @property
    def model(self) -> Any:
        """Return the model whose rows are counted."""
        return list_of(self.rows.of).model


def counting_of(part: Part | Breakdown) -> tuple[Counting, ...]:
    """Return the tallies of one part of a formula; of a stock of matters: what came, then what went; of what no
    table holds none."""
    if isinstance(part, Declared):
        return ()
    if isinstance(part, Flow):
        return (Counting(part.rows, part.on),)
    if isinstance(part, Sum):
        return (Counting(part.rows, part.on, part.field),)
    if isinstance(part, Median):
        return (Counting(part.rows, part.on, split=f"days:{part.since}"),)
    if isinstance(part, Breakdown):
        return (Counting(part.rows, part.on, split=part.split),)
    if isinstance(part, Late):
        return (Counting(Rows(part.rows.of, {**part.rows.where, "running": "1"}), "due_at"),)
    kept = list_of(part.rows.of)
    came = Counting(part.rows, kept.begins)
    return (came, Counting(part.rows, "closed_at")) if kept.is_loop else (came,)


def all_countings() -> dict[str, Counting]:
    """Return every tally that a declaration asks for, by key."""
    parts: Iterator[Part | Breakdown] = (part for one in indicators() for part in parts_of(one.formula))
    found = [counting for part in [*parts, *breakdowns()] for counting in counting_of(part)]
    return {counting.key: counting for counting in found}


def day_expression(model: Any, name: str) -> Any:
    """Return the day in China of a column."""
    kind = model._meta.get_field(name).get_internal_type()
    return TruncDate(name, tzinfo=clock.CHINA) if kind == "DateTimeField" else F(name)


def bucket_expression(counting: Counting) -> Any:
    """Return the bucket of a row as text."""
    kind, _, name = counting.split.partition(":")
    if kind == "days":
        ends, starts = (day_expression(counting.model, column) for column in (counting.on, name))
        days = Func(ends, starts, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
        return Cast(days, CharField())
    if kind == "hour":
        weekday, hour = ExtractIsoWeekDay(name, tzinfo=clock.CHINA), ExtractHour(name, tzinfo=clock.CHINA)
        return Concat(
            Cast(weekday, CharField()), Value("-"), Cast(hour, CharField()), output_field=CharField()
        )
    return Cast(F(kind), CharField())


def measures(countings: Iterable[Counting], condition: Any) -> dict[str, Any]:
    """Return the aggregates of several tallies of one table and date: rows, and the sum where one is asked."""
    found: dict[str, Any] = {}
    for place, counting in enumerate(countings):
        where = condition(counting)
        found[f"rows_{place}"] = Count("pk", filter=where)
        if counting.total:
            found[f"total_{place}"] = Total(counting.total, filter=where)
    return found
