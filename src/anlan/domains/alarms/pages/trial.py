"""The page on which new limits of a sensor are tried on its recorded readings before they go live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from anlan.domains.alarms.models import Sensor
from anlan.domains.alarms.queries import point_of
from anlan.domains.alarms.trial import Tried, tried
from anlan.kernel import clock
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.pages import Asked, Drawn
from anlan.kernel.words import Words
from anlan.streams import reading
from anlan.streams.words import KINDS

SPANS: dict[str, tuple[Words, timedelta]] = {
    "1d": (Words("1天", "1 day"), timedelta(days=1)),
    "7d": (Words("7天", "7 days"), timedelta(days=7)),
    "31d": (Words("31天", "31 days"), timedelta(days=31)),
}
LIMITS = ("limit_ll", "limit_l", "limit_h", "limit_hh")
NUMBERS = (*LIMITS, "dead_band", "rate_limit")
SECONDS = ("on_delay", "off_delay")
MOST_EPISODES = 60
LONGEST_DELAY, MOST = 86_400, 1e12
NO_NUMBER = Words("填数字。", "Enter a number.")


def trial(asked: Asked) -> Drawn:
    """Draw the form with today's limits, and what both would have made of the readings once others are asked for."""
    rows = (
        Sensor.seen_by(asked.actor).filter(pk=asked.pk).defer("search").select_related("enterprise", "device")
    )
    sensor = rows.first()
    if sensor is None:
        raise NotSeen
    span = asked.values.get("span", "7d")
    span = span if span in SPANS else "7d"
    given = {name: asked.values.get(name, _text(getattr(sensor, name))) for name in (*NUMBERS, *SECONDS)}
    faults = _faults(given)
    context: dict[str, Any] = {
        "sensor": sensor, "span": span, "spans": [(key, words) for key, (words, _) in SPANS.items()], "faults": faults,
        "may_keep": not sensor.is_archived and Sensor.kept.writers.allows(asked.actor, sensor, "alarms"),
    }  # fmt: skip
    other = _with(sensor, given) if not faults else None
    if other is not None:
        faults |= {
            name: [str(word) for word in words] for name, words in other.faults().items() if name in given
        }
    context["fields"] = _fields(sensor, given, faults)
    if other is not None and not faults:
        context |= _compared(sensor, other, SPANS[span][1])
        context["apply"] = urlencode(given)
    return Drawn("alarms/trial.html", context, 422 if faults else 200)


def _compared(sensor: Sensor, other: Sensor, length: timedelta) -> dict[str, Any]:
    now, number = clock.now(), point_of(sensor)
    found = reading.raw(number, now - length, now) if number is not None else None
    if found is None or not len(found):
        return {"count": 0}
    before, after = tried(found, sensor.conditions()), tried(found, other.conditions())
    kinds = [
        (KINDS[kind], before.count(kind), after.count(kind))
        for kind in KINDS
        if before.count(kind) or after.count(kind)
    ]
    return {
        "count": len(found), "before": before, "after": after, "kinds": kinds,
        "changes": len(after.episodes) - len(before.episodes),
        "lists": [
            (Words("现行限值", "Limits of today"), _listed(before)), (Words("试算限值", "Limits on trial"), _listed(after)),
        ],
    }  # fmt: skip


def _listed(found: Tried) -> dict[str, Any]:
    end = clock.now()
    latest = list(found.episodes[::-1][:MOST_EPISODES])
    return {
        "rows": [(KINDS[one.kind], one, max(1, round(one.minutes(end))) if one.until else None) for one in latest],
        "more": max(0, len(found.episodes) - MOST_EPISODES), "n": len(found.episodes), "minutes": round(found.minutes),
    }  # fmt: skip


def _with(sensor: Sensor, given: dict[str, str]) -> Sensor:
    """Return the sensor as it would be; it is never saved."""
    values = {
        field.attname: getattr(sensor, field.attname)
        for field in sensor._meta.concrete_fields
        if field.name != "search"
    }
    other = Sensor(**values)
    for name in NUMBERS:
        setattr(other, name, float(given[name]) if given[name].strip() else None)
    for name in SECONDS:
        setattr(other, name, int(float(given[name] or 0)))
    return other


def _faults(given: dict[str, str]) -> dict[str, list[str]]:
    found = {}
    for name, text in given.items():
        least, most = (0, LONGEST_DELAY) if name in SECONDS else (-MOST if name in LIMITS else 0, MOST)
        if text.strip() and not _is_number(text, least, most):
            found[name] = [str(NO_NUMBER)]
    return found


def _is_number(text: str, least: float, most: float) -> bool:
    try:
        return least <= float(text) <= most
    except ValueError:
        return False


def _fields(sensor: Sensor, given: dict[str, str], faults: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "label": sensor._meta.get_field(name).verbose_name, "value": given[name],
            "now": _text(getattr(sensor, name)), "faults": faults.get(name, ()),
        }
        for name in (*NUMBERS, *SECONDS)
    ]  # fmt: skip


def _text(value: float | int | None) -> str:
    return "" if value is None else f"{value:g}"
