"""A device, as the simulator and the benches need it: connects by MQTT 5, publishes with QoS 1, knows what was acknowledged.

It keeps what is not acknowledged and sends it again after a cut, as a gateway that stores and forwards does. It knows no
more of MQTT
than this, so that a thousand of them leave room on the machine for what they talk to.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import orjson

_TWO = struct.Struct("!H")
WINDOW = 100  # fewer than any receiver's maximum
MOST_IDS = 65_000


class Publisher:
    """One device."""

    def __init__(self, host: str, port: int, username: str, secret: str, *, window: int = WINDOW) -> None:
        self.address = host, port
        self.username, self.secret = username, secret
        self.topic = f"anlan/{username}/readings".encode()
        self.window = window
        self.in_flight: dict[int, tuple[bytes, Any]] = {}
        self.acknowledged: Callable[[Any, int], None] = lambda token, reason: None
        self._next_id = 0
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self._room = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect, and send again what was not acknowledged. Raises ConnectionError when refused."""
        self._reader, self._writer = await asyncio.open_connection(*self.address, limit=1 << 20)
        body = b"\x00\x04MQTT\x05\xc2\x00\x3c\x00"
        for text in (self.username, self.username, self.secret):
            body += _TWO.pack(len(text)) + text.encode()
        self._writer.write(b"\x10" + _length(len(body)) + body)
        head = await self._reader.readexactly(2)
        answer = await self._reader.readexactly(head[1])
        if head[0] != 0x20 or answer[1]:
            raise ConnectionRefusedError(f"{self.username}: {answer[1]:#x}")
        for packet_id, (payload, _) in list(self.in_flight.items()):
            self._write(packet_id, payload, again=True)
        self._room.set()
        self._listening = asyncio.create_task(self._listen())

    async def publish(self, readings: Any, token: Any = None) -> None:
        """Send readings once there is room; ``token`` comes back with their acknowledgement. Raises ConnectionError."""
        payload = readings if isinstance(readings, bytes) else orjson.dumps(readings)
        while len(self.in_flight) >= self.window:
            self._room.clear()
            await self._room.wait()
            self._must_be_up()
        self._must_be_up()
        self._next_id = self._next_id % MOST_IDS + 1
        self.in_flight[self._next_id] = payload, token
        self._write(self._next_id, payload)
        if self._writer is not None and self._writer.transport.get_write_buffer_size() > 1 << 18:
            await self._writer.drain()

    async def settled(self) -> None:
        """Wait until all is acknowledged. Raises ConnectionError."""
        while self.in_flight:
            self._room.clear()
            await self._room.wait()
            self._must_be_up()

    async def close(self) -> None:
        """Say goodbye."""
        if self._listening is not None:
            self._listening.cancel()
        if self._writer is not None:
            self._writer.write(b"\xe0\x00")
            self._writer.close()
            self._writer = None

    def _must_be_up(self) -> None:
        if self._writer is None or self._writer.transport.is_closing():
            raise ConnectionError(self.username)

    def _write(self, packet_id: int, payload: bytes, *, again: bool = False) -> None:
        body = _TWO.pack(len(self.topic)) + self.topic + _TWO.pack(packet_id) + b"\0"
        if self._writer is not None and not self._writer.transport.is_closing():
            frame = (b"\x3a" if again else b"\x32") + _length(len(body) + len(payload)) + body + payload
            self._writer.write(frame)

    async def _listen(self) -> None:
        rest = b""
        try:
            while data := await self._reader.read(1 << 16):
                rest = self._answers(rest + data)
        except ConnectionError:
            pass
        finally:
            self._writer = None
            self._room.set()

    def _answers(self, data: bytes) -> bytes:
        place = 0
        while place + 2 <= len(data):
            size = data[place + 1]
            if place + 2 + size > len(data):
                break
            if data[place] == 0x40:
                _, token = self.in_flight.pop(_TWO.unpack_from(data, place + 2)[0], (b"", None))
                self.acknowledged(token, data[place + 4] if size > 2 else 0)
            place += 2 + size
        self._room.set()
        return data[place:]


def _length(number: int) -> bytes:
    found = bytearray()
    while True:
        number, byte = number >> 7, number & 127
        found.append(byte | (128 if number else 0))
        if not number:
            return bytes(found)
