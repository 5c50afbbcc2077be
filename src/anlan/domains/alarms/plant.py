"""What stands on the page of a plant: its sensors with the latest values against their limits, open alarms, who is on duty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.watching import rank
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models import HazardKeeper, Installation
from anlan.domains.installations.words import LAYERS
from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor
from anlan.streams import reading
from anlan.streams.models import StreamPoint
from anlan.streams.words import POOR

MOST_SENSORS, MOST_LINES, MOST_ALARMS = 120, 60, 30
SPARK = timedelta(hours=6)
WIDTH, HEIGHT, POINTS = 120, 28, 60
GAUGE = 160
SILENT_SECONDS = 300  # where a sensor sets none of its own
ONLINE, SILENT, NEVER = "online", "silent", "never"


@dataclass(frozen=True, slots=True)
class Tick:
    """A limit on the gauge: where, and how grave."""

    at: float
    is_grave: bool
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """One sensor as the page draws it."""

    sensor: Sensor
    value: str
    at: datetime | None
    state: str
    beyond: str  # critical, high or nothing: how the latest value stands to the limits
    needle: float | None
    ticks: Sequence[Tick] = field(default=())
    spark: str = ""
    alarms: int = 0


def unit_of(actor: Actor, pk: Any) -> Installation | None:
    """Return an installation the reader sees."""
    rows = Installation.seen_by(actor).filter(pk=pk).defer("search")
    found: Installation | None = rows.select_related("enterprise", "territory").first()
    return found


def firm_of(actor: Actor, pk: Any) -> Enterprise | None:
    """Return an enterprise the reader sees."""
    found: Enterprise | None = (
        Enterprise.seen_by(actor).filter(pk=pk).defer("search").select_related("territory").first()
    )
    return found


def plant(actor: Actor, firm: Enterprise, unit: Installation | None) -> dict[str, Any]:
    """Return all that the page of a plant shows: of one unit, or of everything at an enterprise."""
    of = {"installation": unit} if unit is not None else {"enterprise": firm}
    sensors = Sensor.seen_by(actor).filter(archived_at=None, **of).defer("search")
    shown = list(
        sensors.select_related("installation").order_by("installation__name", "tag", "pk")[: MOST_SENSORS + 1]
    )
    alarms = Alarm.seen_by(actor).filter(closed_at=None, sensor__in=sensors.values("pk")).defer("search")
    opened = list(alarms.annotate(rank=rank()).order_by("-rank", "-raised_at")[: MOST_ALARMS + 1])
    counts: dict[Any, int] = {}
    for pk in alarms.order_by().values_list("sensor_id", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    gauges = gauges_of(shown[:MOST_SENSORS], counts)
    keepers = (
        HazardKeeper.seen_by(actor)
        .filter(archived_at=None, **of)
        .defer("search")
        .select_related("installation")
    )
    units = (
        Installation.seen_by(actor)
        .filter(enterprise=firm, archived_at=None)
        .defer("search")
        .order_by("grade", "name")
    )
    order = [layer for layer, _ in LAYERS]
    return {
        "firm": firm, "unit": unit, "units": list(units), "gauges": gauges, "more": len(shown) > MOST_SENSORS,
        "alarms": opened[:MOST_ALARMS], "more_alarms": len(opened) > MOST_ALARMS,
        "online": sum(one.state == ONLINE for one in gauges), "silent": sum(one.state != ONLINE for one in gauges),
        "keepers": sorted(keepers, key=lambda one: (str(one.installation), order.index(one.layer))),
        "now": clock.now(),
    }  # fmt: skip


def gauges_of(sensors: Sequence[Sensor], counts: dict[Any, int]) -> list[Gauge]:
    """Return sensors with their latest values and the line of the last hours."""
    numbers = dict(
        StreamPoint.objects.filter(sensor__in=[one.pk for one in sensors]).values_list("sensor", "number")
    )
    latest = reading.latest(list(numbers.values())) if numbers else {}
    now = clock.now()
    found = []
    for place, sensor in enumerate(sensors):
        number = numbers.get(sensor.pk)
        last = latest.get(number) if number is not None else None
        spark = _spark(number, now) if number is not None and last is not None and place < MOST_LINES else ""
        found.append(_gauge(sensor, last, now, spark, counts.get(sensor.pk, 0)))
    return found


def _gauge(sensor: Sensor, last: reading.Latest | None, now: datetime, spark: str, alarms: int) -> Gauge:
    if last is None:
        return Gauge(sensor, "", None, NEVER, "", None, _ticks(sensor), spark, alarms)
    silent = (now - last.at).total_seconds() > (sensor.stale_after or SILENT_SECONDS)
    needle = None if last.quality == POOR else _share(sensor, last.value)
    return Gauge(
        sensor, f"{last.value:.6g}", last.at, SILENT if silent else ONLINE, beyond(sensor, last.value), needle,
        _ticks(sensor), spark, alarms,
    )  # fmt: skip


def beyond(sensor: Sensor, value: float) -> str:
    """Say whether a value lies beyond a grave limit, a limit, or none."""
    if _over(value, sensor.limit_hh) or _under(value, sensor.limit_ll):
        return "critical"
    return "high" if _over(value, sensor.limit_h) or _under(value, sensor.limit_l) else ""


def _over(value: float, limit: float | None) -> bool:
    return limit is not None and value >= limit


def _under(value: float, limit: float | None) -> bool:
    return limit is not None and value <= limit


def _ends(sensor: Sensor) -> tuple[float, float] | None:
    limits = [
        one for one in (sensor.limit_ll, sensor.limit_l, sensor.limit_h, sensor.limit_hh) if one is not None
    ]
    low = sensor.range_low if sensor.range_low is not None else min(limits, default=None)
    high = sensor.range_high if sensor.range_high is not None else max(limits, default=None)
    return (low, high) if low is not None and high is not None and low < high else None


def _share(sensor: Sensor, value: float) -> float | None:
    ends = _ends(sensor)
    if ends is None or math.isnan(value):
        return None
    return round(min(max((value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0) * GAUGE, 1)


def _ticks(sensor: Sensor) -> list[Tick]:
    limits = (
        ("LL", sensor.limit_ll, True), ("L", sensor.limit_l, False), ("H", sensor.limit_h, False), ("HH", sensor.limit_hh, True),
    )  # fmt: skip
    return [
        Tick(at, is_grave, name, f"{value:g}")
        for name, value, is_grave in limits
        if value is not None and (at := _share(sensor, value)) is not None
    ]


def _spark(number: int, now: datetime) -> str:
    """Return the line of the last hours as points of a small picture."""
    line = reading.trend(number, now - SPARK, now, most=POINTS)
    values = [
        (int(at), float(value)) for at, value in zip(line.at, line.mean, strict=True) if not math.isnan(value)
    ]
    if len(values) < 2:
        return ""
    low, high = min(value for _, value in values), max(value for _, value in values)
    begin, span = round((now - SPARK).timestamp() * 1000), SPARK.total_seconds() * 1000
    rise = (high - low) or 1.0
    return " ".join(
        f"{(at - begin) / span * WIDTH:.1f},{HEIGHT - 2 - (value - low) / rise * (HEIGHT - 4):.1f}"
        for at, value in values
    )
