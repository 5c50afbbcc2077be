"""A broker of the operator's own in front: Mosquitto, which the platform subscribes to; two ingests share what comes. It may be
restarted, an ingest behind it may be killed: what it acknowledged arrives, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from anlan.streams import packing, reading, standing
from anlan.streams.models import StreamIngest, StreamRaised
from anlan.streams.publishing import Publisher
from anlan.streams.tests.streams_world import SECRETS, Broker, Ingest, lay, until
from anlan.streams.tests.test_ingest import FAR, NEAR, now_ms, send

pytestmark = pytest.mark.django_db(transaction=True)


def told() -> list[str]:
    """Return what the operator is told, by kind."""
    return [one.kind for one in standing.troubles()]


def is_heard(count: int = 1) -> bool:
    """Say whether so many ingests hear the broker."""
    return StreamIngest.objects.filter(broker="connected").count() == count


def test_two_ingests_share_what_a_broker_brings_and_one_judges_it(
    ingest: Ingest, broker: Broker, tmp_path: Path
) -> None:
    numbers = lay("meter")["meter"]
    where = f"mqtt://127.0.0.1:{broker.port}"
    ingest.own |= {"ANLAN_MQTT_BROKER": where, "ANLAN_MQTT_SHARED": "1"}
    (tmp_path / "second").mkdir()
    second = Ingest(tmp_path / "second", ANLAN_MQTT_BROKER=where, ANLAN_MQTT_SHARED="1")
    ingest.start()
    second.start()
    try:
        until(lambda: is_heard(2))
        at = now_ms()
        messages = [{"at": at + n, "values": {"PT-0": n % 70, "PT-1": 85}} for n in range(400)]
        assert len(asyncio.run(send(broker.port, "meter", *messages))) == 400
        until(lambda: len(reading.raw(numbers[0], FAR, NEAR)) == 400)
        until(lambda: StreamRaised.objects.count() == 1)  # 85 from the first to the last: one fact
        assert _writers() == 2
        until(lambda: packing.pack() >= 0 and len(reading.all_readings(FAR, NEAR)) == 800)
    finally:
        second.stop()


def _writers() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT writer) FROM streams_journal")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("shared", ["0", "1"])
def test_a_broker_restarted_in_mid_stream_loses_nothing_and_the_operator_is_told(
    ingest: Ingest, broker: Broker, settings: Any, shared: str
) -> None:
    ingest.own["ANLAN_MQTT_SHARED"] = shared
    settings.ANLAN_MQTT_BROKER = ingest.own["ANLAN_MQTT_BROKER"] = f"mqtt://127.0.0.1:{broker.port}"
    [number, *_] = lay("meter")["meter"]
    ingest.start()
    until(is_heard)

    def restart() -> None:
        broker.stop()
        until(lambda: "broker" in told())
        broker.start()

    acknowledged = asyncio.run(_while_it_happens(broker.port, restart))
    until(is_heard)
    until(lambda: acknowledged <= set(reading.raw(number, FAR, NEAR).at.tolist()))
    found = reading.raw(number, FAR, NEAR).at.tolist()
    assert len(set(found)) == len(found)
    until(lambda: "broker" not in told())


def test_an_ingest_killed_behind_a_broker_takes_up_where_it_was(ingest: Ingest, broker: Broker) -> None:
    ingest.own["ANLAN_MQTT_BROKER"] = f"mqtt://127.0.0.1:{broker.port}"
    [number, *_] = lay("meter")["meter"]
    ingest.start()
    until(is_heard)

    def kill() -> None:
        ingest.kill()
        ingest.start()

    acknowledged = asyncio.run(_while_it_happens(broker.port, kill))
    until(lambda: acknowledged <= set(reading.raw(number, FAR, NEAR).at.tolist()))
    found = reading.raw(number, FAR, NEAR).at.tolist()
    assert len(set(found)) == len(found)


async def _while_it_happens(port: int, happens: Callable[[], None]) -> set[int]:
    """Publish to a broker, before, while and after something happens; return the times of what was acknowledged."""
    one = Publisher("127.0.0.1", port, "meter", SECRETS["meter"])
    kept: set[int] = set()
    # With a shared subscription the broker tells a device that nobody took what it sent (0x10): it is not acknowledged then.
    one.acknowledged = lambda token, reason: kept.add(token) if not reason else None
    event = asyncio.create_task(_after(kept, 300, happens))
    at = now_ms() - 3_600_000
    while not (event.done() and event.result() is None and len(kept) >= 600):
        try:
            await one.connect()
            while not event.done() or len(kept) < 600:
                at += 1
                await one.publish({"at": at, "values": {"PT-0": 5}}, at)
                await asyncio.sleep(0.0005)
            await one.settled()
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.05)
    await one.close()
    return kept


async def _after(kept: set[int], count: int, happens: Callable[[], None]) -> None:
    while len(kept) < count:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(happens)
