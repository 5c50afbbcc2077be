"""Devices with points for the tests of the streams, and the ingest as a process of its own that may be killed."""

from __future__ import annotations

import os
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
