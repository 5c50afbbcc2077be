"""A broker of the operator's own (Mosquitto, EMQX, any of MQTT 5): one ingest subscribes for itself, several share one
subscription, each message going to one of them.

The broker has acknowledged to the device by then; it keeps the message until we acknowledge, and we do so once it is
committed. So the session outlives the connection: an ingest that is killed and started again comes back by the same name
and is sent again what it had not acknowledged. Who may publish where is the broker's to say; the second level of the topic
names the device, as with the receiver.

Mosquitto (2.0) forgets shared subscriptions when it is restarted: until an ingest is back it tells devices of version 5 that
nobody took a message, those of 3.1.1 nothing. So a shared subscription has to be asked for.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from anlan.kernel import clock
from anlan.streams import journal, mqtt, sparkplug
from anlan.streams.accepting import Acceptor, Message

log = logging.getLogger("anlan.streams")
TOPICS = ("anlan/+/#", "spBv1.0/#")
RECEIVE_MAXIMUM = 10_000
SESSION_SECONDS = 86_400  # so long a broker keeps what came for an ingest that is away
KEEP_ALIVE = 20
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
SLOT_LOCK = 0x616E6D00  # with the number of the slot, and the schema
SLOTS = 64
CONNECTED, AWAY, REFUSED = "connected", "away", "refused"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker answers, and as whom."""

    host: str
    port: int
    username: str
    password: str
    tls: ssl.SSLContext | None

    @classmethod
    def at(cls, address: str) -> Broker:
        """Read an address: ``mqtt://user:password@host:port``, ``mqtts://`` for TLS."""
        parts = urlsplit(address)
        is_safe = parts.scheme == "mqtts"
        return cls(
            parts.hostname or "127.0.0.1",
            parts.port or (8883 if is_safe else 1883),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            ssl.create_default_context() if is_safe else None,
        )


async def subscribe(address: str, acceptor: Acceptor) -> None:
    """Take messages from a broker until cancelled; the connection is made again by itself."""
    broker, thread = Broker.at(address), ThreadPoolExecutor(1, "broker")
    loop = asyncio.get_running_loop()
    slots, pause, link = Slots(), SHORTEST_PAUSE, None
    try:
        while True:
            try:
                slot = await loop.run_in_executor(thread, slots.take)
                # The cities of an installation hear the same broker, each by a group of its own.
                link = Link(acceptor, broker, f"anlan-{settings.ANLAN_SCHEMA}-{slot}")
                await loop.create_connection(lambda: link, broker.host, broker.port, ssl=broker.tls)  # noqa: B023
                if await link.ended:
                    pause = SHORTEST_PAUSE
            except (OSError, *journal.TROUBLES) as why:
                log.warning("the broker cannot be heard, tried again: %s", why)
            acceptor.told_of_broker(REFUSED if link is not None and link.is_refused else AWAY, clock.now())
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
    finally:
        if link is not None:
            link.close()
        thread.shutdown(wait=False)


class Slots:
    """The name by which this ingest is known to the broker: the lowest number nobody else of the city has, kept for life."""

    def __init__(self) -> None:
        self.mine = 0

    def take(self) -> int:
        """Return the number, the former one if it is still to be had. Raises DatabaseError."""
        try:
            with connection.cursor() as cursor:
                for slot in (self.mine, *(n for n in range(SLOTS) if n != self.mine)):
                    # Held already, it is had once more: a lock counts how often its own session took it.
                    cursor.execute(
                        "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [SLOT_LOCK + slot]
                    )
                    if cursor.fetchone()[0]:
                        self.mine = slot
                        return slot
        except journal.TROUBLES:
            connection.close()
            raise
        raise DatabaseError("more ingests than names")


class Link(asyncio.Protocol):
    """One connection to the broker. ``ended`` tells at its end whether it had been subscribed."""

    def __init__(self, acceptor: Acceptor, broker: Broker, client_id: str) -> None:
        self.acceptor, self.broker, self.client_id = acceptor, broker, client_id
        self.frames = mqtt.Frames()
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.is_refused = self.is_subscribed = False
        self.answers: list[bytes] = []
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._beat: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - streams give nothing else
        self.transport = transport
        one = self.broker
        transport.write(
            mqtt.connect(self.client_id, one.username, one.password, keep_alive=KEEP_ALIVE, at_once=RECEIVE_MAXIMUM,
                         session_seconds=SESSION_SECONDS)
        )  # fmt: skip
        self._beat = self._loop.call_later(KEEP_ALIVE / 2, self._tick)

    def connection_lost(self, why: Exception | None) -> None:
        """Tell that it is over."""
        if self._beat is not None:
            self._beat.cancel()
        if not self.ended.done():
            self.ended.set_result(self.is_subscribed)

    def close(self) -> None:
        """Leave; the broker keeps what comes until we are back."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(mqtt.disconnect(5, mqtt.SUCCESS))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._heard = self._loop.time()
        try:
            for kind, flags, body in self.frames.feed(data):
                if kind == mqtt.PUBLISH:
                    self._take(flags, body)
                else:
                    self._answer(kind, body)
        except mqtt.Fault as fault:
            log.warning("the broker broke the protocol: %s", fault)
            self._abort()

    def _take(self, flags: int, body: bytes) -> None:
        message = mqtt.read_publish(flags, body, 5)
        kept = partial(self._kept, message.packet_id)
        self.acceptor.offer(Message(device_of(message.topic), message.topic, message.payload, kept))

    def _kept(self, packet_id: int) -> None:
        if not packet_id or self.transport is None or self.transport.is_closing():
            return  # of a connection that is gone: it is sent again, and absorbed
        if not self.answers:
            self._loop.call_soon(self._acknowledge)
        self.answers.append(mqtt.puback(5, packet_id))

    def _acknowledge(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self.answers))
        self.answers.clear()

    def _answer(self, kind: int, body: bytes) -> None:
        if self.transport is None:
            return
        if kind == mqtt.CONNACK:
            if len(body) < 2 or body[1]:
                self._refuse(f"{body[1:2].hex()}, as {self.broker.username!r}")
                return
            shared = [f"$share/anlan-{settings.ANLAN_SCHEMA}/{one}" for one in TOPICS]
            wanted, other = (shared, TOPICS) if settings.ANLAN_MQTT_SHARED else (TOPICS, shared)
            # The session may hold what an earlier setting asked for.
            self.transport.write(mqtt.subscribe(1, wanted) + mqtt.unsubscribe(2, other))
        elif kind == mqtt.SUBACK:
            if any(reason >= 0x80 for reason in body[-len(TOPICS) :]):
                self._refuse(f"subscription {body.hex()}")
                return
            self.is_subscribed = True
            self.acceptor.told_of_broker(CONNECTED, clock.now())
        elif kind == mqtt.DISCONNECT:
            log.warning("the broker ends the connection: %s", body[:1].hex())
            self._abort()

    def _refuse(self, why: str) -> None:
        log.error("the broker refuses us: %s", why)
        self.is_refused = True
        self._abort()

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _tick(self) -> None:
        if self.transport is None:
            return
        if self._loop.time() - self._heard > KEEP_ALIVE * 1.5:
            self._abort()
            return
        self.transport.write(mqtt.PING)
        self._beat = self._loop.call_later(KEEP_ALIVE / 2, self._tick)


@lru_cache(maxsize=100_000)
def device_of(topic: str) -> str:
    """Return the user name a topic speaks for: its second level, or the edge node of Sparkplug."""
    levels = topic.split("/")
    if topic.startswith(sparkplug.PREFIX):
        return levels[3] if len(levels) > 3 else ""
    return levels[1] if len(levels) > 1 else ""
