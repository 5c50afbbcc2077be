"""How healthy the alarms of a place are: against what one operator can answer, who rings most, what is silent, what is handled.

Every figure has its rows: each comes with the address of the list that holds them. Serves articles 14, 18 and 29.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from anlan.domains.alarms import availability
from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.watching import within
from anlan.domains.alarms.words import CRITICAL
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock, rules
from anlan.kernel.clock import month
from anlan.kernel.clock.periods import Period
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words
from anlan.streams.models import StreamLatest
from anlan.streams.words import KINDS, STALE

TOP, FIRMS, ROUGH = 10, 40, 5000
TEN = 600  # seconds
CHATTERING_DAYS = 7
CLOSED = "closed"
SLUG = "alarms"
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure against its norm."""

    words: Words
    value: str
    norm: str
    rule: Any
    is_good: bool | None
    url: str = ""
    note: Words | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One place or enterprise: its sensors and how many are heard, its alarms and how many are handled."""

    name: str
    url: str
    query: str
    sensors: int
    online: int
    raised: int
    handled: int
    late: int
    due: float
    silent: float
    key: str = ""

    @property
    def time_share(self) -> str:
        """Return for what share of the time its sensors were online."""
        return per_cent(max(0.0, self.due - self.silent), self.due)

    @property
    def is_busy(self) -> bool:
        """Say whether there is anything to show of it."""
        return bool(self.sensors or self.raised or self.late)

    @property
    def online_rate(self) -> str:
        """Return the share of sensors that are heard; nothing without sensors."""
        return per_cent(self.online, self.sensors)

    @property
    def handled_rate(self) -> str:
        """Return the share of alarms that are handled; nothing without alarms."""
        return per_cent(self.handled, self.raised)


def per_cent(part: int | float, whole: int | float) -> str:
    """Return a share in per cent, a dash where there is nothing to share."""
    return f"{part / whole * 100:.1f}%" if whole else "—"


def online(now: datetime) -> Q:
    """Return the condition for sensors that were heard lately."""
    since = now - timedelta(minutes=int(rules.parameter("alarms.online_within", clock.today()).value))
    return Q(Exists(StreamLatest.objects.filter(point__sensor=OuterRef("pk"), at__gt=since)))


def begin_of(days: int) -> datetime:
    """Return the first midnight of so many days, today included: the same that a list from that day begins with."""
    return datetime.combine(clock.today() - timedelta(days=days - 1), time(0), clock.CHINA)


def measures(actor: Actor, place: Territory | None, days: int) -> list[Measure]:
    """Return the figures of the last days against their norms."""
    now, since = clock.now(), begin_of(days)
    rows = Alarm.seen_by(actor).filter(within(place), opened_at__gt=since)
    told = rows.order_by().aggregate(
        n=Count("pk"), critical=Count("pk", filter=Q(level=CRITICAL)), firms=Count("enterprise", distinct=True),
        times=Sum("times"),
    )  # fmt: skip
    sensors = Sensor.seen_by(actor).filter(within(place), archived_at=None)
    desks = max(
        sensors.order_by().aggregate(n=Count("enterprise", distinct=True))["n"] or 0, told["firms"], 1
    )
    flood = int(_norm("flood").value["begins"])
    peak, flooded = _floods(rows, flood)
    stale = Alarm.seen_by(actor).filter(within(place), long_raised(now)).count()
    chattering = len(chattering_of(Alarm.seen_by(actor).filter(within(place)), begin_of(CHATTERING_DAYS)))
    top = sum(one["times"] for one in bad_actors(rows))
    came = _list({"opened_at_from": since.date().isoformat()}, place, actor)
    spans = max((now - since).total_seconds(), TEN) / TEN
    return [
        _measured("norm_ten_minutes", told["n"] / desks / spans, "{:.2f}", came),
        _measured("norm_day", told["n"] / desks / days, "{:.1f}", came),
        _measured(
            "flood", peak, "{:.0f}", came, at_most=flood,
            note=Words("最多的十分钟；超过的有{n}个", "in the worst ten minutes; {n} were above").filled(n=flooded),
        ),
        _measured("norm_top_ten", top / (told["times"] or 1) * 100, "{:.1f}%", came),
        _measured("chattering", chattering, "{:.0f}", _list({"chattering": "1"}, place, actor), at_most=0,
                  note=Words("近7天抖动的条件", "conditions that chattered within 7 days")),
        _measured("norm_stale", stale, "{:.0f}", _list({"long_raised": "1"}, place, actor)),
        _measured("norm_critical_share", told["critical"] / (told["n"] or 1) * 100, "{:.1f}%",
                  _list({"level": CRITICAL, "opened_at_from": since.date().isoformat()}, place, actor)),
    ]  # fmt: skip


def _norm(name: str) -> Any:
    return rules.parameter(f"alarms.{name}", clock.today())


def _measured(
    name: str, value: float, form: str, url: str, *, at_most: float | None = None, note: Words | None = None
) -> Measure:
    rule = _norm(name)
    most = float(rule.value) if at_most is None else at_most
    unit = "%" if rule.unit == "percent" else ""
    return Measure(
        Words(rule.zh, rule.en), form.format(value), f"{most:g}{unit}", rule, value <= most, url, note
    )


def _list(params: dict[str, str], place: Territory | None, actor: Actor) -> str:
    here = {"territory": place.code} if place is not None and place.path != actor.home_path else {}
    return f"/{SLUG}/?{urlencode({**params, **here})}"


def _floods(rows: QuerySet[Any], norm: int) -> tuple[int, int]:
    """Return the most alarms of one enterprise in ten minutes, and in how many ten minutes there were more than the norm."""
    counts: dict[tuple[Any, int], int] = defaultdict(int)
    for firm, moment in rows.order_by().values_list("enterprise_id", "opened_at").iterator(chunk_size=5000):
        counts[firm, int(moment.timestamp()) // TEN] += 1
    return max(counts.values(), default=0), sum(n > norm for n in counts.values())


def long_raised(now: datetime) -> Q:
    """Return the condition for alarms that have stood raised for so long that nobody sees them any more."""
    hours = int(_norm("norm_stale_after").value)
    return Q(closed_at=None, active=True, raised_at__lt=now - timedelta(hours=hours))


def ringing_most(actor: Actor, place: Territory | None, days: int) -> list[dict[str, Any]]:
    """Return the conditions that rang most often within the last days, each with the list of its alarms of these days."""
    since = begin_of(days)
    rows = Alarm.seen_by(actor).filter(within(place), opened_at__gte=since)
    return [
        {**one, "url": _list({"sensor": str(one["sensor_id"]), "kind": one["kind"], "opened_at_from": since.date().isoformat()},
                             place, actor)}
        for one in bad_actors(rows)
    ]  # fmt: skip


def bad_actors(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return the conditions that ring most often, with how often and by how many alarms: one alarm may ring many times."""
    found = (
        rows.order_by()
        .values("condition", "kind", "sensor_id", "sensor__name", "sensor__tag", "enterprise__name")
        .annotate(times=Sum("times"), n=Count("pk"))
        .order_by("-times", "condition")
    )
    return [{**one, "words": KINDS[one["kind"]]} for one in found[:TOP]]


def chattering_of(rows: QuerySet[Any], since: datetime) -> list[int]:
    """Return the conditions that were raised so often within one minute that they chatter."""
    often = (
        rows.filter(times__gte=2, opened_at__gt=since - timedelta(days=CHATTERING_DAYS))
        .order_by()
        .values_list("condition", flat=True)[:ROUGH]
    )
    conditions = list(often)
    if not conditions:
        return []
    times = int(_norm("chattering").value["times"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT condition_id FROM (SELECT condition_id, raised_at, lag(raised_at, %s) OVER"
            " (PARTITION BY condition_id ORDER BY raised_at) AS before FROM streams_streamraised"
            " WHERE condition_id = ANY(%s) AND raised_at > %s) AS several WHERE raised_at - before <= interval '1 minute'",
            [times - 1, conditions, since],
        )
        return [row[0] for row in cursor.fetchall()]


def by_place(actor: Actor, below: Sequence[Territory], since: datetime) -> list[Standing]:
    """Return the places below side by side."""
    prefixes = {one.pk: list(one.prefixes()) for one in below}
    sums: dict[Any, list[Any]] = {one.pk: [0] * 7 for one in below}
    for path, numbers in _by("path", actor, Q(), since).items():
        for pk, starts in prefixes.items():
            if any(path.startswith(start) for start in starts):
                sums[pk] = [a + b for a, b in zip(sums[pk], numbers, strict=True)]
    return [
        Standing(
            _named(one), f"/alarm-health/?place={one.code}", urlencode({"territory": one.code}), *sums[one.pk]
        )
        for one in below
    ]


def _named(place: Territory) -> str:
    return str(Words(place.name, place.name_en or place.name))


def by_firm(actor: Actor, place: Territory | None, since: datetime) -> list[Standing]:
    """Return the enterprises of a place side by side, those with the most alarms and silent sensors first."""
    found = _by("enterprise", actor, within(place), since)
    order = sorted(found, key=lambda pk: (-found[pk][2], found[pk][1] - found[pk][0], str(pk)))[:FIRMS]
    rows = Enterprise.seen_by(actor).filter(pk__in=order).defer("search")
    names = {pk: (name, holder) for pk, name, holder in rows.values_list("pk", "name", "holder")}
    return [
        Standing(
            names[pk][0],
            f"/enterprises/{pk}/plant",
            urlencode({"party": names[pk][1]}),
            *found[pk],
            key=str(pk),
        )
        for pk in order
        if pk in names
    ]


def _by(column: str, actor: Actor, where: Q, since: datetime) -> dict[Any, list[Any]]:
    """Return sensors, those heard, alarms, those handled, those late, and the seconds to be heard and silent, by a column."""
    now = clock.now()
    found: dict[Any, list[Any]] = defaultdict(lambda: [0] * 7)
    sensors = Sensor.seen_by(actor).filter(where, archived_at=None).order_by()
    for at, filtered in ((0, sensors), (1, sensors.filter(online(now)))):
        for key, n in filtered.values_list(column).annotate(n=Count("pk")):
            found[key][at] = n
    there = Sensor.seen_by(actor).filter(where)
    for key, ((due, silent),) in availability.times(there, [(since, now)], column).items():
        found[key][5:] = [due, silent]
    alarms = Alarm.seen_by(actor).filter(where).order_by()
    for key, raised, handled in (
        alarms.filter(opened_at__gt=since)
        .values_list(column)
        .annotate(raised=Count("pk"), handled=Count("pk", filter=Q(state=CLOSED)))
    ):
        found[key][2], found[key][3] = raised, handled
    late = alarms.filter(closed_at=None, due_at__lt=now, paused_at=None)
    for key, n in late.values_list(column).annotate(n=Count("pk")):
        found[key][4] = n
    return found


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a place or an enterprise: the share of time online and of alarms handled, each in words and with its rows."""

    name: str
    online: str
    online_url: str
    handled: str
    handled_url: str


def past(actor: Actor, place: Territory | None, firm: Enterprise | None) -> list[Month]:
    """Return the last months of a place, or of one enterprise, the latest first: three questions for all of them."""
    periods = [month(clock.today())]
    while len(periods) < MONTHS:
        periods.append(periods[-1].previous())
    where = within(place) if firm is None else Q(enterprise=firm.pk)
    windows = [(_midnight(one.first), _midnight(one.last + timedelta(days=1))) for one in periods]
    heard = availability.times(Sensor.seen_by(actor).filter(where), windows).get("", [(0.0, 0.0)] * MONTHS)
    told = Alarm.seen_by(actor).filter(where).order_by().aggregate(
        **{f"all{n}": Count("pk", filter=_came(*window)) for n, window in enumerate(windows)},
        **{f"closed{n}": Count("pk", filter=_came(*window) & Q(state=CLOSED)) for n, window in enumerate(windows)},
    )  # fmt: skip
    here = {"party": str(firm.holder_id)} if firm else {"territory": place.code} if place else {}
    months = [
        _month_of(period, heard[n], (told[f"closed{n}"], told[f"all{n}"]), here)
        for n, period in enumerate(periods)
    ]
    # What lies before the first sensor and the first alarm says nothing.
    known = [n for n, one in enumerate(months) if one.online_url or one.handled_url]
    return months[: max(known, default=0) + 1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), clock.CHINA)


def _came(first: datetime, until: datetime) -> Q:
    return Q(opened_at__gte=first, opened_at__lt=until)


def _month_of(
    period: Period, heard: tuple[float, float], counts: tuple[int, int], here: dict[str, str]
) -> Month:
    (due, silent), (closed, raised) = heard, counts
    then = {"opened_at_from": period.first.isoformat(), "opened_at_to": period.last.isoformat(), **here}
    return Month(
        f"{period.first:%Y-%m}",
        per_cent(max(0.0, due - silent), due), f"/{SLUG}/?{urlencode({'kind': STALE, **then})}" if due > 0 else "",
        per_cent(closed, raised), f"/{SLUG}/?{urlencode({'state': CLOSED, **then})}" if raised else "",
    )  # fmt: skip


def totals(rows: Iterable[Standing]) -> dict[str, str]:
    """Return the shares of all together."""
    listed = list(rows)
    return {
        "online": per_cent(sum(one.online for one in listed), sum(one.sensors for one in listed)),
        "handled": per_cent(sum(one.handled for one in listed), sum(one.raised for one in listed)),
    }
