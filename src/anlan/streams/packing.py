"""Packs the journal behind the ingest: first into pieces by point and hour, and once an hour is over, its pieces into one,
with figures.

Readings sent twice meet here: of one instant the one of better quality stays, then the one that came first. What comes
late, after its
hour was packed, makes a new piece, and the hour is packed anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from anlan.kernel import clock
from anlan.streams import journal, partitions
from anlan.streams.codec import (
    Qualities,
    Readings,
    Times,
    Values,
    joined,
    pack_piece,
    spread,
    squeeze,
    unpack_piece,
)
from anlan.streams.words import POOR

HOUR = 3_600_000
MINUTE = 60_000
AT_ONCE = 3_000_000  # readings
GRACE = timedelta(minutes=10)  # what comes later than this makes its hour be packed again
ROWS_AT_ONCE = 5000
LOCK = 0x616E6C61  # one packer at a time, in each city of a database
# A minute's figures: mean, lowest and highest as single floats, then how many, and how many of them bad.
MINUTES = np.dtype([("low", "<f4"), ("mean", "<f4"), ("high", "<f4"), ("count", "<u2"), ("bad", "<u2")])


def pack() -> int:
    """Pack what waits in the journal into pieces; returns the readings packed. One packer at a time."""
    with transaction.atomic(), journal.direct() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        waiting = list(journal.unpacked(AT_ONCE))
        if not waiting:
            return 0
        readings = joined([kept.readings for kept in waiting])
        batch = waiting[0].id
        with cursor.copy(
            "COPY streams_piece (point, hour, batch, count, body) FROM STDIN WITH (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int4", "timestamptz", "int8", "int4", "bytea"])
            for point, hour, at, value, quality in by_hour(readings):
                copy.write_row([point, journal.instant(hour), batch, len(at), pack_piece(at, value, quality)])
        journal.mark_packed([kept.id for kept in waiting])
    return len(readings)


def by_hour(readings: Readings) -> Iterator[tuple[int, int, Times, Values, Qualities]]:
    """Yield each point's readings of each hour, once each, in order of time."""
    if not len(readings):
        return
    # Good before bad, then as they came: the first of an instant is the one to keep.
    order = np.lexsort((readings.quality, readings.at, readings.points))
    points, at = readings.points[order], readings.at[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (points[1:] != points[:-1]) | (at[1:] != at[:-1])
    order, points, at = order[first], points[first], at[first]
    value, quality = readings.value[order], readings.quality[order]
    hour = at // HOUR
    edges = np.flatnonzero((points[1:] != points[:-1]) | (hour[1:] != hour[:-1])) + 1
    begins = [0, *edges.tolist()]
    for begin, end in zip(begins, [*edges.tolist(), len(at)], strict=True):
        here = slice(begin, end)
        yield int(points[begin]), int(hour[begin]) * HOUR, at[here], value[here], quality[here]


def merged(parts: list[Readings]) -> Readings:
    """Return one point's readings of several parts, in the order they were packed, once each, in order of time."""
    together = joined(parts)
    order = np.lexsort((together.quality, together.at))
    at = together.at[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = at[1:] != at[:-1]
    return Readings(together.points, at[first], together.value[order][first], together.quality[order][first])


def close_hours(before: datetime | None = None) -> int:
    """Pack the pieces of hours that are over into one row each, with their figures; returns how many."""
    limit = before or clock.now() - GRACE
    limit = limit.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    done = 0
    while closed := _close_some(limit):
        done += closed
    return done


def _close_some(limit: datetime) -> int:
    with transaction.atomic(), journal.direct() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        cursor.execute("SELECT hour FROM streams_piece WHERE hour < %s ORDER BY hour LIMIT 1", [limit])
        found = cursor.fetchone()
        if found is None:
            return 0
        hour = found[0]
        cursor.execute(
            "WITH chosen AS (SELECT DISTINCT point FROM streams_piece WHERE hour = %s ORDER BY point LIMIT %s),"
            " taken AS (DELETE FROM streams_piece p USING chosen c WHERE p.point = c.point AND p.hour = %s"
            " RETURNING p.point, p.batch, p.body), earlier AS (DELETE FROM streams_hour h USING chosen c"
            " WHERE h.point = c.point AND h.hour = %s RETURNING h.point, 0::bigint, h.body)"
            " SELECT * FROM taken UNION ALL SELECT * FROM earlier ORDER BY 1, 2",
            [hour, ROWS_AT_ONCE, hour, hour],
            binary=True,
        )
        parts: dict[int, list[Readings]] = {}
        for point, _, body in cursor.fetchall():
            parts.setdefault(point, []).append(unpack_piece(body))
        partitions.make(hour.astimezone(UTC).date())
        cursor.execute("DELETE FROM streams_roll WHERE hour = %s AND point = ANY(%s)", [hour, list(parts)])
        whole = {point: merged(several) for point, several in parts.items()}
        with cursor.copy(
            "COPY streams_hour (point, hour, count, minutes, body) FROM STDIN WITH (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int4", "timestamptz", "int4", "bytea", "bytea"])
            for point, one in whole.items():
                body = pack_piece(one.at, one.value, one.quality)
                copy.write_row([point, hour, len(one), pack_minutes(one), body])
        with cursor.copy(
            "COPY streams_roll (point, hour, count, bad, low, mean, high) FROM STDIN WITH (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int4", "timestamptz", "int4", "int4", "float4", "float4", "float4"])
            for point, one in whole.items():
                copy.write_row([point, hour, *_figures(one)])
    return len(parts)


def _figures(one: Readings) -> tuple[int, int, float, float, float]:
    good = one.value[one.quality != POOR]
    bad = len(one) - len(good)
    if not len(good):
        nan = float("nan")
        return len(one), bad, nan, nan, nan
    return len(one), bad, float(good.min()), float(good.mean()), float(good.max())


def rolled(one: Readings, width: int) -> tuple[Times, NDArray[np.void]]:
    """Return lowest, mean and highest of good readings in each span of so many milliseconds that has readings."""
    if not len(one):
        return one.at, np.zeros(0, MINUTES)
    span = one.at // width
    begins = np.flatnonzero(np.concatenate([[True], span[1:] != span[:-1]]))
    counts = np.diff(np.concatenate([begins, [len(span)]]))
    is_bad = one.quality == POOR
    bad = np.add.reduceat(is_bad.astype(np.int64), begins)
    good = counts - bad
    found = np.zeros(len(begins), MINUTES)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        total = np.add.reduceat(np.where(is_bad, 0.0, one.value), begins)
        found["mean"] = np.where(good > 0, total / np.maximum(good, 1), np.nan)
        low = np.minimum.reduceat(np.where(is_bad, np.inf, one.value), begins)
        high = np.maximum.reduceat(np.where(is_bad, -np.inf, one.value), begins)
        found["low"], found["high"] = np.where(good > 0, low, np.nan), np.where(good > 0, high, np.nan)
    found["count"], found["bad"] = np.minimum(counts, 65535), np.minimum(bad, 65535)
    return span[begins] * width, found


def pack_minutes(one: Readings) -> bytes:
    """Return the figures of an hour's minutes as bytes; none where a minute holds no more than a reading or so."""
    if len(one) < 2 * 60:
        return b""
    at, figures = rolled(one, MINUTE)
    places = (at % HOUR // MINUTE).astype(np.uint8)
    columns = b"".join(np.ascontiguousarray(figures[name]).tobytes() for name in MINUTES.names or ())
    return bytes([len(places)]) + squeeze(places.tobytes() + columns, 3)


def unpack_minutes(packed: bytes, hour: int) -> tuple[Times, NDArray[np.void]]:
    """Return the minutes of an hour as they were packed."""
    count, body = packed[0], spread(packed[1:])
    places = np.frombuffer(body, np.uint8, count)
    found, begin = np.zeros(count, MINUTES), count
    for name in MINUTES.names or ():
        kind = MINUTES[name]
        found[name] = np.frombuffer(body, kind, count, begin)
        begin += count * kind.itemsize
    return hour + places.astype(np.int64) * MINUTE, found


def run() -> int:
    """Pack all that waits, then close the hours that are over: the job of every minute."""
    total = 0
    while packed := pack():
        total += packed
    close_hours()
    return total
