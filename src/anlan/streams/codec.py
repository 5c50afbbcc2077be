"""How readings lie in the database: columns, coded by differences, compressed. Nothing is rounded: what comes out is what
went in.

A *batch* (journal) keeps readings of many points in the order they came; a *piece* keeps one point's within one hour.
Times are milliseconds since 1970 (UTC).
"""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Numbers = NDArray[np.int32]
Qualities = NDArray[np.uint8]

# form, count, first time, least step, first value, width of times, decimals, width of values, has quality
_PIECE = struct.Struct("<BIqqqBBBB")
_BATCH = struct.Struct("<BIB")
_FORM = 1
_RAW = 255  # instead of decimals: the values lie as they are
_MOST_DECIMALS = 6
_WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings as columns of one length; ``points`` is empty where all are of one point."""

    points: Numbers
    at: Times
    value: Values
    quality: Qualities

    def __len__(self) -> int:
        return len(self.at)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Readings:
        """Return some of them."""
        return Readings(
            self.points[chosen] if len(self.points) else self.points,
            self.at[chosen],
            self.value[chosen],
            self.quality[chosen],
        )


NONE = Readings(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8))


def joined(parts: list[Readings]) -> Readings:
    """Return several as one, in their order."""
    if not parts:
        return NONE
    return Readings(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.quality for part in parts]),
    )


def pack_batch(readings: Readings) -> bytes:
    """Return a batch of many points as bytes."""
    has_quality = bool(readings.quality.any())
    body = [readings.points.tobytes(), _differences(readings.at).tobytes(), readings.value.tobytes()]
    if has_quality:
        body.append(readings.quality.tobytes())
    return _BATCH.pack(_FORM, len(readings), has_quality) + squeeze(b"".join(body), 1)


def unpack_batch(packed: bytes) -> Readings:
    """Return a batch as it was packed."""
    _, count, has_quality = _BATCH.unpack_from(packed)
    body = spread(packed[_BATCH.size :])
    points = np.frombuffer(body, np.int32, count)
    at = np.cumsum(np.frombuffer(body, np.int64, count, 4 * count))
    value = np.frombuffer(body, np.float64, count, 12 * count)
    quality = np.frombuffer(body, np.uint8, count, 20 * count) if has_quality else np.zeros(count, np.uint8)
    return Readings(points, at, value, quality)


def pack_piece(at: Times, value: Values, quality: Qualities) -> bytes:
    """Return one point's readings, in order of time, as bytes."""
    steps = np.diff(at)
    least = int(steps.min()) if len(steps) else 0
    beyond = (steps - least).astype(np.uint64)
    # Readings at one pace need no times at all.
    times, time_width = (b"", 0) if not beyond.any() else _narrow(beyond)
    decimals, base, values, width = _values(value)
    has_quality = bool(quality.any())
    first = int(at[0]) if len(at) else 0
    head = _PIECE.pack(_FORM, len(at), first, least, base, time_width, decimals, width, has_quality)
    return head + squeeze(times + values + (quality.tobytes() if has_quality else b""), 3)


def unpack_piece(packed: bytes) -> Readings:
    """Return one point's readings as they were packed."""
    _, count, first, least, base, time_width, decimals, width, has_quality = _PIECE.unpack_from(packed)
    body = spread(packed[_PIECE.size :])
    place = time_width * max(0, count - 1)
    at = np.empty(count, np.int64)
    if count:
        at[0] = first
        at[1:] = least if not time_width else _widen(body[:place], time_width).astype(np.int64) + least
        np.cumsum(at, out=at)
    value = _values_of(body[place : place + width * count], decimals, base, width)
    place += width * count
    quality = np.frombuffer(body, np.uint8, count, place) if has_quality else np.zeros(count, np.uint8)
    return Readings(NONE.points, at, value, quality)


def _values(value: Values) -> tuple[int, int, bytes, int]:
    """Return values as differences of whole numbers where they have few decimals; else shuffled by byte as they are."""
    with np.errstate(invalid="ignore", over="ignore"):
        for decimals in range(_MOST_DECIMALS + 1):
            scale = 10.0**decimals
            whole = np.rint(value * scale)
            # -0.0 equals 0.0 but is not it; rare enough to lie as it is.
            if not (np.abs(whole) < 2**52).all():
                break
            if (whole / scale == value).all() and not np.signbit(value[value == 0]).any():
                numbers = whole.astype(np.int64)
                base = int(numbers[0]) if len(numbers) else 0
                differences = np.diff(numbers, prepend=np.int64(base))
                zigzag = ((differences << 1) ^ (differences >> 63)).view(np.uint64)
                body, width = _narrow(zigzag)
                return decimals, base, body, width
    return _RAW, 0, _shuffled(value.view(np.uint64), 8), 8


def _values_of(body: bytes, decimals: int, base: int, width: int) -> Values:
    found = _widen(body, width)
    if decimals == _RAW:
        return found.view(np.float64)
    differences = (found >> np.uint64(1)).view(np.int64) ^ -(found & np.uint64(1)).view(np.int64)
    return (np.cumsum(differences) + base) / 10.0**decimals


def _differences(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.diff(numbers, prepend=np.int64(0))


def _narrow(numbers: NDArray[np.uint64]) -> tuple[bytes, int]:
    most = int(numbers.max()) if len(numbers) else 0
    width = next(size for size in (1, 2, 4, 8) if most < 1 << (8 * size))
    return _shuffled(numbers, width), width


def _shuffled(numbers: NDArray[np.uint64], width: int) -> bytes:
    """Return the lowest bytes of all numbers, then the next ones: like stands beside like and compresses well."""
    kind = _WIDTHS[(1, 2, 4, 8).index(width)]
    rows = numbers.astype(kind).view(np.uint8).reshape(len(numbers), width)
    return rows.T.tobytes()


def _widen(body: bytes, width: int) -> NDArray[np.uint64]:
    kind = _WIDTHS[(1, 2, 4, 8).index(width)]
    columns = np.frombuffer(body, np.uint8).reshape(width, -1)
    return np.ascontiguousarray(columns.T).view(kind).ravel().astype(np.uint64)


def squeeze(body: bytes, level: int) -> bytes:
    """Compress."""
    tools, name = _local.__dict__, f"level {level}"
    if name not in tools:
        tools[name] = zstandard.ZstdCompressor(level=level)
    packed: bytes = tools[name].compress(body)
    return packed


def spread(body: bytes) -> bytes:
    """Decompress."""
    tools = _local.__dict__
    if "spread" not in tools:
        tools["spread"] = zstandard.ZstdDecompressor()
    spread: bytes = tools["spread"].decompress(body)
    return spread
