"""For what share of the time sensors were online: their time without silence, of the time they were there to be heard.

Counted by the second from the facts of the streams, so each place, enterprise, sensor and span has its own. A sensor that is
not watched for silence says nothing and is left out; silence under announced work is silence too. Serves articles 14, 18 and 29.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Greatest, Least

from anlan.kernel import clock
from anlan.streams.models import StreamRaised
from anlan.streams.words import STALE

Window = tuple[datetime, datetime]
Times = tuple[float, float]  # seconds to be heard, seconds silent


def times(sensors: QuerySet[Any], windows: Sequence[Window], by: str = "") -> dict[Any, list[Times]]:
    """Return for each span of time how long the sensors were to be heard and how long they were silent, by a column of theirs."""
    watched = sensors.exclude(stale_after=0).order_by()
    kept = watched.annotate(key=F(by) if by else Value(""))
    its = watched.filter(pk=OuterRef("condition__point__sensor")).order_by()
    silent = StreamRaised.objects.filter(
        condition__kind=STALE,
        condition__point__sensor__in=watched.values("pk"),
        raised_at__lt=max(until for _, until in windows),
    ).annotate(
        key=Subquery(its.values(by)[:1]) if by else Value(""),
        born_at=Subquery(its.values("created_at")[:1]),
        gone_at=Subquery(its.values("archived_at")[:1]),
    )
    due = _sums(kept, ("created_at",), ("archived_at",), windows)
    # The stream may know of a silence from before the sensor was registered (anew): then it was not yet to be heard.
    lost = _sums(silent.order_by(), ("raised_at", "born_at"), ("cleared_at", "gone_at"), windows)
    return {
        key: list(zip(seconds, lost.get(key, [0.0] * len(windows)), strict=True))
        for key, seconds in due.items()
    }


def _sums(
    rows: QuerySet[Any], since: Sequence[str], until: Sequence[str], windows: Sequence[Window]
) -> dict[Any, list[float]]:
    """Return the seconds of rows within each window, by key."""
    now = clock.now()
    told = {
        f"n{n}": Sum(_within(since, until, first, min(last, now))) for n, (first, last) in enumerate(windows)
    }
    found: dict[Any, list[float]] = defaultdict(lambda: [0.0] * len(windows))
    for row in rows.values("key").annotate(**told):
        found[row["key"]] = [(row[name] or timedelta()).total_seconds() for name in told]
    return found


def _within(since: Sequence[str], until: Sequence[str], first: datetime, last: datetime) -> Any:
    # The least of moments leaves out those that are not there: what has not ended lasts until the end of the window.
    span = Least(*until, Value(last)) - Greatest(*since, Value(first))
    nothing = Value(timedelta(), output_field=DurationField())
    return Greatest(ExpressionWrapper(span, output_field=DurationField()), nothing)
