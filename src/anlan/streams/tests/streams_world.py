"""Devices with points for the tests of the streams; the ingest, a broker and a network as things of their own that may be
killed, stopped or cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from anlan.streams import partitions, registry
from anlan.streams.registry import Condition
from anlan.streams.words import HH, H

SECRETS: dict[str, str] = {}


def lay(*names: str, tags: int = 4, conditions: tuple[Condition, ...] = ()) -> dict[str, list[int]]:
    """Lay devices with points PT-0, PT-1, …, range 0 to 1000; returns the numbers of their points by device."""
    partitions.tend()
    wanted = conditions or (Condition(H, 80, 2), Condition(HH, 90, 2))
    found: dict[str, list[int]] = {}
    for name in names:
        pk = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        registry.keep_device(pk, name, [], enabled=True)
        SECRETS[name] = registry.give_secret(pk)
        found[name] = [
            registry.keep_point(
                uuid.uuid5(pk, str(n)), pk, f"PT-{n}", low=0, high=1000, enabled=True, conditions=wanted
            )
            for n in range(tags)
        ]
    return found


class Ingest:
    """The ingest process of `./anlan up`, on the test's database."""

    def __init__(self, folder: Path, **more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        parts = connection.settings_dict
        base = os.environ["ANLAN_DATABASE_URL"]
        url = base.replace("/anlan?", f"/{parts['NAME']}?").replace("/anlan&", f"/{parts['NAME']}&")
        if url == base:
            url = base.rsplit("/", 1)[0] + f"/{parts['NAME']}"
        self.own = {
            **os.environ, "ANLAN_DATABASE_URL": url, "ANLAN_OWNER_DATABASE_URL": url,
            "ANLAN_APPLICATION_DATABASE_URL": url, "ANLAN_MQTT_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "anlan.site.settings", "ANLAN_DATA": str(settings.ANLAN_DATA),
            "PYTHONPATH": str(settings.ROOT / "src"), **more,
        }  # fmt: skip
        self.log = folder / "ingest.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            line = [sys.executable, "-m", "anlan.site.main", "streams"]
            self.process = subprocess.Popen(line, env=self.own, stdout=log, stderr=log)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Broker:
    """Mosquitto on a free port, with what it needs to keep what it acknowledged over an orderly restart."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder = folder
        self.settings = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true",
            f"persistence_location {folder}/", "max_inflight_messages 0", "max_queued_messages 0",
        ]  # fmt: skip
        if os.geteuid() == 0:
            lines.append("user root")
        self.settings.write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen([str(MOSQUITTO), "-c", str(self.settings)], stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("Mosquitto does not answer")

    def stop(self) -> None:
        """Stop it in order; it writes down what it holds."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Mosquitto, running; skipped where there is none, unless ANLAN_REQUIRE_BROKER=1."""
    if MOSQUITTO is None:
        if os.environ.get("ANLAN_REQUIRE_BROKER") == "1":
            pytest.fail("no Mosquitto on this machine: apt-get install mosquitto")
        pytest.skip("no Mosquitto on this machine: apt-get install mosquitto")
    folder = tmp_path / "broker"
    folder.mkdir()
    one = Broker(folder)
    one.start()
    yield one
    one.stop()


class Network:
    """A line between devices and a port, which can be cut."""

    def __init__(self, port: int) -> None:
        self.to, self.port, self.is_cut = port, 0, False
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        """Begin to pass on."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break every line, with whatever is on its way; nobody gets through until it is mended."""
        self.is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._writers += [writer, back]
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
    with contextlib.suppress(RuntimeError):
        writer.close()


@pytest.fixture
def ingest(transactional_db: None, tmp_path: Path) -> Iterator[Ingest]:
    """An ingest, not started; its devices are laid first."""
    # Django empties the tables of models alone.
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE streams_journal, streams_piece, streams_hour, streams_roll")
    one = Ingest(tmp_path)
    yield one
    one.stop()


def until(holds: object, seconds: float = 20) -> None:
    """Wait until something holds."""
    limit = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < limit, "it never came to hold"
        time.sleep(0.05)
