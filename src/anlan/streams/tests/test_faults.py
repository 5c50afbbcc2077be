"""What goes wrong in earnest: the database killed while it commits, the disk full, the network cut, clocks off, one that floods,
a device put out of use. Nothing acknowledged is lost, nothing is doubled, and the operator is told in his words.

Ten minutes of a cut are ten minutes by the times of the readings; the cut itself lasts as long as the test needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from gmqtt import Client
from gmqtt import Message as Will

from anlan.site.testbed import cluster
from anlan.streams import reading, registry, standing
from anlan.streams.models import StreamRaised, StreamRefusal
from anlan.streams.publishing import Publisher
from anlan.streams.registry import Condition
from anlan.streams.tests.streams_world import SECRETS, Ingest, Network, lay, until
from anlan.streams.tests.test_ingest import FAR, NEAR, now_ms, send
from anlan.streams.tests.test_sparkplug import field, metric
from anlan.streams.words import BAD, STALE, H

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400_000


def told() -> list[str]:
    """Return what the operator is told, by kind."""
    return [one.kind for one in standing.troubles()]


class Gateway:
    """A device that stores and forwards: it counts up, and knows what was acknowledged."""

    def __init__(self, port: int, name: str) -> None:
        self.one = Publisher("127.0.0.1", port, name, SECRETS[name])
        self.one.acknowledged = lambda at, reason: self.kept.add(at) if not reason else None
        self.kept: set[int] = set()
        self.at = now_ms() - 3_600_000

    async def run(self, ended: asyncio.Event, pause: float = 0.001) -> None:
        """Publish until told to end; what was not acknowledged before a cut is sent again after it."""
        while True:
            try:
                await self.one.connect()
                while not ended.is_set():
                    self.at += 1
                    await self.one.publish({"at": self.at, "values": {"PT-0": self.at % 70}}, self.at)
                    await asyncio.sleep(pause)
                await asyncio.wait_for(self.one.settled(), 20)
                await self.one.close()
                return
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)


async def streaming(gateway: Gateway, *events: Any) -> None:
    """Let things happen, each after a hundred more acknowledgements, while a gateway publishes."""
    ended = asyncio.Event()
    running = asyncio.create_task(gateway.run(ended))
    for event in events:
        before = len(gateway.kept)
        while len(gateway.kept) < before + 100:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(event)
    before = len(gateway.kept)
    while len(gateway.kept) < before + 100:
        await asyncio.sleep(0.01)
    ended.set()
    await running


def must_be_whole(number: int, acknowledged: set[int]) -> None:
    """All that was acknowledged is there, and nothing twice."""
    found = reading.raw(number, FAR, NEAR).at.tolist()
    assert acknowledged <= set(found)
    assert len(set(found)) == len(found)


def test_the_database_killed_in_mid_commit_again_and_again(ingest: Ingest) -> None:
    [number, *_] = lay("boiler")["boiler"]
    with connection.cursor() as cursor:
        # The tests' server forgets commits when it is killed; a real one does not, and this database must not.
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET synchronous_commit = on")
        cursor.execute("CHECKPOINT")
    ingest.start()
    gateway = Gateway(ingest.port, "boiler")
    try:
        asyncio.run(streaming(gateway, _kill_database, _kill_database))
        connection.close()  # it went with the first server
        must_be_whole(number, gateway.kept)
        until(lambda: "database" not in told(), 60)
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} RESET synchronous_commit")


def _kill_database() -> None:
    """Kill the server with all its processes as they stand, and start it again as the supervisor does."""
    server = cluster()
    first = server._postmaster()
    assert first is not None
    children = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True, check=False)
    for pid in (first, *map(int, children.stdout.split())):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while server._postmaster() is not None:
        assert time.monotonic() < limit
        time.sleep(0.02)
    server.revive()
    connection.close()


def test_a_disk_that_is_full_acknowledges_nothing_and_goes_on_once_there_is_room(
    ingest: Ingest, tmp_path: Path, record_property: Any
) -> None:
    [number, *_] = lay("boiler")["boiler"]
    ingest.start()
    gateway = Gateway(ingest.port, "boiler")
    with full_disk(tmp_path, record_property) as disk:

        def fill() -> None:
            disk.fill()
            until(lambda: "disk" in told())
            until(lambda: _rests(gateway, 0.3))  # what was on its way has arrived
            assert _rests(gateway, 0.5)  # nothing more is acknowledged
            disk.make_room()

        asyncio.run(streaming(gateway, fill))
        must_be_whole(number, gateway.kept)


def _rests(gateway: Gateway, seconds: float) -> bool:
    asked = len(gateway.kept)
    time.sleep(seconds)
    return len(gateway.kept) == asked


class _Injected:
    """A database that answers to any new batch as one whose disk is full does."""

    def fill(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER no_room BEFORE INSERT ON streams_journal EXECUTE FUNCTION no_room()"
            )

    def make_room(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS no_room ON streams_journal")
            cursor.execute("DROP FUNCTION IF EXISTS no_room()")


class _Small:
    """A file system in memory that holds the journal of the day and hardly more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        size = os.statvfs(self.folder)
        with (self.folder / "filler").open("wb") as filler, contextlib.suppress(OSError):
            filler.write(bytes(size.f_bavail * size.f_frsize))

    def make_room(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


@contextmanager
def full_disk(tmp_path: Path, record_property: Any) -> Iterator[Any]:
    """A disk that can be filled: a small file system that holds the journal where one may be mounted, else a write that fails."""
    folder = cluster().home / "small"
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        record_property("full disk", "a failing write, injected")
        injected = _Injected()
        try:
            yield injected
        finally:
            injected.make_room()
        return
    record_property("full disk", "a small file system")
    owner = cluster().data.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    disk = _Small(folder)
    _said(f"CREATE TABLESPACE small LOCATION '{folder}'")
    try:
        _move_journal("small")
        yield disk
    finally:
        disk.make_room()
        _move_journal("pg_default")
        _said("DROP TABLESPACE small")
        subprocess.run(["umount", "-l", str(folder)], check=False)


def _said(*statements: str) -> None:
    """Say something to the test's database outside of any transaction."""
    url = cluster().url(database=connection.settings_dict["NAME"])
    with psycopg.connect(url, autocommit=True) as own:
        for statement in statements:
            own.execute(statement)  # type: ignore[call-overload]


def _move_journal(tablespace: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'streams_journal'::regclass"
        )
        parts = [row[0] for row in cursor.fetchall()]
    _said(*(f"ALTER TABLE {part} SET TABLESPACE {tablespace}" for part in parts))


def test_ten_minutes_without_network_are_filled_in_and_judged_as_if_they_had_come_in_time(
    ingest: Ingest,
) -> None:
    silent = Condition(STALE, on_delay_ms=1000)
    [number, *_] = lay("well", conditions=(Condition(H, 80, 2), silent))["well"]
    ingest.start()
    begun = now_ms() - 700_000
    acknowledged = asyncio.run(_cut_for_ten_minutes(ingest.port, begun))
    assert acknowledged == {begun + n * 1000 for n in range(700)}
    must_be_whole(number, acknowledged)
    facts = StreamRaised.objects.filter(condition__point=number)
    until(lambda: facts.filter(cleared_at=None).count() == 0)
    high = facts.get(condition__kind=H)
    assert [round(one.timestamp() * 1000) - begun for one in (high.raised_at, high.cleared_at) if one] == [
        400_000,
        460_000,
    ]
    assert facts.filter(condition__kind=STALE).count() >= 1  # the operator saw that nothing came


async def _cut_for_ten_minutes(port: int, begun: int) -> set[int]:
    """Send a reading a second for 100 s, lose the network, gather 600 more, send them; 85 from second 400 to 459."""
    network, kept = Network(port), set[int]()
    await network.open()
    well = Publisher("127.0.0.1", network.port, "well", SECRETS["well"])
    well.acknowledged = lambda at, reason: kept.add(at) if not reason else None
    await well.connect()

    async def reading_of(second: int) -> None:
        value = 85 if 400 <= second < 460 else 20
        await well.publish({"at": begun + second * 1000, "values": {"PT-0": value}}, begun + second * 1000)

    for second in range(100):
        await reading_of(second)
        if second == 90:
            await asyncio.sleep(0.05)
    network.cut()  # the last ones are on their way
    while True:
        await asyncio.sleep(0.1)
        if await asyncio.to_thread(StreamRaised.objects.filter(condition__kind=STALE).exists):
            break
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await well.connect()
    network.is_cut = False
    await well.connect()
    for second in range(100, 700):
        await reading_of(second)
    await asyncio.wait_for(well.settled(), 20)
    await well.close()
    return kept


def test_a_clock_off_by_a_day_is_told_and_leaves_the_others_alone(ingest: Ingest) -> None:
    points = lay("ahead", "behind", "right")
    ingest.start()
    at = now_ms()
    for name, off in (("ahead", DAY), ("behind", -DAY), ("right", 0)):
        assert asyncio.run(send(ingest.port, name, {"at": at + off, "values": {"PT-0": 85}})) == [0]
    assert [reading.raw(points[name][0], FAR, NEAR).at.tolist() for name in points] == [[], [at - DAY], [at]]
    assert StreamRefusal.objects.get().reason == "future"  # kept aside, to be taken in again
    # A device is heard of in the write after its reading: the one ahead may be told of a moment before the one behind.
    until(lambda: told() == ["clock"] and "ahead、behind" in str(standing.troubles()[0].words))
    raised = StreamRaised.objects.filter(condition__kind=H).values_list("condition__point", flat=True)
    until(lambda: set(raised) == {points["behind"][0], points["right"][0]})


def test_one_that_floods_at_a_hundred_times_its_rate_is_told_and_the_others_are_not_slowed(
    ingest: Ingest,
) -> None:
    lay("flooding", tags=100)
    quiet = lay("quiet")["quiet"]
    ingest.start()
    waits, flooded = asyncio.run(_beside_a_flood(ingest.port))
    assert flooded > 100 * len(waits)
    assert sorted(waits)[len(waits) * 9 // 10] < 1.0
    assert len(reading.raw(quiet[0], FAR, NEAR)) == len(waits) == 40
    until(lambda: told() == ["flood"])
    assert "flooding" in str(standing.troubles()[0].words)


async def _beside_a_flood(port: int) -> tuple[list[float], int]:
    """Return how long a device waits for its acknowledgements beside one that floods, and what that one got in."""
    flooding = Publisher("127.0.0.1", port, "flooding", SECRETS["flooding"])
    quiet = Publisher("127.0.0.1", port, "quiet", SECRETS["quiet"])
    waits: list[float] = []
    got = 0

    def counted(token: Any, reason: int) -> None:
        nonlocal got
        got += 100

    quiet.acknowledged = lambda token, reason: waits.append(time.monotonic() - token)
    flooding.acknowledged = counted
    await flooding.connect()
    await quiet.connect()

    async def flood() -> None:
        at = now_ms()
        while True:
            at += 1
            await flooding.publish({"at": at, "values": {f"PT-{n}": 5 for n in range(100)}})

    task = asyncio.create_task(flood())
    for n in range(40):
        await quiet.publish({"at": now_ms() + n, "values": {"PT-0": 1}}, time.monotonic())
        await asyncio.sleep(0.05)
    await quiet.settled()
    task.cancel()
    await flooding.close()
    await quiet.close()
    return waits, got


def test_a_device_put_out_of_use_while_its_message_waits_is_not_acknowledged(ingest: Ingest) -> None:
    lay("pump")
    ingest.start()
    answers = asyncio.run(_put_out_of_use(ingest.port))
    assert answers == []
    assert 2 not in reading.all_readings(FAR, NEAR).at.tolist()


async def _put_out_of_use(port: int) -> list[Any]:
    """Hold the commit up, publish, put the device out of use, let the commit go on; return what was acknowledged."""
    pump = Publisher("127.0.0.1", port, "pump", SECRETS["pump"])
    answers: list[Any] = []
    pump.acknowledged = lambda token, reason: answers.append(token)
    await pump.connect()
    url = cluster().url(database=connection.settings_dict["NAME"])
    own = await psycopg.AsyncConnection.connect(url)
    await own.execute("LOCK TABLE streams_journal IN SHARE MODE")  # nobody inserts, everybody reads
    await pump.publish({"at": 1, "values": {"PT-0": 1}}, 1)  # its commit waits
    await asyncio.sleep(0.2)
    await pump.publish({"at": 2, "values": {"PT-0": 2}}, 2)  # it is in the next group
    await asyncio.sleep(0.2)
    await asyncio.to_thread(_archive, "pump")
    for _ in range(100):  # until the ingest knows
        await asyncio.sleep(0.1)
        if pump._writer is None:
            break
    await own.rollback()
    await own.close()
    await asyncio.sleep(1)
    return answers


def _archive(name: str) -> None:
    registry.keep_device(uuid.uuid5(uuid.NAMESPACE_DNS, name), name, [], enabled=False)
    connection.close()


def test_what_is_beyond_its_range_is_bad_quality_until_it_is_not(ingest: Ingest) -> None:
    [number, *_] = lay("scale", conditions=(Condition(BAD),))["scale"]
    ingest.start()
    at = now_ms()
    asyncio.run(
        send(
            ingest.port, "scale", {"at": at, "values": {"PT-0": 5}}, {"at": at + 1, "values": {"PT-0": 99999}}
        )
    )
    facts = StreamRaised.objects.filter(condition__point=number)
    until(lambda: facts.filter(cleared_at=None).count() == 1)
    assert reading.raw(number, FAR, NEAR).value.tolist() == [5]
    until(lambda: reading.latest([number])[number][1:] == (5, 2))
    again = [f'{{"at": {at + 2}, "values": {{"PT-0": NaN}}}}', {"at": at + 3, "values": {"PT-0": 6}}]
    asyncio.run(send(ingest.port, "scale", *again))
    until(lambda: facts.filter(cleared_at=None).count() == 0)
    assert facts.count() == 1


def test_a_sparkplug_node_that_dies_is_silent_at_once_by_its_word_or_its_will(ingest: Ingest) -> None:
    [number, *_] = lay("edge", conditions=(Condition(STALE, on_delay_ms=3_600_000),))["edge"]
    ingest.start()
    facts = StreamRaised.objects.filter(condition__point=number)
    for turn, dies in enumerate((_says_so, _is_cut), 1):
        asyncio.run(dies(ingest.port, turn))
        until(lambda turn=turn: facts.filter(cleared_at=None).count() == 1 and facts.count() == turn)
    asyncio.run(
        send(
            ingest.port,
            "edge",
            field(1, now_ms()) + metric("PT-0", double=1.0),
            topic="spBv1.0/plant/NDATA/edge",
        )
    )
    until(lambda: facts.filter(cleared_at=None).count() == 0)


async def _says_so(port: int, birth: int) -> None:
    born = field(1, now_ms()) + metric("bdSeq", whole=birth) + metric("PT-0", 1, double=5.0)
    await send(port, "edge", born, topic="spBv1.0/plant/NBIRTH/edge")
    await send(
        port, "edge", metric("bdSeq", whole=birth - 1), topic="spBv1.0/plant/NDEATH/edge"
    )  # of an earlier life
    await asyncio.sleep(0.5)
    assert not await asyncio.to_thread(StreamRaised.objects.exists)
    await send(port, "edge", metric("bdSeq", whole=birth), topic="spBv1.0/plant/NDEATH/edge")


async def _is_cut(port: int, birth: int) -> None:
    network = Network(port)
    await network.open()
    will = Will("spBv1.0/plant/NDEATH/edge", metric("bdSeq", whole=birth), qos=1)
    node = Client("edge-node", will_message=will)
    node.set_auth_credentials("edge", SECRETS["edge"])
    node.set_config({"reconnect_retries": 0})
    await node.connect("127.0.0.1", network.port)
    born = field(1, now_ms()) + metric("bdSeq", whole=birth) + metric("PT-0", 1, double=5.0)
    node.publish("spBv1.0/plant/NBIRTH/edge", born, qos=1)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if not await asyncio.to_thread(StreamRaised.objects.filter(cleared_at=None).exists):
            break
    network.cut()
    await asyncio.sleep(0.2)
