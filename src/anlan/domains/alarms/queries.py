"""Reads of the alarms domain.

A sensor's trend and standing, a device's connection, what is suppressed by work, the quarantine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anlan.domains.alarms.models import Alarm, DataDevice, Sensor, SensorWork
from anlan.domains.alarms.norms import chattering as chattering
from anlan.domains.alarms.norms import flood as flood
from anlan.domains.alarms.norms import warning_words as warning_words
from anlan.domains.alarms.norms import warnings as warnings
from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words
from anlan.streams import reading, standing
from anlan.streams.models import StreamDevice, StreamPoint, StreamRaised, StreamRefusal
from anlan.streams.words import KINDS, QUALITIES, REASONS

SPANS: dict[str, tuple[Words, timedelta]] = {
    "1h": (Words("1小时", "1 hour"), timedelta(hours=1)),
    "24h": (Words("24小时", "24 hours"), timedelta(hours=24)),
    "7d": (Words("7天", "7 days"), timedelta(days=7)),
    "30d": (Words("30天", "30 days"), timedelta(days=30)),
    "1y": (Words("1年", "1 year"), timedelta(days=366)),
}
LIMITS = (("limit_ll", "LL"), ("limit_l", "L"), ("limit_h", "H"), ("limit_hh", "HH"))
MOST_RAISED = 20
MOST_REFUSED = 50
HEARD_SECONDS = 300


def point_of(sensor: Sensor) -> int | None:
    """Return the number of a sensor's measuring point."""
    return StreamPoint.objects.filter(sensor=sensor.pk).values_list("number", flat=True).first()


def trend(
    sensor: Sensor,
    span: str,
    until: datetime | None = None,
    *,
    between: tuple[datetime, datetime] | None = None,
) -> dict[str, Any]:
    """Return the line of a sensor over a span, or between two instants, with its limits, as the chart reads it."""
    _, length = SPANS.get(span, SPANS["24h"])
    last = until or clock.now()
    if between is not None:
        length, last = between[1] - between[0], between[1]
    number = point_of(sensor)
    limits = [
        {"kind": kind, "name": str(KINDS[kind]), "value": value}
        for name, kind in LIMITS
        if (value := getattr(sensor, name)) is not None
    ]
    told: dict[str, Any] = {
        "limits": limits,
        "unit": sensor.unit,
        "from": _ms(last - length),
        "to": _ms(last),
    }
    if number is None:
        return told | {"width": 0, "at": [], "low": [], "mean": [], "high": []}
    line = reading.trend(number, last - length, last)
    return told | {
        "width": line.width, "at": line.at.tolist(), "low": _plain(line.low), "mean": _plain(line.mean),
        "high": _plain(line.high),
    }  # fmt: skip


def _plain(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else round(value, 6) for value in values.tolist()]


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Raised:
    """A condition of a sensor that held: what, from when to when, whether work suppressed it, the alarm it opened."""

    words: Words
    raised_at: datetime
    cleared_at: datetime | None
    value: str
    suppressed: bool
    alarm: Alarm | None


def standing_of(sensor: Sensor, actor: Actor) -> dict[str, Any]:
    """Return how a sensor stands: its latest reading, what it raised lately, whether somebody works on it."""
    number = point_of(sensor)
    latest = reading.latest([number]).get(number) if number is not None else None
    works = SensorWork.seen_by(actor).filter(sensor=sensor, archived_at=None, ends_at__gt=clock.now())
    return {
        "sensor": sensor,
        "latest": latest,
        "value": f"{latest.value:.6g}" if latest else "",
        "quality": QUALITIES.get(latest.quality) if latest else None,
        "raised": _raised(sensor, actor),
        "works": list(works.order_by("starts_at").defer("search")[:3]),
        "now": clock.now(),
    }


def _raised(sensor: Sensor, actor: Actor) -> list[Raised]:
    facts = list(
        StreamRaised.objects.filter(condition__point__sensor=sensor.pk)
        .select_related("condition")
        .order_by("-id")[:MOST_RAISED]
    )
    alarms = Alarm.seen_by(actor).filter(sensor=sensor).defer("search").order_by("-opened_at")
    by_condition = {alarm.condition: alarm for alarm in reversed(list(alarms[: MOST_RAISED * 2]))}
    return [
        Raised(
            KINDS[fact.condition.kind], fact.raised_at, fact.cleared_at, "" if fact.value is None else f"{fact.value:.6g}",
            fact.told == 3 or (fact.told == 0 and fact.cleared_at is None), by_condition.get(fact.condition_id),
        )
        for fact in facts
    ]  # fmt: skip


def connection_of(device: DataDevice, actor: Actor) -> dict[str, Any]:
    """Return how a device stands with the ingest: its secret, when it was heard, its clock, what was refused lately."""
    known = StreamDevice.objects.filter(pk=device.pk).first()
    since = clock.now() - timedelta(days=1)
    refused: dict[str, int] = {}
    for reason, count in StreamRefusal.objects.filter(
        device=device.pk, received_at__gte=since, replayed_at=None
    ).values_list("reason", "count"):
        refused[reason] = refused.get(reason, 0) + count
    heard = known.seen_at if known else None
    return {
        "device": device,
        "has_secret": bool(known and known.secret_sha256),
        "topics": known.topics if known else [],
        "heard": heard,
        "troubles": [one.words for one in standing.troubles() if one.kind in standing.OF_INGEST],
        "is_heard": heard is not None and (clock.now() - heard).total_seconds() < HEARD_SECONDS,
        "ahead": round((known.ahead_ms if known else 0) / 1000),
        "is_flooding": bool(known and known.enabled and standing.is_flooding(known)),
        "a_second": round(known.readings_a_second) if known else 0,
        "refused": [(REASONS[reason], count) for reason, count in sorted(refused.items())],
        "sensors": Sensor.seen_by(actor).filter(device=device, archived_at=None).count(),
        "may_keep": DataDevice.kept.writers.allows(actor, device, "alarms"),
    }
