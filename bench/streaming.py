"""What the benches of the streams share: measuring points laid straight into the tables, the processes as `up` runs them,
publishers.

Publishers are processes of their own on the same machine; their share of the cores is part of the figure.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from anlan.site.environment import ROOT
from bench.place import Place, _free_port

NAMESPACE = uuid.UUID("5f0c1f46-2f9b-4b0e-9a58-7e39a3b6a7c1")
TABLES = ("streams_journal", "streams_piece", "streams_hour", "streams_roll", "streams_streamraised", "streams_streamlatest",
          "streams_streamrefusal", "streams_streamingest",
          "streams_streamcondition", "streams_streampoint", "streams_streamdevice")  # fmt: skip
SECRET = "a secret of the bench"
START_SECONDS = 30


@dataclass
class Laid:
    """Devices and how many points each has; points are numbered from 1 in their order."""

    devices: list[str]
    points_each: int
    tags: list[str] = field(default_factory=list)


def usual(high: float) -> tuple[tuple[str, float, int], ...]:
    """Return what is watched for at a point: four limits, and silence; kind, bound, delay."""
    return (("LL", 1, 0), ("L", 5, 0), ("H", high, 0), ("HH", high + 3, 0), ("stale", 0, 300_000))


def lay(
    devices: int, points_each: int, *, high: float = 95.0, kinds: tuple[tuple[str, float, int], ...] = ()
) -> Laid:
    """Empty the tables of the streams and lay devices with their points, each watched for some kinds of conditions."""
    from django.db import connection, transaction

    from anlan.streams.models import StreamCondition, StreamDevice, StreamPoint, StreamStamp
    from anlan.streams.registry import digest

    names = [f"gateway-{n:05d}" for n in range(devices)]
    tags = [f"PT-{n:04d}" for n in range(points_each)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        ids = {name: uuid.uuid5(NAMESPACE, name) for name in names}
        StreamDevice.objects.bulk_create(
            StreamDevice(id=pk, username=name, secret_sha256=digest(SECRET), topics=[f"anlan/{name}/#"])
            for name, pk in ids.items()
        )
        StreamPoint.objects.bulk_create(
            [
                StreamPoint(sensor=uuid.uuid5(ids[name], tag), device_id=ids[name], tag=tag, low=0, high=1000)
                for name in names
                for tag in tags
            ],
            batch_size=5000,
        )
        numbers = StreamPoint.objects.order_by("number").values_list("number", flat=True)
        StreamCondition.objects.bulk_create(
            [
                StreamCondition(point_id=number, kind=kind, bound=bound, dead_band=1, on_delay_ms=delay)
                for number in numbers
                for kind, bound, delay in kinds or usual(high)
            ],
            batch_size=5000,
        )  # fmt: skip
        StreamStamp.objects.update_or_create(pk=1, defaults={"version": time.time_ns()})
    return Laid(names, points_each, tags)


def in_application_role() -> dict[str, str]:
    """Return the surroundings of a process as `up` starts it."""
    own = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "anlan.site.settings"}
    own["ANLAN_OWNER_DATABASE_URL"] = own["ANLAN_DATABASE_URL"] = own["ANLAN_APPLICATION_DATABASE_URL"]
    own["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return own


@contextmanager
def ingesting(place: Place, *, with_worker: bool = True, **more: str) -> Iterator[int]:
    """Run the ingest and the background work as `up` does; yields the port of the receiver."""
    port = _free_port()
    own = in_application_role() | {"ANLAN_MQTT_PORT": str(port)} | more
    commands = ["streams", "worker"] if with_worker else ["streams"]
    (place.folder / "logs").mkdir(exist_ok=True)
    running = []
    with (place.folder / "logs" / "bench-streams.log").open("ab") as log:
        try:
            for command in commands:
                line = [sys.executable, "-m", "anlan.site.main", command]
                running.append(subprocess.Popen(line, env=own, cwd=ROOT, stdout=log, stderr=log))
            _wait_for(port, running[0])
            yield port
        finally:
            for one in reversed(running):
                one.terminate()
            for one in running:
                try:
                    one.wait(20)
                except subprocess.TimeoutExpired:
                    one.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    import socket

    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the ingest did not start; see logs/bench-streams.log of the bench's folder")


@dataclass(frozen=True)
class Load:
    """What one publishing process is to do."""

    port: int
    devices: list[str]
    tags: list[str]
    seconds: float
    readings_a_message: int
    rate: float = 0.0  # readings a second of this process; 0: as fast as they are acknowledged
    again: float = 0.01  # the share of messages sent twice
    window: int = 32
    seed: int = 1


@dataclass
class Sent:
    """What one publishing process did: distinct readings acknowledged, messages, seconds, latencies of acknowledgements in ms."""

    readings: int
    repeated: int
    seconds: float
    latencies: list[float]


def publish(load: Load) -> Sent:
    """Publish as a process of its own is told to."""
    return asyncio.run(_publish(load))


async def _publish(load: Load) -> Sent:
    from anlan.streams.publishing import Publisher

    random = np.random.default_rng(load.seed)
    done = Sent(0, 0, 0.0, [])
    publishers = [
        Publisher("127.0.0.1", load.port, name, SECRET, window=load.window) for name in load.devices
    ]

    def acknowledged(token: Any, reason: int) -> None:
        began, count, is_new = token
        if reason:
            raise RuntimeError(f"refused: {reason:#x}")
        if is_new:
            done.readings += count
            if count and random.random() < 0.02:
                done.latencies.append((time.perf_counter() - began) * 1000)
        else:
            done.repeated += count

    for one in publishers:
        one.acknowledged = acknowledged
        await one.connect()
    begun = time.perf_counter()
    pace = load.rate / len(publishers) if load.rate else 0.0
    await asyncio.gather(
        *(_one(load, one, pace, begun, load.seed * 1000 + n) for n, one in enumerate(publishers))
    )
    done.seconds = time.perf_counter() - begun
    for one in publishers:
        await one.close()
    return done


async def _one(load: Load, publisher: Any, pace: float, begun: float, seed: int) -> None:
    """Send a device's points, so many a message, over and over, each a small step from the value before."""
    random = np.random.default_rng(seed)
    parts = [
        load.tags[n : n + load.readings_a_message] for n in range(0, len(load.tags), load.readings_a_message)
    ]
    values = [random.uniform(20, 94.9, len(part)) for part in parts]
    at = round(time.time() * 1000)
    sent = 0
    while time.perf_counter() - begun < load.seconds:
        at = max(at + 1, round(time.time() * 1000))
        for number, part in enumerate(parts):
            values[number] = np.clip(values[number] + random.normal(0, 0.2, len(part)), 0, 99)
            message = {"at": at, "values": dict(zip(part, np.round(values[number], 2).tolist(), strict=True))}
            await publisher.publish(message, (time.perf_counter(), len(part), True))
            if random.random() < load.again:
                await publisher.publish(message, (time.perf_counter(), len(part), False))
            sent += len(part)
            if pace and (ahead := sent / pace - (time.perf_counter() - begun)) > 0:
                await asyncio.sleep(ahead)
    await publisher.settled()
