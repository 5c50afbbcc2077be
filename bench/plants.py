"""Plants for the benches of alarms: devices and sensors at enterprises of the bench's city, as the registers would keep them, by
bulk; and a browser's event stream that listens for alarms.
"""

from __future__ import annotations

import socket
import threading
import time
from queue import Queue
from typing import Any

from bench.streaming import SECRET, Laid

LIMIT = 80.0
TABLES = ("alarms_alarm", "alarms_sensorvote", "alarms_sensorwork", "alarms_sensor", "alarms_datadevice")


def forget_plants() -> None:
    """Take the plants and alarms of an earlier run away."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        cursor.execute("DELETE FROM loops_duty WHERE loop = 'alarms'")


def lay_plants(count: int, sensors: int) -> Laid:
    """Lay a device with so many sensors at each of so many enterprises; one high limit each."""
    from itertools import islice

    from django.db import transaction

    from anlan.domains.alarms.models import DataDevice, Sensor
    from anlan.domains.enterprises.models import Enterprise
    from anlan.kernel import clock
    from anlan.streams.models import StreamCondition, StreamDevice, StreamPoint
    from anlan.streams.registry import digest

    why = "the bench lays plants in its own city"
    firms = Enterprise.unscoped(why).filter(archived_at=None, holder__isnull=False).order_by("pk")
    chosen = list(islice(firms.defer("search").select_related("territory", "holder"), count))
    now = clock.now()
    devices = [
        DataDevice(
            enterprise=firm,
            name=f"网关{n}",
            username=f"plant-{n:04d}",
            created_at=now,
            updated_at=now,
            is_demo=True,
        )
        for n, firm in enumerate(chosen)
    ]
    tags = [f"LT-{n:03d}" for n in range(sensors)]
    rows = [
        Sensor(enterprise=device.enterprise, device=device, name=f"储罐{n}液位", tag=tag, quantity="level", unit="%", range_low=0,
               range_high=100, limit_h=LIMIT, dead_band=1, created_at=now, updated_at=now, is_demo=True)
        for device in devices
        for n, tag in enumerate(tags)
    ]  # fmt: skip
    for row in (*devices, *rows):
        row.stand()
        row.settle()
    with transaction.atomic():
        DataDevice.unscoped(why).bulk_create(devices)
        Sensor.unscoped(why).bulk_create(rows, batch_size=1000)
        StreamDevice.objects.bulk_create(
            StreamDevice(
                id=one.pk,
                username=one.username,
                secret_sha256=digest(SECRET),
                topics=[f"anlan/{one.username}/#"],
            )
            for one in devices
        )
        points = StreamPoint.objects.bulk_create(
            StreamPoint(sensor=one.pk, device_id=one.device_id, tag=one.tag, low=0, high=100) for one in rows
        )
        StreamCondition.objects.bulk_create(
            StreamCondition(point=one, kind="H", bound=LIMIT, dead_band=1) for one in points
        )
        _renew()
    return Laid([one.username for one in devices], sensors, tags)


def _renew() -> None:
    from django.db import connection

    from anlan.streams.models import StreamStamp

    with connection.cursor() as cursor:
        # An act of an alarm is known by the number of its fact: numbers of an earlier run would be taken for done.
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('streams_streamraised', 'id'), %s)",
            [time.time_ns() // 10**6],
        )
    StreamStamp.objects.update_or_create(pk=1, defaults={"version": time.time_ns()})


class Browser:
    """A browser's event stream on the list of alarms; ``heard`` holds the moments at which it was told."""

    def __init__(self, address: str, cookie: str) -> None:
        self.heard: Queue[float] = Queue()
        self.count = 0
        self._address, self._cookie = address, cookie
        threading.Thread(target=self._listen, daemon=True).start()
        self.heard.get(timeout=30)  # the line is open

    def emptied(self) -> None:
        """Forget what was heard."""
        while not self.heard.empty():
            self.heard.get_nowait()

    def _listen(self) -> None:
        host, _, port = self._address.partition(":")
        with socket.create_connection((host, int(port))) as line:
            asked = "GET /live/?topic=rows:alarms HTTP/1.1\r\nHost: localhost\r\n"
            line.sendall(f"{asked}Cookie: {self._cookie}\r\n\r\n".encode())
            while piece := line.recv(65536):
                if b"event:" in piece or b": ready" in piece:
                    self.count += 1
                    self.heard.put(time.monotonic())


def alarms() -> Any:
    """Return the alarms there are."""
    from anlan.domains.alarms.models import Alarm

    return Alarm.unscoped("the bench counts in its own city").order_by()
