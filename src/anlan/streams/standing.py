"""How the ingest stands, by its own word, and what of it an operator must know: in his words, with what was kept and what to do.

An ingest writes its row every other second. Who reads it needs no connection to the process; one that is dead is known by
its silence.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Q, Sum

from anlan.kernel import clock
from anlan.kernel.words import Words
from anlan.streams.models import StreamDevice, StreamIngest, StreamPoint, StreamRefusal

if TYPE_CHECKING:
    from anlan.streams.accepting import Acceptor

ALIVE = timedelta(seconds=20)
FORGOTTEN = timedelta(days=1)
LATELY = timedelta(seconds=30)
HEARD = timedelta(minutes=10)
BEHIND = timedelta(minutes=1)
AHEAD_MS = 5 * 60_000  # what runs ahead of it is refused
LATE_MS = 6 * 3_600_000
MOST_A_SECOND = 20.0  # readings of one sensor: more is no measuring
NAMED = 3
REFUSED = 1000  # readings of a device put aside within ten minutes: something is set up wrongly
OF_INGEST = (
    "ingest",
    "disk",
    "database",
    "broker",
    "behind",
)  # troubles of the platform itself, not of one device


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing an operator must know: a name for machines, words for people, and of which devices, if of some."""

    kind: str
    words: Words
    devices: tuple[str, ...] = ()


def note(acceptor: Acceptor, *, evaluates: bool) -> None:
    """Write how an ingest stands; the rows of long dead ones go."""
    now = clock.now()
    StreamIngest.objects.update_or_create(
        writer=acceptor.writer,
        defaults={
            "noted_at": now, "evaluates": evaluates, "waiting": acceptor.waiting, "broker": acceptor.broker,
            "broker_at": acceptor.broker_at, "failed_at": acceptor.failed_at, "failure": acceptor.failure,
        },
    )  # fmt: skip
    StreamIngest.objects.filter(noted_at__lt=now - FORGOTTEN).delete()


def leave(writer: int) -> None:
    """Take the row of an ingest that ends in order away."""
    StreamIngest.objects.filter(writer=writer).delete()


def troubles() -> list[Trouble]:
    """Return what an operator must know now, the gravest first."""
    now = clock.now()
    return [*_of_ingests(now), *_of_room(), *_of_devices(now)]


def _of_room() -> list[Trouble]:
    try:
        free = shutil.disk_usage(settings.ANLAN_DATA).free
    except OSError:
        return []
    if free >= settings.ANLAN_DISK_FLOOR:
        return []
    return [Trouble("room", Words(
        "数据磁盘只剩 {n} MB，满了以后新读数不再接收。清理或扩大磁盘。",
        "Only {n} MB are left on the data disk. Once it is full no reading is taken in: make room.",
    ).filled(n=free // 1_000_000))]  # fmt: skip


def _of_ingests(now: datetime) -> list[Trouble]:
    if not StreamDevice.objects.filter(enabled=True).exclude(secret_sha256="").exists():
        return []  # nothing is connected here
    alive = list(StreamIngest.objects.filter(noted_at__gte=now - ALIVE))
    if not alive:
        return [Trouble("ingest", Words(
            "数据接入没有运行，读数暂存在设备中，恢复后自动补传。用 ./anlan up 或 ./anlan streams 启动。",
            "No ingest is running. Devices keep their readings and send them later; start ./anlan up or ./anlan streams.",
        ))]  # fmt: skip
    found = []
    failing = {one.failure for one in alive if one.failed_at and one.failed_at >= now - LATELY}
    if "disk" in failing:
        found.append(Trouble("disk", Words(
            "磁盘已满，新读数没有保存也没有确认，设备会保留并重发。腾出磁盘空间后自动恢复。",
            "The disk is full. New readings are neither kept nor acknowledged; devices keep them. It goes on once there is room.",
        )))  # fmt: skip
    elif failing:
        found.append(Trouble("database", Words(
            "数据库写入失败，新读数没有确认，设备会保留并重发；正在自动重试。",
            "The database takes no readings. Nothing is acknowledged; devices keep theirs, and it is tried again.",
        )))  # fmt: skip
    if settings.ANLAN_MQTT_BROKER and any(one.broker != "connected" for one in alive):
        found.append(Trouble("broker", Words(
            "与消息代理的连接断开，读数暂存在代理和设备中，正在自动重连。",
            "The message broker cannot be heard. Readings wait in it and in the devices; the connection is tried again.",
        )))  # fmt: skip
    if _is_behind(now):
        found.append(Trouble("behind", Words(
            "报警判定落后一分钟以上，读数已保存，报警会晚到。",
            "Alarms are judged more than a minute late. Readings are kept; alarms come late.",
        )))  # fmt: skip
    return found


def _is_behind(now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT received_at FROM streams_journal WHERE NOT evaluated ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return row is not None and row[0] < now - BEHIND


def _of_devices(now: datetime) -> list[Trouble]:
    heard = StreamDevice.objects.filter(enabled=True, seen_at__gte=now - HEARD)
    off = heard.filter(Q(ahead_ms__gt=AHEAD_MS) | Q(ahead_ms__lt=-LATE_MS))
    found = []
    if names := list(off.order_by("username").values_list("username", flat=True)):
        found.append(Trouble("clock", Words(
            "{n}台采集设备的时钟不准（{names}）：时间在未来的读数放入未接收，过去的照收。校准设备时钟后重新接收。",
            "The clocks of {n} devices are off ({names}): readings from the future are kept aside. Set the clocks.",
        ).filled(n=len(names), names=named(names)), tuple(names)))  # fmt: skip
    fast = heard.filter(readings_a_second__gt=MOST_A_SECOND).order_by("username")
    if names := [one.username for one in fast if is_flooding(one)]:
        found.append(Trouble("flood", Words(
            "{n}台采集设备发送过快（{names}），已限流，其他设备不受影响。检查设备的采集周期。",
            "{n} devices send far too fast ({names}); they are slowed, others are not affected. Check their sampling.",
        ).filled(n=len(names), names=named(names)), tuple(names)))  # fmt: skip
    if names := _refused(now):
        found.append(Trouble("refused", Words(
            "{n}台采集设备的大量读数未被接收（{names}），已放入未接收的读数。查看原因，改正后重新接收。",
            "Many readings of {n} devices are refused ({names}) and kept aside. See why, put it right, take them in again.",
        ).filled(n=len(names), names=named(names)), tuple(names)))  # fmt: skip
    return found


def _refused(now: datetime) -> list[str]:
    """Return the devices of which many readings were put aside of late."""
    late = StreamRefusal.objects.filter(received_at__gte=now - HEARD, replayed_at=None, device__enabled=True)
    sums = late.order_by().values("device__username").annotate(n=Sum("count")).filter(n__gte=REFUSED)
    return sorted(sums.values_list("device__username", flat=True))


def is_flooding(device: StreamDevice) -> bool:
    """Say whether a device sends more than its sensors can measure."""
    if device.readings_a_second <= MOST_A_SECOND:
        return False
    sensors = StreamPoint.objects.filter(device=device, enabled=True).count()
    return bool(device.readings_a_second > MOST_A_SECOND * max(1, sensors))


def named(names: list[str]) -> str:
    """Return the first of some names, and that there are more."""
    return "、".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")
