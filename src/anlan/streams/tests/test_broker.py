"""A broker of the operator's own in front: Mosquitto, which the platform subscribes to; two ingests share what comes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anlan.streams import packing, reading
from anlan.streams.models import StreamRaised
from anlan.streams.tests.streams_world import Ingest, lay, until
from anlan.streams.tests.test_ingest import FAR, NEAR, now_ms, send

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed (apt install mosquitto)"),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 0\n"
    )
    running = subprocess.Popen([str(MOSQUITTO), "-c", str(settings)], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    yield port
    running.terminate()
    running.wait()


def test_two_ingests_share_what_a_broker_brings_and_one_judges_it(
    ingest: Ingest, broker: int, tmp_path: Path
) -> None:
    numbers = lay("meter")["meter"]
    where = f"mqtt://127.0.0.1:{broker}"
    ingest.own["ANLAN_MQTT_BROKER"] = where
    (tmp_path / "second").mkdir()
    second = Ingest(tmp_path / "second", ANLAN_MQTT_BROKER=where)
    ingest.start()
    second.start()
    try:
        time.sleep(1)
        at = now_ms()
        messages = [{"at": at + n, "values": {"PT-0": n % 70, "PT-1": 85}} for n in range(400)]
        assert len(asyncio.run(send(broker, "meter", *messages))) == 400
        until(lambda: len(reading.raw(numbers[0], FAR, NEAR)) == 400)
        until(lambda: StreamRaised.objects.count() == 1)  # 85 from the first to the last: one fact
        assert _writers() == 2
        until(lambda: packing.pack() >= 0 and len(reading.all_readings(FAR, NEAR)) == 800)
    finally:
        second.stop()


def _writers() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT writer) FROM streams_journal")
        return int(cursor.fetchone()[0])
