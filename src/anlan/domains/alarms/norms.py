"""How the alarms of what one sees come: chattering ones, floods, the warning level of enterprises. Reads; the norms are rules.

An enterprise counts as one operator. What work on an instrument kept from being an alarm is not counted.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db.models import Count, Q

from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.rules import Burst, Flood, Standing, Thresholds, burst, floods, warning_colour
from anlan.domains.alarms.votes import SensorVote
from anlan.domains.alarms.words import CRITICAL, HIGH, INSTRUMENT
from anlan.kernel import clock, rules
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words
from anlan.streams.models import StreamRaised
from anlan.streams.words import KINDS, VOTE

SUPPRESSED = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chattering:
    """An alarm that comes and goes: whose, of which condition, how often at worst within the norm's span."""

    sensor: uuid.UUID
    enterprise: uuid.UUID
    name: str
    kind: str
    burst: Burst

    @property
    def words(self) -> Words:
        """Return the condition in words."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class EnterpriseFlood:
    """A flood of alarms at an enterprise."""

    enterprise: uuid.UUID
    name: str
    flood: Flood


@dataclass(frozen=True, slots=True)
class _Source:
    """What raised: a sensor, or a vote of several."""

    point: uuid.UUID
    sensor: uuid.UUID
    enterprise: uuid.UUID
    name: str
    firm: str


def chattering(
    actor: Actor, since: datetime | None = None, until: datetime | None = None, *, enterprise: uuid.UUID | None = None
) -> list[Chattering]:  # fmt: skip
    """Return the alarms that chattered within a span (the last day), the worst first."""
    last = until or clock.now()
    norm = rules.parameter("alarms.chattering", last.astimezone(clock.CHINA).date()).value
    within = timedelta(seconds=norm["within_seconds"])
    moments: dict[tuple[_Source, str], list[datetime]] = defaultdict(list)
    for source, kind, at in _raised(actor, enterprise, since or last - DAY, last):
        moments[source, kind].append(at)
    found = []
    for (source, kind), several in moments.items():
        one = burst(several, norm["times"], within)
        if one is not None:
            found.append(Chattering(source.sensor, source.enterprise, source.name, kind, one))
    return sorted(found, key=lambda one: (-one.burst.times, -one.burst.total, one.name))


def flood(
    actor: Actor, since: datetime | None = None, until: datetime | None = None, *, enterprise: uuid.UUID | None = None
) -> list[EnterpriseFlood]:  # fmt: skip
    """Return the floods of alarms within a span (the last day), those that go on first, then the newest."""
    last = until or clock.now()
    norm = rules.parameter("alarms.flood", last.astimezone(clock.CHINA).date()).value
    within = timedelta(minutes=norm["within_minutes"])
    moments: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    names: dict[uuid.UUID, str] = {}
    for source, _, at in _raised(actor, enterprise, since or last - DAY, last):
        moments[source.enterprise].append(at)
        names[source.enterprise] = source.firm
    found = [
        EnterpriseFlood(firm, names[firm], one)
        for firm, several in moments.items()
        for one in floods(several, norm["begins"], norm["ends"], within, last)
    ]
    found.sort(key=lambda one: one.flood.begun_at, reverse=True)
    return sorted(found, key=lambda one: one.flood.ended_at is not None)


def _raised(
    actor: Actor, enterprise: uuid.UUID | None, since: datetime, until: datetime
) -> list[tuple[_Source, str, datetime]]:
    """Return what was raised by what the actor sees, in order of time."""
    rows = list(
        StreamRaised.objects.filter(raised_at__gte=since, raised_at__lte=until)
        .exclude(told=SUPPRESSED)
        .order_by("raised_at", "id")
        .values_list("condition__point__sensor", "condition__kind", "raised_at")
    )
    sources = _sources(actor, {point for point, _, _ in rows}, enterprise)
    return [(sources[point], kind, at) for point, kind, at in rows if point in sources]


def _sources(actor: Actor, points: set[uuid.UUID], enterprise: uuid.UUID | None) -> dict[uuid.UUID, _Source]:
    """Return those of some points that the actor sees: sensors, and votes of several."""
    only = Q(pk__in=points) & (Q(enterprise=enterprise) if enterprise else Q())
    sensors = Sensor.seen_by(actor).filter(only)
    columns = ("pk", "enterprise_id", "name", "tag", "enterprise__name")
    found = {
        pk: _Source(pk, pk, firm, f"{name} {tag}", called)
        for pk, firm, name, tag, called in sensors.values_list(*columns)
    }
    votes = SensorVote.seen_by(actor).filter(only)
    rows = votes.values_list("pk", "sensor_id", "enterprise_id", "name", "enterprise__name")
    return found | {pk: _Source(pk, sensor, firm, name, called) for pk, sensor, firm, name, called in rows}


@dataclass(frozen=True, slots=True)
class WarningLevel:
    """The warning level of an enterprise, and what it rests on."""

    enterprise: uuid.UUID
    colour: str
    standing: Standing


def warnings(actor: Actor, enterprises: Iterable[uuid.UUID] | None = None) -> dict[uuid.UUID, WarningLevel]:
    """Return the warning levels of enterprises with open alarms, by enterprise; of some, or of all one sees."""
    now = clock.now()
    rows = Alarm.seen_by(actor).filter(closed_at=None)
    if enterprises is not None:
        rows = rows.filter(enterprise__in=list(enterprises))
    counted = rows.order_by().values("enterprise").annotate(
        critical=Count("pk", filter=Q(level=CRITICAL)),
        critical_late=Count("pk", filter=Q(level=CRITICAL, due_at__lt=now, paused_at=None)),
        votes=Count("pk", filter=Q(kind=VOTE, active=True)),
        high=Count("pk", filter=Q(level=HIGH)),
        instrument=Count("pk", filter=Q(level=INSTRUMENT)),
    )  # fmt: skip
    asked = _thresholds(now)
    found = {}
    for row in counted:
        firm = row["enterprise"]
        standing = Standing(**{one.name: row[one.name] for one in fields(Standing)})
        found[firm] = WarningLevel(firm, warning_colour(standing, asked), standing)
    return found


def warning_words(colour: str, at: datetime | None = None) -> Words:
    """Return a warning level in words."""
    day = (at or clock.now()).astimezone(clock.CHINA).date()
    for row in rules.parameter("alarms.warning_colours", day).value:
        if row["code"] == colour:
            return Words(row["zh"], row["en"])
    return Words("无预警", "No warning")


def _thresholds(now: datetime) -> Thresholds:
    day = now.astimezone(clock.CHINA).date()
    return Thresholds(
        **{one.name: rules.parameter(f"alarms.{one.name}", day).value for one in fields(Thresholds)}
    )
