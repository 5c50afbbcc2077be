"""Sparkplug B (Eclipse, version 3.0) as far as readings go: births that name metrics and their aliases, data, deaths.

A topic is ``spBv1.0/<group>/<kind>/<edge node>[/<device>]``; the edge node is the device's user name here. A metric of the
node is known by its name, one of a device below it by ``<device>/<name>``. Aliases are kept with the device, so that an
ingest that was restarted needs no rebirth. A death says at once that nothing more comes of a node, or of a device below it,
unless it is the death of an earlier birth than the last one heard.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from anlan.streams.batches import Batch, Unreadable
from anlan.streams.registry import Device
from anlan.streams.words import POOR

PREFIX = "spBv1.0/"
BIRTHS, DATA, DEATHS = ("NBIRTH", "DBIRTH"), ("NDATA", "DDATA"), ("NDEATH", "DDEATH")
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}  # kinds of whole numbers that come as their two's complement
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MOST_METRICS = 20_000
# Protocol numbers of a metric's fields.
_NAME, _ALIAS, _TIME, _KIND, _IS_NULL, _INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN = (
    1,
    2,
    3,
    4,
    7,
    10,
    11,
    12,
    13,
    14,
)
_METRIC, _PAYLOAD_TIME = 2, 1


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message said: readings, the aliases a birth gave (None where it is no birth), the number of a node's birth."""

    batch: Batch
    aliases: dict[str, str] | None = None
    birth: int | None = None


def read(topic: str, payload: bytes, device: Device, now_ms: int) -> Heard:
    """Read a Sparkplug message. Raises Unreadable."""
    parts = topic.split("/")
    if len(parts) not in (4, 5):
        raise Unreadable
    kind, below = parts[2], parts[4] if len(parts) == 5 else ""
    batch = Batch(device)
    if kind not in BIRTHS + DATA + DEATHS:
        raise Unreadable
    said, birth = dict(device.aliases), None
    at, metrics = _payload(payload)
    if kind in DEATHS:
        batch.gone = _left_behind(device, below, metrics)
        return Heard(batch)
    for metric in metrics:
        name = _name(metric, below, said, is_birth=kind in BIRTHS)
        if _is_housekeeping(name):
            birth = _number_of_birth(metric, name) if kind == "NBIRTH" and birth is None else birth
            continue
        value = None if metric.get(_IS_NULL) else _value(metric)
        if isinstance(value, str):
            continue  # texts are no readings
        batch.tags.append(name)
        batch.places.append(device.tags[name])
        batch.at.append(int(metric.get(_TIME) or at or now_ms))
        batch.values.append(value)
        if value is None:
            batch.qualities[len(batch.at) - 1] = POOR
    return Heard(batch, said if kind in BIRTHS else None, birth)


def _left_behind(device: Device, below: str, metrics: list[dict[int, Any]]) -> list[int]:
    """Return the places of the points that a death leaves without a voice."""
    numbers = [
        _number_of_birth(metric, metric.get(_NAME, b"").decode(errors="replace")) for metric in metrics
    ]
    died = next((one for one in numbers if one is not None), None)
    if not below and died is not None and device.birth is not None and died != device.birth:
        return []
    return [place for tag, place in device.tags.items() if not below or tag.startswith(f"{below}/")]


def _number_of_birth(metric: dict[int, Any], name: str) -> int | None:
    value = _value(metric) if name == "bdSeq" else None
    return int(value) if isinstance(value, int | float) else None


def _is_housekeeping(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last == "bdSeq" or "Node Control/" in name or "Device Control/" in name


def _name(metric: dict[int, Any], below: str, said: dict[str, str], *, is_birth: bool) -> str:
    alias = f"{below}:{metric[_ALIAS]}" if _ALIAS in metric else ""
    if _NAME in metric:
        try:
            name = metric[_NAME].decode()
        except (UnicodeDecodeError, AttributeError):
            raise Unreadable from None
        full = f"{below}/{name}" if below else name
        if alias and is_birth:
            said[alias] = full
        return full
    # Aliases are one numbering for a node and all below it; some give one to each device.
    return said.get(alias) or next(
        (n for a, n in said.items() if a.endswith(f":{metric.get(_ALIAS)}")), alias or "?"
    )


def _value(metric: dict[int, Any]) -> float | int | bool | str | None:
    if _DOUBLE in metric:
        return float(struct.unpack("<d", metric[_DOUBLE])[0])
    if _FLOAT in metric:
        # The shortest decimal that is this float: 1.1 stays 1.1.
        return float(f"{struct.unpack('<f', metric[_FLOAT])[0]:.7g}")
    for field in (_INT, _LONG):
        if field in metric:
            return _signed(int(metric[field]), metric.get(_KIND, 0))
    if _BOOLEAN in metric:
        return bool(metric[_BOOLEAN])
    return "" if any(field > _BOOLEAN for field in metric) else None


def _signed(number: int, kind: int) -> int:
    bits = _SIGNED.get(kind)
    if bits is None:
        return number
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def _payload(payload: bytes) -> tuple[int, list[dict[int, Any]]]:
    at, metrics = 0, []
    for field, value in _fields(payload):
        if field == _PAYLOAD_TIME and isinstance(value, int):
            at = value
        elif field == _METRIC and isinstance(value, bytes):
            metrics.append(dict(_fields(value)))
            if len(metrics) > _MOST_METRICS:
                raise Unreadable
    return at, metrics


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each field of a protocol buffer. Raises Unreadable."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield field, value
            continue
        if wire == _BYTES:
            size, place = _varint(message, place)
        elif wire in (_EIGHT, _FOUR):
            size = 8 if wire == _EIGHT else 4
        else:
            raise Unreadable
        if place + size > end:
            raise Unreadable
        yield field, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise Unreadable
        byte = message[place]
        place += 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, place
        shift += 7
