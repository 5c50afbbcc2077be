"""The cells of some days: as the rows make them now, and as they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q

from anlan.kernel import clock
from anlan.kernel.indicators.adding import Cells, Summed, gather
from anlan.kernel.indicators.models import DAY, RollUp
from anlan.kernel.indicators.places import Around, PlacesOf
from anlan.kernel.indicators.tallies import Counting, bucket_expression, day_expression


def from_the_rows(
    model: Any, on: str, days: list[date], wanted: Mapping[int, Counting], places: PlacesOf, around: Around | None = None
) -> Cells:  # fmt: skip
    """Count days of some tallies of one table and date: one pass for the plain ones, one for each that is split.

    ``around``: the cells of these places alone, all of them by default.
    """
    if not days:
        return {}
    cells = Summed()
    rows = (
        model.unscoped("the roll-up counts every row of the city").filter(_within(model, on, days)).order_by()
    )
    rows = rows.annotate(d=day_expression(model, on), branch=around.branch() if around else F("path"))
    of = places.of if around is None else around.of(places)
    plain = {pk: one for pk, one in wanted.items() if not one.split}
    if plain:
        gather(rows.values("d", "branch", "sector", "sensitivity"), plain, of, cells)
    for pk, one in wanted.items():
        if one.split:
            split = rows.annotate(bucket=bucket_expression(one))
            gather(split.values("d", "branch", "sector", "sensitivity", "bucket"), {pk: one}, of, cells)
    return dict(cells)


def as_kept(wanted: Mapping[int, Counting], days: list[date], around: Around | None = None) -> Cells:
    """Return the same cells as they are kept."""
    rows = RollUp.objects.filter(tally__in=list(wanted), grain=DAY, day__in=days)
    if around is not None:
        rows = rows.filter(place__in=list(around.places))
    names = ("tally_id", "day", "place", "sector", "sensitivity", "bucket", "value", "rows")
    return {row[:6]: (row[6], row[7]) for row in rows.values_list(*names)}


def _within(model: Any, on: str, days: list[date]) -> Q:
    """Return the condition for rows on some days, as ranges an index serves."""
    condition, is_instant = Q(), model._meta.get_field(on).get_internal_type() == "DateTimeField"
    for first, last in _ranges(days):
        after = last + timedelta(days=1)
        bounds: tuple[Any, Any] = (_start_of(first), _start_of(after)) if is_instant else (first, after)
        condition |= Q(**{f"{on}__gte": bounds[0], f"{on}__lt": bounds[1]})
    return condition


def _ranges(days: list[date]) -> Iterator[tuple[date, date]]:
    first = last = days[0]
    for day in days[1:]:
        if day - last > timedelta(days=1):
            yield first, last
            first = day
        last = day
    yield first, last


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), clock.CHINA).astimezone(UTC)
