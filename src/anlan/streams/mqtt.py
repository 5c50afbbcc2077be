"""The wire of MQTT 5.0 and 3.1.1 as far as a receiver of readings needs it: frames in, answers out. No input or output of
its own.

Written after the OASIS standard. A receiver routes nothing: devices connect, publish (QoS 0 and 1) and are acknowledged.
The few frames with which we in turn subscribe to a broker stand at the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14

SUCCESS, MALFORMED, PROTOCOL_ERROR, BAD_VERSION, BAD_LOGIN, NOT_AUTHORIZED = (
    0x00,
    0x81,
    0x82,
    0x84,
    0x86,
    0x87,
)
SHUTTING_DOWN, TAKEN_OVER, TOO_LARGE, TOO_MANY, QOS_NOT_SUPPORTED = 0x8B, 0x8E, 0x95, 0x93, 0x9B

RECEIVE_MAXIMUM = (
    128  # messages of one device that wait for their acknowledgement: more than that it may not send
)
TOPIC_ALIASES = 32
LARGEST = 1 << 20

_TWO = struct.Struct("!H")
_FOUR = struct.Struct("!I")
# Length of the value of each property that is not a string or bytes; 0: a variable byte integer.
_FIXED = {0x01: 1, 0x02: 4, 0x0B: 0, 0x11: 4, 0x13: 2, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1,
          0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}  # fmt: skip
_TEXTS = frozenset({0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F})
_PAIR = 0x26
TOPIC_ALIAS = 0x23


class Fault(Exception):
    """That a peer broke the protocol; ``reason`` is the code to end with."""

    def __init__(self, reason: int) -> None:
        super().__init__(hex(reason))
        self.reason = reason


@dataclass(slots=True)
class Connect:
    """Who connects."""

    level: int
    client_id: str
    keep_alive: int
    username: str
    password: str
    will: tuple[str, bytes] | None = None  # topic and payload, to be told when the connection breaks


@dataclass(slots=True)
class Publish:
    """A message; ``packet_id`` is 0 for QoS 0."""

    topic: str
    packet_id: int
    payload: bytes
    alias: int = 0


@dataclass(slots=True)
class Frames:
    """Cuts the bytes of a connection into frames."""

    rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield kind, flags and body of each whole frame. Raises Fault."""
        rest = self.rest
        rest += data
        place = 0
        try:
            while True:
                frame = _frame_at(rest, place)
                if frame is None:
                    return
                begin, end = frame
                head = rest[place]
                place = end
                yield head >> 4, head & 15, bytes(rest[begin:end])
        finally:
            del rest[:place]


def _frame_at(rest: bytearray, place: int) -> tuple[int, int] | None:
    length, shift, begin = 0, 0, place + 1
    while True:
        if begin >= len(rest):
            return None
        byte = rest[begin]
        begin += 1
        length |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 21:
            raise Fault(MALFORMED)
    if length > LARGEST:
        raise Fault(TOO_LARGE)
    return None if begin + length > len(rest) else (begin, begin + length)


class _Body:
    """Reads the parts of a frame's body. Raises Fault where it is too short."""

    def __init__(self, body: bytes) -> None:
        self.body, self.place = body, 0

    def byte(self) -> int:
        return self.take(1)[0]

    def two(self) -> int:
        return int(_TWO.unpack(self.take(2))[0])

    def take(self, length: int) -> bytes:
        end = self.place + length
        if end > len(self.body):
            raise Fault(MALFORMED)
        found, self.place = self.body[self.place : end], end
        return found

    def text(self) -> str:
        try:
            return self.take(self.two()).decode()
        except UnicodeDecodeError:
            raise Fault(MALFORMED) from None

    def variable(self) -> int:
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7
            if shift > 21:
                raise Fault(MALFORMED)

    def properties(self) -> dict[int, Any]:
        end = self.variable() + self.place
        found: dict[int, Any] = {}
        while self.place < end:
            name = self.variable()
            if name == _PAIR:
                self.text(), self.text()
            elif name in _TEXTS:
                found[name] = self.take(self.two())
            elif name in _FIXED:
                size = _FIXED[name]
                found[name] = int.from_bytes(self.take(size)) if size else self.variable()
            else:
                raise Fault(MALFORMED)
        return found

    def rest(self) -> bytes:
        return self.body[self.place :]


def read_connect(body: bytes) -> Connect:
    """Read who connects. Raises Fault."""
    part = _Body(body)
    if part.text() != "MQTT":
        raise Fault(BAD_VERSION)
    level = part.byte()
    if level not in (4, 5):
        raise Fault(BAD_VERSION)
    flags, keep_alive = part.byte(), part.two()
    if level == 5:
        part.properties()
    client_id = part.text()
    will = None
    if flags & 0x04:
        if level == 5:
            part.properties()
        will = part.text(), part.take(part.two())
    username = part.text() if flags & 0x80 else ""
    try:
        password = part.take(part.two()).decode() if flags & 0x40 else ""
    except UnicodeDecodeError:
        raise Fault(BAD_LOGIN) from None
    return Connect(level, client_id, keep_alive, username, password, will)


def read_publish(flags: int, body: bytes, level: int) -> Publish:
    """Read a message. Raises Fault."""
    qos = flags >> 1 & 3
    if qos > 1:
        raise Fault(QOS_NOT_SUPPORTED)
    part = _Body(body)
    topic = part.text()
    packet_id = part.two() if qos else 0
    if qos and not packet_id:
        raise Fault(PROTOCOL_ERROR)
    alias = 0
    if level == 5:
        if part.body[part.place : part.place + 1] == b"\0":
            part.place += 1
        else:
            alias = int(part.properties().get(TOPIC_ALIAS, 0))
    return Publish(topic, packet_id, part.rest(), alias)


def read_filters(body: bytes, level: int, *, with_options: bool) -> tuple[int, int]:
    """Read a SUBSCRIBE or UNSUBSCRIBE and return its number and how many filters it names. Raises Fault."""
    part = _Body(body)
    packet_id, count = part.two(), 0
    if level == 5:
        part.properties()
    while part.rest():
        part.text()
        if with_options:
            part.byte()
        count += 1
    return packet_id, count


def connack(level: int, reason: int, assigned: str = "") -> bytes:
    """Return the answer to CONNECT; version 5 is told what we take: QoS 1, so many at once, no retained messages."""
    if level != 5:
        old = {SUCCESS: 0, BAD_VERSION: 1, BAD_LOGIN: 4, NOT_AUTHORIZED: 5}.get(reason, 3)
        return bytes((CONNACK << 4, 2, 0, old))
    said = b""
    if reason == SUCCESS:
        said = b"\x24\x01\x25\x00\x28\x00\x2a\x00" + b"\x21" + _TWO.pack(RECEIVE_MAXIMUM)
        said += b"\x22" + _TWO.pack(TOPIC_ALIASES) + b"\x27" + _FOUR.pack(LARGEST)
        if assigned:
            said += b"\x12" + _TWO.pack(len(assigned)) + assigned.encode()
    return bytes((CONNACK << 4, 3 + len(said), 0, reason, len(said))) + said


def puback(level: int, packet_id: int, reason: int = SUCCESS) -> bytes:
    """Return the acknowledgement of a message."""
    if reason == SUCCESS or level != 5:
        return b"\x40\x02" + _TWO.pack(packet_id)
    return b"\x40\x03" + _TWO.pack(packet_id) + bytes((reason,))


def suback(level: int, packet_id: int, count: int, *, kind: int = SUBACK) -> bytes:
    """Return the refusal of filters: nobody subscribes here."""
    reason = NOT_AUTHORIZED if level == 5 else 0x80
    reasons = b"" if kind == UNSUBACK and level != 5 else bytes([reason]) * count
    body = _TWO.pack(packet_id) + (b"\0" if level == 5 else b"") + reasons
    return bytes((kind << 4, len(body))) + body if len(body) < 128 else b""


def disconnect(level: int, reason: int) -> bytes:
    """Return the word with which a connection is ended; version 3.1.1 knows none."""
    return bytes((DISCONNECT << 4, 1, reason)) if level == 5 else b""


# --- as a client of a broker, version 5 ------------------------------------------------------------------------------
PING = b"\xc0\x00"


def connect(
    client_id: str, username: str, password: str, *, keep_alive: int, at_once: int, session_seconds: int
) -> bytes:
    """Return CONNECT with a session that outlives the connection."""
    properties = b"\x11" + _FOUR.pack(session_seconds) + b"\x21" + _TWO.pack(at_once)
    properties += b"\x27" + _FOUR.pack(LARGEST)
    flags = (0x80 if username else 0) | (0x40 if password else 0)
    body = _text("MQTT") + bytes((5, flags)) + _TWO.pack(keep_alive) + bytes((len(properties),)) + properties
    body += _text(client_id) + (_text(username) if username else b"") + (_text(password) if password else b"")
    return _framed(CONNECT << 4, body)


def subscribe(packet_id: int, filters: Iterable[str]) -> bytes:
    """Return SUBSCRIBE to filters with QoS 1."""
    body = _TWO.pack(packet_id) + b"\0" + b"".join(_text(one) + b"\x01" for one in filters)
    return _framed(SUBSCRIBE << 4 | 2, body)


def unsubscribe(packet_id: int, filters: Iterable[str]) -> bytes:
    """Return UNSUBSCRIBE from filters."""
    return _framed(UNSUBSCRIBE << 4 | 2, _TWO.pack(packet_id) + b"\0" + b"".join(map(_text, filters)))


def _text(text: str) -> bytes:
    said = text.encode()
    return _TWO.pack(len(said)) + said


def _framed(head: int, body: bytes) -> bytes:
    number, length = len(body), bytearray()
    while True:
        number, byte = number >> 7, number & 127
        length.append(byte | (128 if number else 0))
        if not number:
            return bytes((head,)) + bytes(length) + body
