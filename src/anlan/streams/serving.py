"""The ingest process: receives, commits, evaluates. One of it a city is enough; a further one shares the receiving.

Only one evaluates: it holds a lock of the database. Batches that others committed (the web, a further ingest, one that was
killed before it had evaluated) it reads from the journal.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import random
import signal
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from anlan.kernel import clock
from anlan.streams import facts, journal, partitions, registry, standing
from anlan.streams.accepting import Acceptor, Committed
from anlan.streams.codec import Readings
from anlan.streams.evaluating import Change, Evaluator
from anlan.streams.receiver import Receiver

log = logging.getLogger("anlan.streams")
EVALUATOR_LOCK = 0x616E6C62  # with the schema: the cities of an installation share a database
OTHERS_SECONDS = 0.25
SECOND = 1.0
PARTITION_SECONDS = 600.0
GATHER_SECONDS = 0.05
LATEST_AT_ONCE = 2000


class Evaluation(threading.Thread):
    """The thread that evaluates what was committed, and writes the facts. ``on_change`` is told in their transaction."""

    def __init__(self, acceptor: Acceptor, on_change: Callable[[], None]) -> None:
        super().__init__(name="evaluation", daemon=True)
        self.acceptor, self.on_change = acceptor, on_change
        self.ended = threading.Event()
        self.evaluated = 0
        self._evaluator: Evaluator | None = None
        self._next = dict.fromkeys(
            ("others", "latest", "devices", "silent", "registry", "partitions", "standing"), 0.0
        )
        self._heard_since = time.monotonic()

    def run(self) -> None:
        """Evaluate until told to end; a database that is away is waited for, and nothing in hand is forgotten."""
        while not self.ended.is_set():
            try:
                self._tell(time.monotonic())
                if self._evaluator is None:
                    self._begin()
                    continue
                self._turn(self._evaluator)
            except journal.TROUBLES as why:
                log.warning("evaluation waits: %s", why)
                connection.close()
                # The lock went with the connection: what is in memory may no longer be ours to judge by.
                self._evaluator = None
                self.ended.wait(1.0)
            except Exception:
                log.exception("evaluation failed and begins anew")
                connection.close()
                self._evaluator = None
                self.ended.wait(1.0)
        with suppress(*journal.TROUBLES):
            standing.leave(self.acceptor.writer)

    def _begin(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [EVALUATOR_LOCK])
            if not cursor.fetchone()[0]:
                self._drop_committed()
                self.ended.wait(1.0)
                return
        self._drop_committed()  # it stands in the journal, unevaluated, in its order
        evaluator = Evaluator(
            self.acceptor.registry, _now_ms(), facts.open_conditions(), facts.latest_by_number()
        )
        evaluator.remember(facts.crossed_lately(clock.now()))
        while kept := journal.unevaluated(None):
            self._judge(evaluator, [Committed(one.id, one.readings) for one in kept])
            self._drop_committed()
        self._write(evaluator, evaluator.recounted(_now_ms()), [])
        self._evaluator = evaluator

    def _drop_committed(self) -> None:
        with suppress(queue.Empty):
            while True:
                self.acceptor.committed.get_nowait()

    def _turn(self, evaluator: Evaluator) -> None:
        now = time.monotonic()
        if self._is_due("registry", now, SECOND):
            evaluator = self._renew(evaluator)
        if self._is_due("partitions", now, PARTITION_SECONDS):
            partitions.tend()
        in_hand = self._gathered()
        if in_hand:
            self._judge(evaluator, in_hand)
        if self._is_due("others", now, OTHERS_SECONDS):
            others = journal.unevaluated(self.acceptor.writer)
            if others:
                self._judge(evaluator, [Committed(one.id, one.readings) for one in others])
        if self._is_due("silent", now, SECOND):
            changes = evaluator.silent(_now_ms())
            if changes:
                self._write(evaluator, changes, [])
        if now >= self._next["latest"]:
            # Some at a time, and never more than a sixth of the time, however many sensors there are: a limit that is crossed
            # meanwhile waits for one such piece at most.
            written = evaluator.renewed(LATEST_AT_ONCE)
            facts.write_latest(written, clock.now())
            took = time.monotonic() - now
            is_all = len(written) < LATEST_AT_ONCE
            self._next["latest"] = time.monotonic() + max(SECOND if is_all else 0.0, 5 * took)
        if self._is_due("devices", now, SECOND):
            self._write_devices()

    def _gathered(self) -> list[Committed]:
        found = []
        with suppress(queue.Empty):
            found.append(self.acceptor.committed.get(timeout=GATHER_SECONDS))
            while len(found) < 50:
                found.append(self.acceptor.committed.get_nowait())
        return found

    def _judge(self, evaluator: Evaluator, batches: list[Committed]) -> None:
        changes: list[Change] = []
        now_ms = _now_ms()
        for batch in batches:
            places = evaluator.registry.places_of(batch.readings.points)
            one = Readings(places, batch.readings.at, batch.readings.value, batch.readings.quality)
            changes += evaluator.evaluate(one if (places >= 0).all() else one.only(places >= 0), now_ms)
            self.evaluated += len(one)
        self._write(evaluator, changes, [batch.number for batch in batches])

    def _write(self, evaluator: Evaluator, changes: list[Change], numbers: list[int]) -> None:
        with transaction.atomic():
            facts.write(changes, numbers, evaluator.latest_of(changes), clock.now())
            if changes:
                self.on_change()

    def _renew(self, evaluator: Evaluator) -> Evaluator:
        if registry.version() == evaluator.registry.version:
            return evaluator
        known = registry.load()
        for name, device in self.acceptor.registry.devices.items():
            if name in known.devices:
                known.devices[name].birth = device.birth
        self.acceptor.registry = known
        renewed = Evaluator(known, _now_ms(), facts.open_conditions())
        renewed.take_over(evaluator)
        self._evaluator = renewed
        self._write(renewed, renewed.recounted(_now_ms()), [])
        return renewed

    def _write_devices(self) -> None:
        heard, self.acceptor.heard = self.acceptor.heard, {}
        now = time.monotonic()
        seconds, self._heard_since = max(now - self._heard_since, SECOND), now
        facts.write_heard(
            {name: (one.at_ms, one.ahead_ms, one.readings / seconds) for name, one in heard.items()}
        )

    def _tell(self, now: float) -> None:
        if self._is_due("standing", now, 2 * SECOND):
            standing.note(self.acceptor, evaluates=self._evaluator is not None)

    def _is_due(self, what: str, now: float, seconds: float) -> bool:
        if now < self._next[what]:
            return False
        self._next[what] = now + seconds
        return True


def _now_ms() -> int:
    return round(clock.now().timestamp() * 1000)


async def serve(on_change: Callable[[], None], *, ready: Callable[[], None] = lambda: None) -> None:
    """Receive, commit and evaluate until told to stop."""
    known = await asyncio.to_thread(_first_registry)
    writer = (os.getpid() << 31) | random.getrandbits(31)
    acceptor = Acceptor(known, writer)
    evaluation = Evaluation(acceptor, on_change)
    evaluation.start()
    receiver = Receiver(acceptor)
    server = None
    if settings.ANLAN_MQTT_PORT:
        server = await receiver.listen(settings.ANLAN_MQTT_HOST, settings.ANLAN_MQTT_PORT, _tls())
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    tasks = [asyncio.create_task(acceptor.run()), asyncio.create_task(_tend(receiver))]
    if settings.ANLAN_MQTT_BROKER:
        from anlan.streams.broker import subscribe

        tasks.append(asyncio.create_task(subscribe(settings.ANLAN_MQTT_BROKER, acceptor)))
    ready()
    stopping: asyncio.Task[Any] = asyncio.create_task(told.wait())
    everything: list[asyncio.Task[Any]] = [stopping, *tasks]
    done, _ = await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
    if server is not None:
        server.close()
    receiver.end()
    for task in tasks:
        task.cancel()
    evaluation.ended.set()
    acceptor.end()
    await asyncio.to_thread(evaluation.join, 5)
    for task in done - {stopping}:
        task.result()  # what ended by itself failed: the supervisor starts us again


def _first_registry() -> registry.Registry:
    try:
        partitions.tend()
        return registry.load()
    finally:
        connection.close()


async def _tend(receiver: Receiver) -> None:
    while True:
        await asyncio.sleep(1)
        receiver.close_silent()


def _tls() -> ssl.SSLContext | None:
    if not settings.ANLAN_MQTT_CERTIFICATE:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.ANLAN_MQTT_CERTIFICATE, settings.ANLAN_MQTT_KEY or None)
    return context
