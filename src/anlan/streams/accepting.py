"""Takes messages in: what has arrived together is committed together, and only then is each acknowledged.

While one group is being committed the next one gathers, so a slow disk makes groups larger, not the line longer. If the
database is
away, nothing is acknowledged and the group is tried again: devices keep what they sent until they hear that it is kept.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from anlan.kernel import clock
from anlan.streams import journal, registry, sparkplug
from anlan.streams.batches import Batch, Refused, Unreadable, read_json, sifted, unreadable
from anlan.streams.codec import Readings

log = logging.getLogger("anlan.streams")
MOST_MESSAGES = 2000
LONGEST_PAUSE = 2.0


@dataclass(slots=True)
class Message:
    """A message of a device and what is to be done once it is kept."""

    username: str
    topic: str
    payload: bytes
    kept: Callable[[], None]


@dataclass(slots=True)
class Heard:
    """What was heard of a device since this was written down last."""

    at_ms: int = 0
    ahead_ms: int = 0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch of the journal still in memory, for the evaluation."""

    number: int
    readings: Readings  # by numbers of points


class Acceptor:
    """Gathers messages, commits them, acknowledges them, and hands them to the evaluation."""

    def __init__(self, known: registry.Registry, writer: int, *, hands_on: bool = True) -> None:
        self.registry = known
        self.writer = writer
        self.hands_on = hands_on
        self.committed: queue.SimpleQueue[Committed] = queue.SimpleQueue()
        self.heard: dict[str, Heard] = {}
        self.taken_in = 0
        self.broker, self.broker_at = "", clock.now()
        self.failure = ""
        self.failed_at: datetime | None = None
        self._waiting: list[Message] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "commit")
        self._ended = False

    def offer(self, message: Message) -> None:
        """Take a message into the next group."""
        self._waiting.append(message)
        self._arrived.set()

    async def run(self) -> None:
        """Commit and acknowledge, group after group."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            group, self._waiting = self._waiting[:MOST_MESSAGES], self._waiting[MOST_MESSAGES:]
            if not self._waiting:
                self._arrived.clear()
            await loop.run_in_executor(self._thread, self._commit, group)
            for message in group:
                message.kept()

    @property
    def waiting(self) -> int:
        """Return how many messages wait for their commit."""
        return len(self._waiting)

    def told_of_broker(self, state: str, at: datetime) -> None:
        """Note how it stands with the broker, and since when."""
        if state != self.broker:
            self.broker, self.broker_at = state, at

    def end(self) -> None:
        """Let go of a group that cannot be committed; it stays unacknowledged."""
        self._ended = True
        self._thread.shutdown(wait=False)

    def _commit(self, group: list[Message]) -> None:
        known, pause = self.registry, 0.05
        while True:
            try:
                readings, refused = read(group, known, self.heard)
                number = journal.commit(self.writer, readings, refused, clock.now())
                break
            except journal.TROUBLES as why:
                if self._ended:
                    raise
                log.warning("not committed, tried again: %s", why)
                self.failure, self.failed_at = (
                    "disk" if journal.is_disk_full(why) else "database",
                    clock.now(),
                )
                connection.close()
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        self.taken_in += len(readings)
        if number is not None and self.hands_on:
            self.committed.put(Committed(number, readings))


_known: list[registry.Registry] = []


def present() -> registry.Registry:
    """Return the registry as it is now, for processes that take readings in now and then: the web, a command."""
    if not _known or _known[0].version != registry.version():
        _known[:] = [registry.load()]
    return _known[0]


def signed_in(username: str, secret: str) -> registry.Device | None:
    """Return the device whose name and secret these are, or None."""
    device = present().devices.get(username)
    return device if device is not None and device.is_opened_by(secret) else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of readings handed in at once: how many were committed, how many put in quarantine."""

    readings: int
    refused: int


def take_in(batches: Iterable[Batch], refused: Iterable[Refused] = ()) -> Taken:
    """Commit batches at once; the evaluation finds them in the journal. Durable once it returns."""
    known, now = present(), clock.now()
    readings, more = sifted(batches, known, round(now.timestamp() * 1000))
    aside = [*refused, *more]
    if len(readings):
        readings = Readings(known.numbers[readings.points], readings.at, readings.value, readings.quality)
    journal.commit(os.getpid(), readings, aside, now)
    return Taken(len(journal.real(readings)), sum(one.count for one in aside))


def _batch_of(message: Message, device: registry.Device, now_ms: int) -> Batch:
    """Read a message in the manner of its topic; a birth is remembered, here at once and in the database."""
    if not message.topic.startswith(sparkplug.PREFIX):
        return read_json(message.payload, device, now_ms)
    heard = sparkplug.read(message.topic, message.payload, device, now_ms)
    if heard.aliases is not None and heard.aliases != device.aliases:
        device.aliases = heard.aliases
        registry.keep_aliases(device.id, heard.aliases)
    if heard.birth is not None:
        device.birth = heard.birth
    return heard.batch


def read(
    group: list[Message], known: registry.Registry, heard: dict[str, Heard] | None = None
) -> tuple[Readings, list[Refused]]:
    """Read messages and return their readings by numbers of points, and what is refused."""
    now_ms = round(clock.now().timestamp() * 1000)
    batches: list[Batch] = []
    refused: list[Refused] = []
    for message in group:
        device = known.devices.get(message.username)
        if device is None:
            continue  # put out of use since it connected: nothing of it is kept
        try:
            batch = _batch_of(message, device, now_ms)
        except Unreadable:
            refused.append(unreadable(message.payload, device))
            continue
        batches.append(batch)
        if heard is not None and batch.at:
            one = heard.setdefault(message.username, Heard())
            one.at_ms, one.ahead_ms = now_ms, batch.at[-1] - now_ms
            one.readings += len(batch.at)
    readings, more = sifted(batches, known, now_ms)
    if len(readings):
        numbers = known.numbers[readings.points]
        readings = Readings(numbers, readings.at, readings.value, readings.quality)
    return readings, refused + more
