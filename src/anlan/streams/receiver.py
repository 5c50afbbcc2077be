"""The embedded receiver: devices connect to it as to any MQTT 5 broker (3.1.1 too) and publish; it hands messages to the
acceptor.

It is no broker: it routes nothing and keeps no sessions, so that an acknowledgement can mean what a broker's cannot: the
readings are
committed. A device may have so many messages unacknowledged at once and no more, which keeps one that floods from the
others' time.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable

from anlan.streams import mqtt, sparkplug
from anlan.streams.accepting import Acceptor, Message
from anlan.streams.mqtt import Fault
from anlan.streams.registry import Device

log = logging.getLogger("anlan.streams")
HELLO_SECONDS = 10
MOST_CONNECTIONS = 30_000


class Receiver:
    """All connections of one listening address."""

    def __init__(self, acceptor: Acceptor) -> None:
        self.acceptor = acceptor
        self.connections: dict[tuple[str, str], Connection] = {}
        self.count = 0

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
        """Listen for devices."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self), host, port, ssl=tls, backlog=1024)

    def close_silent(self) -> None:
        """End connections that were silent for longer than they said they would be, and those of devices put out of use."""
        now = time.monotonic()
        devices = self.acceptor.registry.devices
        for one in list(self.connections.values()):
            if one.username not in devices:
                one.end(mqtt.NOT_AUTHORIZED)
            elif one.keep_alive and now - one.heard > one.keep_alive * 1.5:
                one.end(mqtt.PROTOCOL_ERROR)

    def end(self) -> None:
        """Tell everybody that we go."""
        for one in list(self.connections.values()):
            one.end(mqtt.SHUTTING_DOWN)


class Connection(asyncio.Protocol):
    """One device's connection."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.acceptor = receiver.acceptor
        self.frames = mqtt.Frames()
        self.level = 0
        self.username = ""
        self.client_id = ""
        self.keep_alive = 0
        self.heard = time.monotonic()
        self.in_flight = 0
        self.aliases: dict[int, str] = {}
        self.will: tuple[str, bytes] | None = None
        self.answers: list[bytes] = []
        self.transport: asyncio.Transport
        self.hello: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for CONNECT, not for long."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - streams give nothing else
        self.transport = transport
        self.receiver.count += 1
        if self.receiver.count > MOST_CONNECTIONS:
            transport.abort()
            return
        self.hello = asyncio.get_running_loop().call_later(HELLO_SECONDS, transport.abort)

    def connection_lost(self, why: Exception | None) -> None:
        """Forget it."""
        self.receiver.count -= 1
        if self.hello is not None:
            self.hello.cancel()
        key = self.username, self.client_id
        if self.receiver.connections.get(key) is self:
            del self.receiver.connections[key]
        self._tell_will()

    def data_received(self, data: bytes) -> None:
        """Answer what came."""
        self.heard = time.monotonic()
        try:
            for kind, flags, body in self.frames.feed(data):
                self._take(kind, flags, body)
        except Fault as fault:
            self.end(fault.reason)

    def _tell_will(self) -> None:
        """Take in what a device left to be said if its line breaks: the death of a Sparkplug node."""
        will, self.will = self.will, None
        device = self.acceptor.registry.devices.get(self.username)
        if will is None or device is None or not device.may_publish(will[0]):
            return
        if will[0].startswith(sparkplug.PREFIX):
            self.acceptor.offer(Message(self.username, *will, lambda: None))

    def end(self, reason: int) -> None:
        """Say why and close."""
        if reason != mqtt.PROTOCOL_ERROR:
            self.will = None  # we go, or it came back: nobody died
        if self.transport.is_closing():
            return
        if self.level and self.username:
            self.transport.write(mqtt.disconnect(self.level, reason))
        self.transport.close()

    def _take(self, kind: int, flags: int, body: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self.username:
            if kind != mqtt.CONNECT:
                raise Fault(mqtt.PROTOCOL_ERROR)
            self._connect(body)
        elif kind == mqtt.PUBLISH:
            self._publish(mqtt.read_publish(flags, body, self.level))
        elif kind == mqtt.PINGREQ:
            self.transport.write(b"\xd0\x00")
        elif kind in (mqtt.SUBSCRIBE, mqtt.UNSUBSCRIBE):
            packet_id, count = mqtt.read_filters(body, self.level, with_options=kind == mqtt.SUBSCRIBE)
            answer = mqtt.SUBACK if kind == mqtt.SUBSCRIBE else mqtt.UNSUBACK
            self.transport.write(mqtt.suback(self.level, packet_id, count, kind=answer))
        elif kind == mqtt.DISCONNECT:
            if body[:1] != b"\x04":  # with a will, by its own word
                self.will = None
            self.transport.close()
        else:
            raise Fault(mqtt.PROTOCOL_ERROR)

    def _connect(self, body: bytes) -> None:
        asked = mqtt.read_connect(body)
        self.level = asked.level
        device = self.acceptor.registry.devices.get(asked.username)
        if device is None or not device.is_opened_by(asked.password):
            log.info("refused to connect: %r", asked.username[:60])
            self.transport.write(mqtt.connack(asked.level, mqtt.BAD_LOGIN))
            self.transport.close()
            return
        self.username, self.keep_alive, self.will = asked.username, asked.keep_alive, asked.will
        assigned = "" if asked.client_id else f"anlan-{id(self):x}"
        self.client_id = asked.client_id or assigned
        before = self.receiver.connections.get((self.username, self.client_id))
        if before is not None:
            before.end(mqtt.TAKEN_OVER)
        self.receiver.connections[self.username, self.client_id] = self
        if self.hello is not None:
            self.hello.cancel()
        self.transport.write(mqtt.connack(asked.level, mqtt.SUCCESS, assigned))

    def _publish(self, message: mqtt.Publish) -> None:
        topic = self._topic(message)
        device: Device | None = self.acceptor.registry.devices.get(self.username)
        if device is None:
            raise Fault(mqtt.NOT_AUTHORIZED)
        if not device.may_publish(topic):
            if self.level != 5 or not message.packet_id:
                raise Fault(mqtt.NOT_AUTHORIZED)
            self.transport.write(mqtt.puback(self.level, message.packet_id, mqtt.NOT_AUTHORIZED))
            return
        self.in_flight += 1
        if self.in_flight > mqtt.RECEIVE_MAXIMUM:
            if self.level == 5 and message.packet_id:
                raise Fault(mqtt.TOO_MANY)
            self.transport.pause_reading()  # version 3.1.1, and QoS 0, cannot be told how many we take
        self.acceptor.offer(Message(self.username, topic, message.payload, self._kept(message.packet_id)))

    def _topic(self, message: mqtt.Publish) -> str:
        if not message.alias:
            return message.topic
        if message.alias > mqtt.TOPIC_ALIASES:
            raise Fault(0x94)
        if message.topic:
            self.aliases[message.alias] = message.topic
        try:
            return self.aliases[message.alias]
        except KeyError:
            raise Fault(mqtt.PROTOCOL_ERROR) from None

    def _kept(self, packet_id: int) -> Callable[[], None]:
        def kept() -> None:
            self.in_flight -= 1
            if self.in_flight == mqtt.RECEIVE_MAXIMUM // 2:
                self.transport.resume_reading()
            if self.username not in self.acceptor.registry.devices:
                self.end(
                    mqtt.NOT_AUTHORIZED
                )  # put out of use meanwhile: what was not kept is not acknowledged
            elif packet_id and not self.transport.is_closing():
                if not self.answers:
                    asyncio.get_running_loop().call_soon(self._answer)
                self.answers.append(mqtt.puback(self.level, packet_id))

        return kept

    def _answer(self) -> None:
        self.transport.write(b"".join(self.answers))
        self.answers.clear()
