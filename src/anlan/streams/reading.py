"""Reads readings back: what is packed by the hour, what lies in pieces, and what the journal still holds are seen as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anlan.streams import journal
from anlan.streams.codec import NONE, Readings, Times, joined, unpack_piece
from anlan.streams.packing import HOUR, MINUTE, merged, rolled, unpack_minutes
from anlan.streams.words import POOR

MOST_RAW = timedelta(days=2)
MOST_MINUTES = timedelta(days=15)
DAY = 24 * HOUR
MOST_POINTS = 2000  # of one line on a screen
# A row of a binary COPY: how many columns, then the length of each before it.
_COPIED = np.dtype([("columns", ">i2"), ("a", ">i4"), ("point", ">i4"), ("b", ">i4"), ("at", ">i8"), ("c", ">i4"),
                    ("value", ">f8"), ("d", ">i4"), ("quality", ">i2")])  # fmt: skip
_COPY_HEAD, _COPY_FOOT = 19, 2
_YEAR_2000 = 946_684_800_000  # PostgreSQL counts microseconds from it


class Latest(NamedTuple):
    """The latest reading of a point; ten thousand of them are made at once, so it is a tuple."""

    at: datetime
    value: float
    quality: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A line to draw: lowest, mean and highest of each span (``width`` in milliseconds; 0: each reading as it is)."""

    width: int
    at: Times
    low: NDArray[np.float64]
    mean: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.int64]


def latest(points: Sequence[int]) -> dict[int, Latest]:
    """Return the latest reading of many points, by number."""
    with journal.direct() as cursor:
        cursor.execute(
            "SELECT point_id, at, value, quality FROM streams_streamlatest WHERE point_id = ANY(%s)",
            [list(points)],
            binary=True,
        )
        return {point: Latest(at, value, quality) for point, at, value, quality in cursor.fetchall()}


def latest_of_many(points: Sequence[int]) -> Readings:
    """Return the latest readings of thousands of points as columns, for a wall that shows them all."""
    with (
        journal.direct() as cursor,
        cursor.copy(
            "COPY (SELECT point_id, at, value, quality FROM streams_streamlatest WHERE point_id = ANY(%s))"
            " TO STDOUT (FORMAT BINARY)",
            [list(points)],
        ) as copy,
    ):
        told = b"".join(bytes(part) for part in copy)
    count = (len(told) - _COPY_HEAD - _COPY_FOOT) // _COPIED.itemsize
    rows = np.frombuffer(told, _COPIED, count, _COPY_HEAD)
    at = rows["at"].astype(np.int64) // 1000 + _YEAR_2000
    return Readings(
        rows["point"].astype(np.int32),
        at,
        rows["value"].astype(np.float64),
        rows["quality"].astype(np.uint8),
    )


def raw(point: int, first: datetime, last: datetime) -> Readings:
    """Return the readings of a point between two instants (the last one left out), once each, in order of time."""
    parts = [unpack_piece(body) for body in _packed(point, first, last)]
    parts += _waiting(point, first, last)
    together = merged(parts) if parts else NONE
    begin, end = _ms(first), _ms(last)
    return together.only((together.at >= begin) & (together.at < end))


def _packed(point: int, first: datetime, last: datetime) -> list[bytes]:
    with journal.direct() as cursor:
        cursor.execute(
            "SELECT body FROM ("
            " SELECT hour, 0::bigint AS batch, body FROM streams_hour WHERE point = %s AND hour > %s AND hour < %s"
            " UNION ALL SELECT hour, batch, body FROM streams_piece WHERE point = %s AND hour > %s AND hour < %s"
            ") AS parts ORDER BY hour, batch",
            [point, first - timedelta(hours=1), last] * 2,
            binary=True,
        )
        return [row[0] for row in cursor.fetchall()]


def _waiting(point: int, first: datetime, last: datetime) -> list[Readings]:
    found = []
    for kept in journal.unpacked_between(first, last):
        mine = kept.readings.points == point
        if mine.any():
            part = kept.readings.only(mine)
            found.append(Readings(NONE.points, part.at, part.value, part.quality))
    return found


def trend(point: int, first: datetime, last: datetime, *, most: int = MOST_POINTS) -> Trend:
    """Return the line between two instants: readings as they are, or figures of minutes, hours or days as the span asks."""
    span = last - first
    if span <= MOST_RAW:
        return _of_readings(raw(point, first, last), most)
    if span <= MOST_MINUTES:
        return _of_figures(*_minutes(point, first, last), _coarse(span, MINUTE, most))
    return _of_figures(*_hours(point, first, last), _coarse(span, HOUR, most))


def _coarse(span: timedelta, width: int, most: int) -> int:
    """Return the width of a span of which ``most`` at most are drawn: a whole multiple of ``width``."""
    milliseconds = int(span.total_seconds() * 1000)
    return width * max(1, -(-milliseconds // (width * most)))


def _of_readings(found: Readings, most: int) -> Trend:
    if len(found) > most:
        span = int(found.at[-1] - found.at[0]) + 1
        width = max(1000, -(-span // most))
        at, figures = rolled(found, width)
        return _drawn(width, at, figures)
    good = np.where(found.quality == POOR, np.nan, found.value)
    return Trend(0, found.at, good, good, good, np.ones(len(found), np.int64))


def _drawn(width: int, at: Times, figures: NDArray[np.void]) -> Trend:
    low, mean, high = (figures[name].astype(np.float64) for name in ("low", "mean", "high"))
    return Trend(width, at, low, mean, high, figures["count"].astype(np.int64))


def _minutes(point: int, first: datetime, last: datetime) -> tuple[Times, NDArray[np.void]]:
    times, figures = [], []
    with journal.direct() as cursor:
        cursor.execute(
            "SELECT hour, minutes, CASE WHEN minutes = '' THEN body END FROM streams_hour"
            " WHERE point = %s AND hour > %s AND hour < %s ORDER BY hour",
            [point, first - timedelta(hours=1), last],
            binary=True,
        )
        for hour, minutes, body in cursor.fetchall():
            at, found = rolled(unpack_piece(body), MINUTE) if body else unpack_minutes(minutes, _ms(hour))
            times.append(at)
            figures.append(found)
    return _with_rest(times, figures, _rest(point, first, last), MINUTE)


def _hours(point: int, first: datetime, last: datetime) -> tuple[Times, NDArray[np.void]]:
    with journal.direct() as cursor:
        cursor.execute(
            "SELECT (extract(epoch FROM hour) * 1000)::bigint, low, mean, high, count, bad FROM streams_roll"
            " WHERE point = %s AND hour > %s AND hour < %s ORDER BY hour",
            [point, first - timedelta(hours=1), last],
            binary=True,
        )
        rows = cursor.fetchall()
    at = np.array([row[0] for row in rows], np.int64)
    kind = [("low", "<f8"), ("mean", "<f8"), ("high", "<f8"), ("count", "<i8"), ("bad", "<i8")]
    return _with_rest([at], [np.array([row[1:] for row in rows], kind)], _rest(point, first, last), HOUR)


def _rest(point: int, first: datetime, last: datetime) -> Readings:
    """Return the readings whose hour is not closed: in pieces and in the journal."""
    with journal.direct() as cursor:
        cursor.execute(
            "SELECT body FROM streams_piece WHERE point = %s AND hour > %s AND hour < %s ORDER BY hour, batch",
            [point, first - timedelta(hours=1), last],
            binary=True,
        )
        parts = [unpack_piece(row[0]) for row in cursor.fetchall()]
    parts += _waiting(point, first, last)
    return merged(parts) if parts else NONE


def _with_rest(
    times: list[Times], figures: list[NDArray[np.void]], rest: Readings, width: int
) -> tuple[Times, NDArray[np.void]]:
    """Return figures of closed hours with those of what is still open; late readings stand beside, weighed by their number."""
    if len(rest):
        at, found = rolled(rest, width)
        times, figures = [*times, at], [*figures, found]
    kind = [("low", "<f8"), ("mean", "<f8"), ("high", "<f8"), ("count", "<i8"), ("bad", "<i8")]
    if not times:
        return NONE.at, np.zeros(0, kind)
    together = np.concatenate([one.astype(kind) for one in figures])
    at = np.concatenate(times)
    order = np.argsort(at, kind="stable")
    return at[order], together[order]


def _of_figures(at: Times, figures: NDArray[np.void], width: int) -> Trend:
    """Return figures of finer spans as a line of wider ones."""
    if not len(at):
        nothing = np.zeros(0)
        return Trend(width, at, nothing, nothing, nothing, np.zeros(0, np.int64))
    span = at // width
    begins = np.flatnonzero(np.concatenate([[True], span[1:] != span[:-1]]))
    good = figures["count"] - figures["bad"]
    weight = np.add.reduceat(good, begins)
    empty = np.isnan(figures["mean"])
    total = np.add.reduceat(np.where(empty, 0.0, figures["mean"]) * good, begins)
    low = np.minimum.reduceat(np.where(empty, np.inf, figures["low"]), begins)
    high = np.maximum.reduceat(np.where(empty, -np.inf, figures["high"]), begins)
    mean = np.where(weight > 0, total / np.maximum(weight, 1), np.nan)
    count = np.add.reduceat(figures["count"], begins)
    none = weight <= 0
    return Trend(
        width, span[begins] * width, np.where(none, np.nan, low), mean, np.where(none, np.nan, high), count
    )


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def all_readings(first: datetime, last: datetime) -> Readings:
    """Return every point's readings of a span, for proofs that nothing is lost and nothing doubled."""
    parts = []
    with journal.direct() as cursor:
        for table in ("streams_hour", "streams_piece"):
            cursor.execute(
                f"SELECT point, body FROM {table} WHERE hour > %s AND hour < %s",  # noqa: S608 - two fixed names
                [first - timedelta(hours=1), last],
                binary=True,
            )
            for point, body in cursor.fetchall():
                one = unpack_piece(body)
                numbers = np.full(len(one), point, np.int32)
                parts.append(Readings(numbers, one.at, one.value, one.quality))
    parts += [kept.readings for kept in journal.unpacked_between(first, last)]
    return joined(parts)
