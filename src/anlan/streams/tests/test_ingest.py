"""Readings through real connections into a real database: acknowledged is kept, sent twice is kept once, refused is kept aside.

The client is gmqtt, a well-kept one that is not ours; the ingest is the process of `./anlan up`.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gmqtt import Client

from anlan.streams import packing, reading
from anlan.streams.models import StreamDevice, StreamLatest, StreamRaised, StreamRefusal
from anlan.streams.publishing import Publisher
from anlan.streams.tests.streams_world import SECRETS, Ingest, lay, until

pytestmark = pytest.mark.django_db(transaction=True)
FAR, NEAR = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    return round(time.time() * 1000)


async def send(
    port: int, username: str, *payloads: Any, secret: str = "", topic: str = "", version: int = 5
) -> list[int]:
    """Publish with QoS 1 and return the reasons of the acknowledgements."""
    client = Client(f"{username}-test")
    client.set_auth_credentials(username, secret or SECRETS[username])
    reasons: list[int] = []
    await client.connect("127.0.0.1", port, version=version)
    connection = client._connection
    packets = connection._handler if hasattr(connection, "_handler") else client
    answered = packets._handle_puback_packet

    def puback(cmd: int, packet: bytes) -> Any:
        reasons.append(packet[2] if len(packet) > 2 else 0)
        return answered(cmd, packet)

    packets._handle_puback_packet = puback
    for payload in payloads:
        body = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        client.publish(topic or f"anlan/{username}/readings", body, qos=1)
    limit = time.monotonic() + 10
    while len(reasons) < len(payloads) and time.monotonic() < limit:
        await asyncio.sleep(0.02)
    await client.disconnect()
    return reasons


def values_of(number: int) -> list[float]:
    return reading.raw(number, FAR, NEAR).value.tolist()


@pytest.mark.parametrize("version", [4, 5])
def test_what_is_acknowledged_is_there_and_what_is_sent_twice_is_there_once(
    ingest: Ingest, version: int
) -> None:
    points = lay("pump-house")["pump-house"]
    ingest.start()
    at = now_ms()
    message = {"at": at, "values": {"PT-0": 1.25, "PT-1": 2}}
    series = {"tag": "PT-2", "at": [at + 1, at + 2, at + 1], "values": [5, 6, 7]}
    assert (
        len(
            asyncio.run(send(ingest.port, "pump-house", message, message, series, [message], version=version))
        )
        == 4
    )
    assert values_of(points[0]) == [1.25]
    assert values_of(points[2]) == [5, 6]
    packing.pack()
    assert values_of(points[0]) == [1.25]
    asyncio.run(
        send(ingest.port, "pump-house", message, {"at": at + 9, "values": {"PT-0": 3}}, version=version)
    )
    assert values_of(points[0]) == [1.25, 3]  # packed and journal as one
    until(lambda: StreamLatest.objects.filter(point=points[0], value=3).exists())
    until(lambda: StreamDevice.objects.exclude(seen_at=None).exists())


def test_a_stranger_a_wrong_secret_and_a_foreign_topic_get_nothing_in(ingest: Ingest) -> None:
    lay("own", "other")
    ingest.start()
    message = {"at": now_ms(), "values": {"PT-0": 1}}
    for name, secret in (("nobody", "x"), ("own", "wrong"), ("own", SECRETS["other"])):
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(_connect(ingest.port, name, secret))
    assert asyncio.run(send(ingest.port, "own", message, topic="anlan/other/readings")) == [0x87]
    assert asyncio.run(send(ingest.port, "own", message, topic="$SYS/x")) == [0x87]
    assert not len(reading.all_readings(FAR, NEAR))


async def _connect(port: int, name: str, secret: str) -> None:
    one = Publisher("127.0.0.1", port, name, secret)
    try:
        await one.connect()
    finally:
        await one.close()


def test_what_cannot_be_taken_is_acknowledged_and_kept_aside_with_its_reason(ingest: Ingest) -> None:
    points = lay("boiler")["boiler"]
    ingest.start()
    at = now_ms()
    day = 86_400_000
    reasons = asyncio.run(
        send(
            ingest.port, "boiler",
            {"at": at, "values": {"PT-0": 5, "XX-9": 1}},
            f'{{"at": {at}, "values": {{"PT-1": NaN, "PT-2": 7}}}}',
            {"at": at + 1, "values": {"PT-0": 99999}},
            {"at": at + day, "values": {"PT-0": 6}},
            {"at": at - day, "values": {"PT-3": 8}},
            "no json", b"\xff\x00\xfe", {"readings": 1}, {"at": "soon", "values": {"PT-0": 1}},
            {"at": at + 2, "values": {"PT-0": "12", "PT-1": None, "PT-2": True}},
        )
    )  # fmt: skip
    assert reasons == [0] * 10
    assert (values_of(points[0]), values_of(points[2]), values_of(points[3])) == ([5], [7, 1], [8])
    refused: dict[str, int] = {}
    for row in StreamRefusal.objects.all():
        refused[row.reason] = refused.get(row.reason, 0) + row.count
    assert refused == {"unknown": 1, "nan": 3, "range": 1, "future": 1, "unreadable": 4}
    unknown = StreamRefusal.objects.get(reason="unknown")
    assert (unknown.tag, unknown.readings) == ("XX-9", [["XX-9", at, 1, 0]])


def test_a_limit_crossed_is_one_fact_however_often_it_is_sent(ingest: Ingest) -> None:
    lay("tank")
    ingest.start()
    at = now_ms()
    high = [{"at": at + n, "values": {"PT-0": 85}} for n in range(5)]
    asyncio.run(send(ingest.port, "tank", *high, *high))
    until(lambda: StreamRaised.objects.count() == 1)
    asyncio.run(send(ingest.port, "tank", {"at": at + 10, "values": {"PT-0": 70}}, *high))
    until(lambda: StreamRaised.objects.filter(cleared_at=None).count() == 0)
    assert StreamRaised.objects.count() == 1


def test_killed_in_mid_batch_again_and_again_nothing_acknowledged_is_lost_and_nothing_doubled(
    ingest: Ingest,
) -> None:
    numbers = lay("north", "south", tags=10)
    ingest.start()
    acknowledged = asyncio.run(_store_and_forward(ingest, ["north", "south"], kills=4))
    until(lambda: packing.pack() >= 0 and not _unpacked())
    packing.close_hours(NEAR)  # what was sent twice may lie in two pieces until its hour is packed
    found: dict[tuple[int, int], float] = {}
    everything = reading.all_readings(FAR, NEAR)
    for number in {n for several in numbers.values() for n in several}:
        one = reading.raw(number, FAR, NEAR)
        assert len(set(one.at.tolist())) == len(one)
        found |= {
            (number, moment): value for moment, value in zip(one.at.tolist(), one.value.tolist(), strict=True)
        }
    wanted = {
        (numbers[name][n], at): value for name, at, values in acknowledged for n, value in enumerate(values)
    }
    assert wanted.items() <= found.items()
    assert len(everything) == len(found)  # packed, each is there once
    facts = {
        (point, kind, round(at.timestamp() * 1000))
        for point, kind, at in StreamRaised.objects.values_list(
            "condition__point", "condition__kind", "raised_at"
        )
    }
    assert facts == _crossings(found)
    assert StreamRaised.objects.count() == len(facts)


def _crossings(found: dict[tuple[int, int], float]) -> set[tuple[int, str, int]]:
    """Return what an uninterrupted look at the readings raises: high at 80, high high at 90, with a dead band of 2."""
    raised, is_open = set(), dict.fromkeys(((n, kind) for n, _ in found for kind in ("H", "HH")), False)
    for (number, at), value in sorted(found.items()):
        for kind, bound in (("H", 80), ("HH", 90)):
            if not is_open[number, kind] and value >= bound:
                is_open[number, kind] = True
                raised.add((number, kind, at))
            elif is_open[number, kind] and value < bound - 2:
                is_open[number, kind] = False
    return raised


async def _store_and_forward(
    ingest: Ingest, names: list[str], kills: int
) -> list[tuple[str, int, list[float]]]:
    """Two gateways that send again what was not acknowledged, while the ingest is killed over and over."""
    kept: list[tuple[str, int, list[float]]] = []
    ended = asyncio.Event()

    async def gateway(name: str) -> None:
        one = Publisher("127.0.0.1", ingest.port, name, SECRETS[name])
        one.acknowledged = lambda token, reason: kept.append(token) if token and not reason else None
        at = now_ms()
        while True:
            try:
                await one.connect()
                while not ended.is_set():
                    at += 1
                    values = [float((at + n) % 100) if n < 5 else 10.0 for n in range(10)]
                    await one.publish(
                        {"at": at, "values": {f"PT-{n}": v for n, v in enumerate(values)}}, (name, at, values)
                    )
                await asyncio.wait_for(one.settled(), 20)
                await one.close()
                return
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)

    gateways = [asyncio.create_task(gateway(name)) for name in names]
    for _ in range(kills):
        before = len(kept)
        while len(kept) < before + 300:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(ingest.kill)
        await asyncio.to_thread(ingest.start)
    ended.set()
    await asyncio.gather(*gateways)
    return kept


def test_hours_are_closed_with_their_figures_and_late_readings_find_their_place(ingest: Ingest) -> None:
    [point, *_] = lay("mill")["mill"]
    ingest.start()
    hour = now_ms() // 3_600_000 * 3_600_000 - 5 * 3_600_000
    even = {
        "tag": "PT-0",
        "at": [hour + n * 2000 for n in range(1800)],
        "values": [n % 70 for n in range(1800)],
    }
    odd = {"tag": "PT-0", "at": [hour + n * 2000 + 1000 for n in range(1800)], "values": [1] * 1800}
    asyncio.run(send(ingest.port, "mill", even))
    until(lambda: packing.run() >= 0 and not _unpacked())
    first, last = (datetime.fromtimestamp(one / 1000, UTC) for one in (hour, hour + 3_600_000))
    before = reading.trend(point, first - timedelta(days=20), last)
    assert (before.high.tolist(), before.count.tolist()) == ([69], [1800])
    asyncio.run(send(ingest.port, "mill", odd, even))
    until(lambda: packing.run() >= 0 and not _unpacked())
    after = reading.trend(point, first - timedelta(days=20), last)
    assert (after.low.tolist(), after.high.tolist(), after.count.tolist()) == ([0], [69], [3600])
    minutes = reading.trend(point, first - timedelta(days=3), last, most=5000)
    assert (len(minutes.at), int(minutes.count.sum())) == (60, 3600)
    raw = reading.trend(point, first, last, most=5000)
    assert (raw.width, len(raw.at)) == (0, 3600)


def _unpacked() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM streams_journal WHERE NOT packed")
        return int(cursor.fetchone()[0])
