"""Readings of thousands of meters through a broker: 3 a message, QoS 1, Mosquitto in front, every device connected.

The figure counts readings the platform has committed, from the first message to the last commit; what Mosquitto has
acknowledged and the platform has not is not in it. It is none if one acknowledged reading is missing afterwards, or there
twice. Beside it, in the same run: a binary COPY of as many rows under a unique index.
"""

from __future__ import annotations

import os
import resource
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.figures import Figure, Floor
from bench.ingest import _pack_all, _raised, _seconds_until_evaluated, copied, one
from bench.place import Place, _free_port
from bench.streaming import ingesting, lay

NEEDS_CITY = True
NEEDS_PAGES = False
SECONDS = float(os.environ.get("ANLAN_BENCH_SECONDS", "60"))
DEVICES = 20_000
SPARE = 80  # files a process needs beside its connections
READINGS = 3
OFFERED = float(os.environ.get("ANLAN_BENCH_OFFERED", "11000"))  # messages a second
LEAST = 30_000
KINDS = (("L", 5.0, 0), ("H", 95.0, 0), ("stale", 0.0, 300_000))
_ACK = 4  # bytes


def run(place: Place) -> Iterator[Figure]:
    """Yield readings a second committed through a broker, and how long a device waits for the broker's acknowledgement."""
    floor = copied()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = DEVICES if most == resource.RLIM_INFINITY else min(DEVICES, most - SPARE)
    laid = lay(count, READINGS, kinds=KINDS)
    with mosquitto() as port, ingesting(place, ANLAN_MQTT_BROKER=f"mqtt://127.0.0.1:{port}"):
        _until_heard()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            sent = process.submit(publish, Meters(port, laid.devices, laid.tags, SECONDS, OFFERED)).result()
        last = _last_commit(sent.messages * READINGS)
        behind = _seconds_until_evaluated()
        packed = _pack_all()
    _must_be_whole(sent.messages * READINGS)
    seconds = last - sent.begun_at
    rate = sent.messages * READINGS / seconds
    notes = {"devices connected": count, "messages acknowledged": sent.messages,
             "messages a second": round(sent.messages / seconds),
             "offered a second": OFFERED, "seconds": round(seconds, 1), "sensors": count * READINGS, "alarms raised": _raised(),
             "evaluated after (s)": round(behind, 2), "rest packed in (s)": round(packed, 1)}  # fmt: skip
    yield Figure(
        "ingest", "meter readings a second, committed behind a broker", "readings/s", [rate], at_least=LEAST,
        floor=Floor("binary COPY of as many rows under a unique index (rows/s)", floor), notes=notes,
    )  # fmt: skip
    yield Figure("ingest", "meters, acknowledged by the broker after", "ms", sent.waits, judged="p95")


@contextmanager
def mosquitto() -> Iterator[int]:
    """Run Mosquitto as the operator's guide says; yields its port."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise RuntimeError("no Mosquitto on this machine: apt-get install mosquitto")
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="anlan-bench-broker-") as folder:
        settings = Path(folder) / "mosquitto.conf"
        lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "max_inflight_messages 0", "max_queued_messages 0",
                 "persistence false", "log_type error"]  # fmt: skip
        lines += ["user root"] if os.geteuid() == 0 else []
        settings.write_text("\n".join(lines) + "\n")
        running = subprocess.Popen([program, "-c", str(settings)], preexec_fn=_open_files)
        try:
            time.sleep(0.5)
            yield port
        finally:
            running.terminate()
            running.wait(20)


def _open_files() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _until_heard() -> None:
    from anlan.streams.models import StreamIngest

    limit = time.monotonic() + 60
    while not StreamIngest.objects.filter(broker="connected").exists():
        if time.monotonic() > limit:
            raise RuntimeError(
                "the ingest does not hear the broker; see logs/bench-streams.log of the bench's folder"
            )
        time.sleep(0.2)


def _last_commit(readings: int) -> float:
    """Wait until so many readings are in the journal; return when the last batch of them was committed."""
    limit = time.monotonic() + 120
    while int(one("SELECT coalesce(sum(count), 0) FROM streams_journal")) < readings:
        if time.monotonic() > limit:
            raise RuntimeError("the platform does not catch up with the broker")
        time.sleep(0.1)
    return float(one("SELECT extract(epoch FROM max(received_at)) FROM streams_journal"))


def _must_be_whole(readings: int) -> None:
    from datetime import timedelta

    from anlan.kernel import clock
    from anlan.streams import packing

    packing.close_hours(clock.now() + timedelta(hours=2))
    found = one("SELECT coalesce(sum(count), 0) FROM streams_hour")
    refused = one("SELECT coalesce(sum(count), 0) FROM streams_streamrefusal")
    if found != readings or refused:
        raise RuntimeError(f"{readings} acknowledged, {found} kept, {refused} refused")


@dataclass(frozen=True)
class Meters:
    """What the devices are to do."""

    port: int
    devices: list[str]
    tags: list[str]
    seconds: float
    rate: float  # messages a second of all


@dataclass
class Published:
    """What they did: when the first message went, how many were acknowledged, waits in ms."""

    begun_at: float
    messages: int
    waits: list[float]


def publish(load: Meters) -> Published:
    """Connect all devices, then let each publish in its turn; one message of each is on its way at a time."""
    _open_files()
    lines = [_connected(load.port, name) for name in load.devices]
    done = _published(load, lines)
    for line in lines:
        line.close()
    return done


def _connected(port: int, name: str) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    said = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack("!H", len(name)) + name.encode()
    line.sendall(bytes((0x10, len(said))) + said)
    if line.recv(4)[3:] != b"\0":
        raise RuntimeError(f"refused: {name}")
    line.setblocking(False)
    return line


def _published(load: Meters, lines: list[socket.socket]) -> Published:
    random = np.random.default_rng(1)
    values = random.uniform(20, 90, (len(lines), len(load.tags))).round(2)
    steps = random.normal(0, 0.2, (64, len(load.tags))).round(2)
    heads = [_Head(name, load.tags) for name in load.devices]
    poll = select.epoll()
    place_of = {line.fileno(): place for place, line in enumerate(lines)}
    for line in lines:
        poll.register(line.fileno(), select.EPOLLIN)
    sent_at = [0.0] * len(lines)  # 0: nothing is on its way
    done = Published(time.time(), 0, [])
    begun, sent, place = time.perf_counter(), 0, -1
    while (elapsed := time.perf_counter() - begun) < load.seconds:
        now_ms = round(time.time() * 1000)
        for _ in range(min(400, round(load.rate * elapsed) - sent)):
            place = (place + 1) % len(lines)
            if sent_at[place]:
                continue  # it waits still: this one is late, the next is asked
            sent_at[place] = time.perf_counter()
            mine = values[place]
            mine += steps[sent & 63]
            lines[place].send(heads[place] % (sent % 65_535 + 1, now_ms, *mine.tolist()))
            sent += 1
        _answers(poll, lines, place_of, sent_at, done, 0.002)
    limit = time.perf_counter() + 30
    while any(sent_at) and time.perf_counter() < limit:
        _answers(poll, lines, place_of, sent_at, done, 0.1)
    if any(sent_at):
        raise RuntimeError("the broker did not acknowledge everything")
    return done


class _Head:
    """A message of one device but for its number, time and values."""

    def __init__(self, name: str, tags: list[str]) -> None:
        self.topic = f"anlan/{name}/readings".encode()
        self.body = b'{"at":%d,"values":{' + b",".join(b'"%s":%%.2f' % tag.encode() for tag in tags) + b"}}"

    def __mod__(self, given: tuple[float, ...]) -> bytes:
        payload = self.body % given[1:]
        rest = struct.pack("!H", len(self.topic)) + self.topic + struct.pack("!H", int(given[0])) + payload
        size = len(rest)
        return (bytes((0x32, size)) if size < 128 else bytes((0x32, size & 127 | 128, size >> 7))) + rest


def _answers(
    poll: select.epoll, lines: list[socket.socket], place_of: dict[int, int], sent_at: list[float], done: Published,
    patience: float,
) -> None:  # fmt: skip
    for number, _ in poll.poll(patience, 2000):
        place = place_of[number]
        if len(lines[place].recv(64)) < _ACK:
            raise RuntimeError("the broker closed a connection")
        done.messages += 1
        if done.messages % 50 == 0:
            done.waits.append((time.perf_counter() - sent_at[place]) * 1000)
        sent_at[place] = 0.0
