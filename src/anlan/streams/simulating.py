"""Simulated devices: sensors that walk about plausibly, with faults on request, or a recorded series played again.

It publishes as real devices do; their rows are the domain's to make (``domains/alarms/simulated.py``).
"""

from __future__ import annotations

import asyncio
import csv
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anlan.streams.publishing import Publisher

_RECORDED = Path(__file__).with_name("recorded")  # where they come from: PROVENANCE.md there
_SHIPPED = {
    "nab-machine": "machine_temperature_system_failure.csv",
    "nab-ambient": "ambient_temperature_system_failure.csv",
}
_TIMES = ("timestamp", "time", "at", "date", "datetime", "ts")


@dataclass(frozen=True)
class Plan:
    """What is simulated."""

    host: str
    port: int
    enterprises: int
    sensors: int
    rate: float  # readings a second of each sensor
    seconds: float
    faults: frozenset[str] = frozenset()
    seed: int = 1


@dataclass
class Told:
    """What was sent and acknowledged."""

    readings: int = 0
    acknowledged: int = 0


def tags(plan: Plan) -> list[str]:
    """Return the tags of one device."""
    return [f"PT-{n:04d}" for n in range(plan.sensors)]


async def run(plan: Plan, secrets: dict[str, str]) -> Told:
    """Publish until the time is over; what is cut off is sent again."""
    told = Told()
    await asyncio.gather(*(_device(plan, name, secret, told) for name, secret in secrets.items()))
    return told


async def _device(plan: Plan, name: str, secret: str, told: Told) -> None:
    chance = random.Random(f"{plan.seed}/{name}")  # noqa: S311 - a play, repeatable by its seed
    values = {tag: chance.uniform(30, 70) for tag in tags(plan)}
    publisher = await _connected(plan, name, secret, told)
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < plan.seconds:
        for tag, value in values.items():
            values[tag] = min(99.0, max(1.0, value + chance.gauss(0, 0.4)))
        for message in _messages(plan, chance, values):
            try:
                await publisher.publish(message, len(message["values"]))
            except (ConnectionError, OSError):
                publisher = await _connected(plan, name, secret, told, publisher)
                await publisher.publish(message, len(message["values"]))
            told.readings += len(message["values"])
        sent += 1
        await asyncio.sleep(max(0.0, begun + sent / plan.rate - time.monotonic()))
    await publisher.settled()
    await publisher.close()


async def _connected(
    plan: Plan, name: str, secret: str, told: Told, before: Publisher | None = None
) -> Publisher:
    publisher = before or Publisher(plan.host, plan.port, name, secret)

    def acknowledged(token: Any, reason: int) -> None:
        told.acknowledged += 0 if reason else token or 0

    publisher.acknowledged = acknowledged
    while True:
        try:
            await publisher.connect()
            return publisher
        except ConnectionRefusedError as why:
            if "0x" in str(why):
                raise
        except OSError:
            pass
        await asyncio.sleep(0.5)


def _messages(plan: Plan, chance: random.Random, values: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Yield one round of a device: mostly one message, with the faults asked for now and then."""
    at = round(time.time() * 1000)
    said: dict[str, Any] = {tag: round(value, 2) for tag, value in values.items()}
    faults = [fault for fault in plan.faults if chance.random() < 0.02]
    tag = chance.choice(list(said))
    if "spike" in faults:
        said[tag] = 98.5
    if "stuck" in faults:
        values[tag] = said[tag] = 50.0
    if "nan" in faults:
        said[tag] = {"v": None, "q": "bad"}
    if "late" in faults:
        at -= 3_600_000
    if "clock" in faults:
        at += 86_400_000
    if "drop" in faults:
        return
    message = {"at": at, "values": said}
    yield message
    if "duplicate" in faults:
        yield message


def shipped(path: Path) -> Path:
    """Return the file of a series that comes with the program where its name is given, else the path as it is."""
    return _RECORDED / _SHIPPED[str(path)] if str(path) in _SHIPPED else path


def recorded(path: Path) -> tuple[list[str], list[tuple[int, dict[str, float]]]]:
    """Read a recorded series: any CSV with a column of times; every other column of numbers is a sensor. Raises ValueError."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        names = list(rows.fieldnames or ())
        timed = next((name for name in names if name.strip().lower() in _TIMES), None)
        if timed is None:
            raise ValueError(f"{path}: 没有时间列 / no column of times ({', '.join(_TIMES)})")
        series = [(_moment(row[timed]), _numbers(row, timed)) for row in rows]
    series.sort(key=lambda one: one[0])
    return sorted({name for _, values in series for name in values}), series


def _moment(text: str) -> int:
    if text.strip().isdigit():
        number = int(text)
        return number if number > 10**11 else number * 1000
    when = datetime.fromisoformat(text.strip())
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def _numbers(row: dict[str, str], timed: str) -> dict[str, float]:
    found = {}
    for name, text in row.items():
        if name and name != timed:
            try:
                found[name.strip()] = float(text)
            except (TypeError, ValueError):
                continue
    return found


def named(path: Path) -> str:
    """Return the name of the device that plays a recorded series."""
    return "replay-" + re.sub(r"[^a-z0-9]+", "-", path.stem.lower())[:50]


async def replay(
    host: str, port: int, username: str, secret: str, series: list[tuple[int, dict[str, float]]], speed: float
) -> Told:
    """Play a recorded series as if it happened now, so many times as fast; 0: at once, at its own times, moved to end now."""
    told = Told()
    publisher = await _connected(Plan(host, port, 1, 1, 1, 0), username, secret, told)
    first, last, begun = series[0][0], series[-1][0], round(time.time() * 1000)
    for moment, values in series:
        if speed:
            await asyncio.sleep(max(0.0, (begun + (moment - first) / speed) / 1000 - time.time()))
        at = round(begun + (moment - first) / speed) if speed else begun - (last - moment)
        await publisher.publish({"at": at, "values": values}, len(values))
        told.readings += len(values)
    await publisher.settled()
    await publisher.close()
    return told
