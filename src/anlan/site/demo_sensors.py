"""The demonstration's devices and sensors at its major hazards: a week of readings, alarms in every state, and what they go
on saying once a minute while the demonstration runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
from django.db import transaction

from anlan.domains.alarms.demo import (
    HOUR,
    ROLES,
    TOXIC,
    WORK_HOURS,
    Role,
    Signal,
    instants,
    sensors_for,
)
from anlan.domains.alarms.models import Alarm, DataDevice, Sensor, SensorWork
from anlan.domains.alarms.telling import tell
from anlan.domains.alarms.words import GASES
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models import Installation, Inventory
from anlan.kernel import clock, rules
from anlan.kernel.loops import take
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope import Actor
from anlan.site.demo_people import Cast
from anlan.site.demo_year import Firm
from anlan.streams import facts, journal, packing, partitions, registry
from anlan.streams.batches import Refused, read_json, sifted
from anlan.streams.codec import Readings
from anlan.streams.evaluating import Evaluator
from anlan.streams.models import StreamDevice, StreamPoint

NAMED = "demo-"  # how the user names of its devices begin
MOST_PLANTS, BOILER_HOUSE = 12, 90
STALE_SECONDS = 900
SHELVED_DAYS = 3
MINUTE = 60_000
UNKNOWN_TAG = "LT-108"
SAID = {
    "handle": {"cause": "process", "what_was_done": "降低进料、打开备用罐，恢复到正常范围，复查阀门无泄漏。"},
    "shelve": {"reason": "仪表接线松动，已报修，等候厂家更换变送器。"},
    "to_danger": {"danger_description": "压力控制阀动作迟缓，多次越限"},
}


def keep_sensors(cast: Cast, firms: Sequence[Firm], centre: Any = None) -> int:
    """Let the demonstration's major hazards be watched, and the boiler house of one further enterprise (``centre``: its party),
    where the visitor's own people work; returns how many sensors."""
    by_firm = {firm.row.pk: firm for firm in firms}
    units = Installation.unscoped("demonstration rows follow their own enterprise").filter(
        is_demo=True, archived_at=None
    )
    found = [
        unit
        for unit in units.order_by("created_at", "pk").select_related("enterprise")
        if unit.enterprise_id in by_firm
    ]
    made = 0
    with transaction.atomic():
        for number, unit in enumerate(found[:MOST_PLANTS]):
            actor = cast.actor(by_firm[unit.enterprise_id].posts["safety_officer"])
            made += _equip(unit, number, actor)
        officers = {
            firm.row.pk: cast.actor(firm.posts["safety_officer"])
            for firm in firms
            if "safety_officer" in firm.posts
        }
        for firm in firms:
            if firm.row.holder_id == centre and firm.row.pk in officers:
                made += _equip_boiler_house(firm.row, officers[firm.row.pk])
        if made:
            _let_them_speak(officers)
    return made


def _equip(unit: Installation, number: int, actor: Actor) -> int:
    device = create(
        DataDevice, actor,
        {"enterprise": str(unit.enterprise_id), "name": f"{unit.name}网关", "username": f"{NAMED}{number:02d}"},
    )  # fmt: skip
    held = [
        (row.name, row.vessel or unit.name)
        for row in Inventory.unscoped("demonstration rows follow their own enterprise")
        .filter(installation=unit, archived_at=None)
        .order_by("vessel", "name")
    ]
    made = list(_asked(unit, number, held))
    for asked in made:
        create(
            Sensor,
            actor,
            {"device": str(device.pk), "installation": str(unit.pk), "stale_after": str(STALE_SECONDS)}
            | asked,
        )
    return len(made)


def _equip_boiler_house(firm: Enterprise, actor: Actor) -> int:
    device = create(
        DataDevice, actor, {"enterprise": str(firm.pk), "name": "锅炉房网关", "username": f"{NAMED}{BOILER_HOUSE}"}
    )  # fmt: skip
    points = _set_points("甲烷")
    first, second = points[:2] if points else (None, None)
    made = (
        ("PT-01", "锅炉蒸汽压力", "pressure", "MPa", "", {"limit_h": 1.2, "limit_hh": 1.25, "range_low": 0, "range_high": 1.6}),
        ("TT-01", "排烟温度", "temperature", "℃", "", {"limit_h": 170, "limit_hh": 190, "range_low": 0, "range_high": 300}),
        ("LT-01", "锅筒水位", "level", "mm", "",
         {"limit_ll": -75, "limit_l": -50, "limit_h": 50, "limit_hh": 75, "range_low": -150, "range_high": 150}),
        ("GT-01", "燃气探测器", "combustible", "%LEL", "甲烷",
         {"limit_h": first, "limit_hh": second, "range_low": 0, "range_high": 100}),
    )  # fmt: skip
    for tag, name, quantity, unit, substance, limits in made:
        asked = {name: f"{value:g}" for name, value in limits.items() if value is not None}
        create(Sensor, actor, {
            "device": str(device.pk), "tag": tag, "name": name, "quantity": quantity, "unit": unit, "substance": substance,
            "place_note": "锅炉房", "location": "锅炉房", "stale_after": str(STALE_SECONDS), **asked,
        })  # fmt: skip
    return len(made)


def _asked(unit: Installation, number: int, held: Sequence[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Yield what is entered of each sensor of a unit."""
    for place, (one, vessel, substance) in enumerate(sensors_for(unit.kind, held) if held else []):
        limits = zip(("limit_ll", "limit_l", "limit_h", "limit_hh"), one.limits, strict=True)
        yield {
            "name": f"{vessel}{one.name}", "tag": f"{one.key}-{number + 1}{place + 1:02d}", "quantity": one.quantity,
            "unit": one.unit, "substance": substance, "location": vessel, "range_low": str(one.span[0]),
            "range_high": str(one.span[1]), "dead_band": str(one.dead_band),
            **{name: str(limit) for name, limit in limits if limit is not None},
        }  # fmt: skip
    for place, substance in enumerate(dict.fromkeys(name for name, _ in held[:2])):
        points = _set_points(substance)
        if points is not None:
            first, second, unit_words, quantity = points
            yield {
                "name": f"{substance}探测器{place + 1}", "tag": f"GT-{number + 1}9{place + 1}", "quantity": quantity,
                "unit": unit_words, "substance": substance, "location": f"{unit.name}东侧", "range_low": "0",
                "range_high": f"{second * 2:g}" if quantity == "toxic" else "100", "limit_h": f"{first:g}",
                "limit_hh": f"{second:g}", "dead_band": f"{first * 0.05:g}",
            }  # fmt: skip


def _set_points(substance: str) -> tuple[float, float, str, str] | None:
    """Return first and second set-point of a gas by the rule (GB/T 50493), with unit and kind; None where it knows none."""
    asked = {"gas": substance, "date": clock.today().isoformat()}
    readings = ("mg_m3", "lel_pct")
    for reading in readings if substance in TOXIC else reversed(readings):
        try:
            found: dict[str, Any] = rules.run("gas-alarm", {**asked, reading: "0"})
        except (rules.InputErrors, rules.RuleGap):
            continue
        # What is toxic long before it burns is watched as toxic gas, in whatever it was asked.
        unit, quantity = ("mg/m³", "toxic") if found["unit"] == "mg/m3" else ("%LEL", "combustible")
        return float(found["set_first"]), float(found["set_second"]), unit, quantity
    return None


# --- what they said, and what people did ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Voice:
    """One sensor with its signal and the number of its point."""

    sensor: Sensor
    signal: Signal
    number: int


def _voices(anchor: datetime | None = None) -> list[_Voice]:
    """Return the sensors of the demonstration with what they say, in the order of plants."""
    rows = Sensor.unscoped("the demonstration's sensors say what they say")
    sensors = list(
        rows.filter(is_demo=True, archived_at=None, device__username__startswith=NAMED)
        .select_related("device")
        .order_by("device__username", "created_at", "pk")
    )
    numbers = dict(
        StreamPoint.objects.filter(sensor__in=[one.pk for one in sensors]).values_list("sensor", "number")
    )
    places: dict[str, int] = {}
    found = []
    for sensor in sensors:
        name = sensor.device.username
        place = places[name] = places.get(name, -1) + 1
        role = (
            ROLES.get((int(name.removeprefix(NAMED) or 0), place), Role())
            if name.removeprefix(NAMED).isdigit()
            else Role()
        )
        if sensor.pk in numbers:
            found.append(
                _Voice(sensor, _signal(sensor, role, anchor or sensor.created_at), numbers[sensor.pk])
            )
    return found


def _signal(sensor: Sensor, role: Role, anchor: datetime) -> Signal:
    limits = {
        kind: value
        for kind, value in (("L", sensor.limit_l), ("H", sensor.limit_h), ("HH", sensor.limit_hh))
        if value is not None
    }
    low = sensor.limit_l if sensor.limit_l is not None else max(sensor.range_low or 0.0, 0.0)
    high = sensor.limit_h if sensor.limit_h is not None else sensor.range_high or 1.0
    return Signal(f"{sensor.device.username}/{sensor.tag}", round(anchor.timestamp() * 1000), low, high, limits,
                  sensor.quantity in GASES, role)  # fmt: skip


def _let_them_speak(officers: dict[Any, Actor]) -> None:
    """Let a week pass hour by hour: readings are judged, alarms told, people act; then keep the readings."""
    now = clock.now()
    voices, end = _voices(now), round(now.timestamp() * 1000)
    _begin_works(voices, officers, now)
    at = instants(end)
    partitions.make(*{_moment(int(one)).date() for one in (at[0], *at[:: len(at) // 8], at[-1])}, now.date())
    said = _all_said(voices, at)
    acts = sorted(
        (now + timedelta(hours=hours), step, voice)
        for voice in voices
        for hours, step in voice.signal.role.acts
    )
    with clock.travel(_moment(int(at[0]))) as travel:
        known = registry.load()
        evaluator = Evaluator(known, int(at[0]))
        for until in np.arange(int(at[0]) + HOUR // 4, end + HOUR // 4, HOUR // 4).tolist():
            until = min(until, end)
            travel.to(_moment(until))
            _judge(evaluator, said, until)
            while acts and acts[0][0] <= _moment(until):
                moment, step, voice = acts.pop(0)
                _act(voice, step, moment, officers)
        readings = Readings(known.numbers[said.points], said.at, said.value, said.quality)
    number = journal.commit(os.getpid(), readings, _not_taken_in(known, voices, end), clock.now())
    facts.write([], [number] if number is not None else [], evaluator.renewed(), clock.now())
    StreamDevice.objects.filter(username__startswith=NAMED).update(seen_at=clock.now())
    packing.run()


def _not_taken_in(known: registry.Registry, voices: Sequence[_Voice], end: int) -> list[Refused]:
    """What the first gateway sent that is put aside: a tag nobody entered, and a value no such instrument can show."""
    first = voices[0].sensor
    device = known.devices[first.device.username]
    beyond = (first.range_high or 1.0) * 10
    sent = [
        {"at": end - minutes * MINUTE, "values": {UNKNOWN_TAG: round(4.2 + minutes / 100, 2), **more}}
        for minutes, more in ((15, {}), (10, {first.tag: beyond}), (5, {}))
    ]
    return sifted([read_json(orjson.dumps(sent), device, end)], known, end)[1]


def _all_said(voices: Sequence[_Voice], at: Any) -> Readings:
    """Return all readings in order of time; their ``points`` are places of the registry."""
    known = registry.load()
    parts = []
    for voice in voices:
        when = at[voice.signal.speaks(at)]
        place = int(known.places[voice.number])
        parts.append(
            Readings(
                np.full(len(when), place, np.int32),
                when,
                voice.signal.values(when),
                np.zeros(len(when), np.uint8),
            )
        )
    points, times, values, qualities = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("points", "at", "value", "quality")
    )
    return Readings(points, times, values, qualities).only(np.argsort(times, kind="stable"))


def _judge(evaluator: Evaluator, said: Readings, until: int) -> None:
    first, last = np.searchsorted(said.at, [evaluator.now_ms, until])
    evaluator.now_ms = until
    part = said.only(np.arange(first, last))
    changes = evaluator.evaluate(part, until) + evaluator.silent(until)
    if changes:
        facts.write(changes, [], evaluator.latest_of(changes), clock.now())
        tell()


def _act(voice: _Voice, step: str, moment: datetime, officers: dict[Any, Actor]) -> None:
    """Let the safety officer take a step on the open alarms of a sensor; what the engine refuses is left undone."""
    rows = Alarm.unscoped("demonstration rows follow their own enterprise")
    data = dict(SAID.get(step, {}))
    if step == "shelve":
        data["shelved_until"] = (clock.today() + timedelta(days=SHELVED_DAYS)).isoformat()
    for alarm in rows.filter(sensor=voice.sensor, closed_at=None).order_by("opened_at", "pk"):
        with suppress(KeepingError), transaction.atomic():
            take(step, alarm, officers[voice.sensor.enterprise_id], data, at=max(moment, alarm.opened_at))


def _begin_works(voices: Sequence[_Voice], officers: dict[Any, Actor], now: datetime) -> None:
    for voice in voices:
        if voice.signal.role.under_work:
            create(SensorWork, officers[voice.sensor.enterprise_id], {
                "sensor": str(voice.sensor.pk), "work": "maintenance", "what": "更换压力变送器膜片",
                "starts_at": (now + timedelta(hours=WORK_HOURS[0])).isoformat(),
                "ends_at": (now + timedelta(hours=WORK_HOURS[1])).isoformat(),
            })  # fmt: skip


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


# --- while the demonstration runs --------------------------------------------------------------------------------------


def go_on() -> int:
    """Once a minute: let the sensors of the demonstration say what they say now; returns how many did."""
    if not StreamDevice.objects.filter(username__startswith=NAMED).exists():
        return 0
    now = clock.now()
    at = np.array([round(now.timestamp() * 1000) // MINUTE * MINUTE], np.int64)
    spoken = [(voice.number, voice.signal.values(at)[0]) for voice in _voices() if voice.signal.speaks(at)[0]]
    if not spoken:
        return 0
    numbers, values = zip(*spoken, strict=True)
    count = len(spoken)
    readings = Readings(
        np.array(numbers, np.int32), np.repeat(at, count), np.array(values), np.zeros(count, np.uint8)
    )
    journal.commit(os.getpid(), readings, [], now)
    StreamDevice.objects.filter(username__startswith=NAMED).update(seen_at=now)
    return count
