"""Tells people of troubles of the intake, each once when it begins and once when it is over: in the office at once, by mail and
webhook as each chose.

Told are the posts of the kinds that ``ANLAN_TROUBLE_POSTS`` names, administrators where it names none. A trouble that comes and
goes within minutes is one. Serves articles 14 and 18 (the monitoring network works, or somebody knows that it does not).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from anlan.kernel import clock, notices
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words
from anlan.streams import standing
from anlan.streams.models import StreamTrouble

CALM = timedelta(minutes=2)  # gone for so long, it is over
LOCK = 0x616E6C74
INTAKE = Words("数据接入", "Intake of readings")
NAMES: dict[str, Words] = {
    "ingest": Words("接入程序没有运行", "no ingest is running"),
    "disk": Words("磁盘已满", "the disk is full"),
    "room": Words("磁盘将满", "the disk is almost full"),
    "database": Words("数据库写入失败", "the database takes no readings"),
    "broker": Words("与消息代理的连接断开", "the message broker is away"),
    "behind": Words("报警判定落后", "alarms are judged late"),
    "clock": Words("设备时钟不准", "clocks of devices are off"),
    "flood": Words("设备发送过快", "devices send too fast"),
    "refused": Words("大量读数未被接收", "many readings are refused"),
}


@transaction.atomic
def report() -> int:
    """Look at the troubles there are, tell of those that are new and of those that are over; returns how many were told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
    now = clock.now()
    present = standing.troubles()
    known = {(one.kind, one.device): one for one in StreamTrouble.objects.filter(ended_at=None)}
    lasting = {(one.kind, device): one for one in present for device in one.devices or ("",)}
    fresh = [key for key in lasting if key not in known]
    over = [one for key, one in known.items() if key not in lasting and one.seen_at <= now - CALM]
    StreamTrouble.objects.filter(pk__in=[known[key].pk for key in lasting if key in known]).update(
        seen_at=now
    )
    StreamTrouble.objects.filter(pk__in=[one.pk for one in over]).update(ended_at=now)
    StreamTrouble.objects.bulk_create(
        StreamTrouble(kind=kind, device=device, began_at=now, seen_at=now) for kind, device in fresh
    )
    begun = {one.kind: one.words for one in present if any(kind == one.kind for kind, _ in fresh)}
    return notices.note([*_told("trouble", begun.items(), now), *_told("trouble_over", _ended(over), now)])


def _ended(over: Iterable[StreamTrouble]) -> Iterator[tuple[str, Words]]:
    """Yield in words what is over: by kind, with the devices it concerned."""
    devices: dict[str, list[str]] = defaultdict(list)
    for one in over:
        devices[one.kind].append(one.device)
    for kind, names in devices.items():
        said = NAMES.get(kind, Words(kind, kind))
        of = standing.named(sorted(filter(None, names)))
        yield kind, Words(f"{said.zh}（{of}）", f"{said.en} ({of})") if of else said


def _told(kind: str, said: Iterable[tuple[str, Words]], now: datetime) -> Iterator[notices.Notice]:
    posts = list(_posts())
    for _, words in said:
        for post in posts:
            yield notices.notice(kind, what=INTAKE, state=words, post_id=post, made_at=now)


def _posts() -> Iterable[uuid.UUID]:
    return (
        Post.objects.filter(
            Q(closed_on=None) | Q(closed_on__gt=clock.today()), kind__in=settings.ANLAN_TROUBLE_POSTS
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )
