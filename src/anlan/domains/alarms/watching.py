"""What a duty officer watches: the gravest open alarms, how they come in, and the plants with the worst of each.

Asked again after every change, so each question is one query and its answer has an end. Serves articles 14 and 18.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.words import CRITICAL, HIGH, INSTRUMENT, LEVELS
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models import Installation
from anlan.domains.installations.words import GRADES
from anlan.kernel import clock, rules
from anlan.kernel.rules.reading import plain
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under
from anlan.streams.words import KINDS

ROWS, PLANTS, FLOODED = 50, 4000, 5
TEN_MINUTES = timedelta(minutes=10)
RANKS = {CRITICAL: 3, HIGH: 2, INSTRUMENT: 1}
FLOOD_RULE = "alarms.flood"
RAISED, SHELVED = "raised", "shelved"


def rank() -> Case:
    """Return the expression for how grave an alarm is: 3 to 1."""
    return Case(
        *(When(level=level, then=Value(number)) for level, number in RANKS.items()), default=Value(0),
        output_field=IntegerField(),
    )  # fmt: skip


def within(place: Territory | None) -> Q:
    """Return the condition for rows in the place looked at."""
    condition = Q()
    for prefix in place.prefixes() if place is not None else ():
        condition |= under(prefix)
    return condition


def standing(actor: Actor, place: Territory | None) -> QuerySet[Any]:
    """Return the open alarms a reader sees in a place."""
    found: QuerySet[Any] = Alarm.seen_by(actor).filter(within(place), closed_at=None)
    return found


def snapshot(actor: Actor, place: Territory | None, since: datetime | None) -> dict[str, Any]:
    """Return the wall as it is now: figures, the gravest alarms, floods, and the plants that have any."""
    now = clock.now()
    rows = standing(actor, place)
    told = rows.order_by().aggregate(
        shelved=Count("pk", filter=Q(state=SHELVED)),
        raised=Count("pk", filter=Q(state=RAISED)),
        late=Count("pk", filter=Q(due_at__lt=now, paused_at=None) & ~Q(state=SHELVED)),
        **{level: Count("pk", filter=Q(level=level) & ~Q(state=SHELVED)) for level in RANKS},
    )
    came = Alarm.seen_by(actor).filter(within(place), opened_at__gt=now - TEN_MINUTES)
    shown = list(
        _ordered(rows.exclude(state=SHELVED)).select_related("enterprise", "sensor", "territory")[:ROWS]
    )
    return {
        "at": milliseconds(now),
        "counts": told,
        "total": sum(told[level] for level in RANKS),
        "fresh": came.filter(opened_at__gt=since).count() if since is not None else 0,
        "flood": _flood(came, now),
        "rows": [told_of(row) for row in shown],
        "hot": _hot(rows.exclude(state=SHELVED)),
    }


def unheard() -> Case:
    """Return the expression for whether nobody has acknowledged an alarm yet: 1 or 0."""
    return Case(When(state=RAISED, then=Value(1)), default=Value(0), output_field=IntegerField())


def _ordered(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return alarms as they want attention: the gravest, of these the ones nobody acknowledged, the newest."""
    return (
        rows.annotate(rank=rank(), unheard=unheard())
        .order_by("-rank", "-unheard", "-raised_at", "pk")
        .defer("search")
    )


def told_of(row: Alarm) -> dict[str, Any]:
    """Return an alarm as the wall draws it."""
    return {
        "id": str(row.pk), "number": row.number, "name": row.name, "kind": str(KINDS[row.kind]),
        "level": row.level, "rank": RANKS.get(row.level, 0), "levelWords": str(dict(LEVELS)[row.level]),
        "state": row.state, "stateWords": str(row.state_words), "active": row.active, "times": row.times,
        "value": _short(row.value), "bound": _short(row.bound), "unit": row.sensor.unit,
        "at": milliseconds(row.raised_at), "due": milliseconds(row.due_at) if row.due_at else None,
        "firm": row.enterprise.name, "where": str(row.territory), "sensor": str(row.sensor_id),
        "plant": str(row.sensor.installation_id or row.enterprise_id), "version": row.version,
    }  # fmt: skip


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _flood(came: QuerySet[Any], now: datetime) -> dict[str, Any]:
    """Return how many alarms each minute brought, and the enterprises where more come than one operator can answer."""
    norm = int(rules.parameter(FLOOD_RULE, clock.today()).value["begins"])
    minutes = [0] * 10
    for moment in came.values_list("opened_at", flat=True).order_by("-opened_at")[:20_000]:
        minutes[min(9, int((now - moment).total_seconds() // 60))] += 1
    firms = came.order_by().values("enterprise_id").annotate(n=Count("pk")).filter(n__gt=norm).order_by("-n")
    flooded = list(firms[:FLOODED])
    names = dict(
        Enterprise.unscoped("the wall names the enterprises of alarms its reader sees")
        .filter(pk__in=[one["enterprise_id"] for one in flooded])
        .values_list("pk", "name")
    )
    return {
        "norm": norm,
        "minutes": minutes[::-1],
        "ten": sum(minutes),
        "firms": [
            {"id": str(one["enterprise_id"]), "name": names.get(one["enterprise_id"], ""), "n": one["n"]}
            for one in flooded
        ],
        "more": max(0, firms.count() - len(flooded)) if flooded else 0,
    }


def _hot(rows: QuerySet[Any]) -> list[list[Any]]:
    """Return the plants with open alarms: which, how grave the worst is, how many there are."""
    found = (
        rows.order_by()
        .annotate(rank=rank())
        .values("sensor__installation", "enterprise")
        .annotate(worst=Max("rank"), n=Count("pk"))
    )
    return [
        [str(one["sensor__installation"] or one["enterprise"]), one["worst"], one["n"]]
        for one in found[:PLANTS]
    ]


def plants(actor: Actor, place: Territory | None) -> list[dict[str, Any]]:
    """Return the plants for the map: major hazards with their grade, and enterprises whose sensors stand in none."""
    units = Installation.seen_by(actor).filter(within(place), archived_at=None, longitude__isnull=False)
    grades = dict(GRADES)
    found = [
        {
            "id": str(pk), "kind": "installations", "name": name, "firm": firm, "grade": grade, "gradeWords": str(grades[grade]),
            "at": [float(longitude or 0), float(latitude or 0)],
        }
        for pk, name, firm, grade, longitude, latitude in units.order_by("-grade", "pk").values_list(
            "pk", "name", "enterprise__name", "grade", "longitude", "latitude"
        )[:PLANTS]
    ]  # fmt: skip
    loose = Sensor.seen_by(actor).filter(within(place), installation=None, archived_at=None)
    firms = (
        Enterprise.seen_by(actor)
        .filter(pk__in=loose.values("enterprise"), longitude__isnull=False)
        .values_list("pk", "name", "longitude", "latitude")
    )
    found += [
        {"id": str(pk), "kind": "enterprises", "name": name, "firm": "", "grade": 0, "gradeWords": "",
         "at": [float(longitude or 0), float(latitude or 0)]}
        for pk, name, longitude, latitude in firms[:PLANTS]
    ]  # fmt: skip
    return found


def milliseconds(when: datetime) -> int:
    """Return an instant as charts take it."""
    return round(when.timestamp() * 1000)


def norm_words(keys: Iterable[str]) -> list[dict[str, Any]]:
    """Return norms with their number, source and how sure it is."""
    found = []
    for key in keys:
        one = rules.parameter(key, clock.today())
        found.append({"rule": one, "value": plain(one.value), "confidence": one.confidence})
    return found
