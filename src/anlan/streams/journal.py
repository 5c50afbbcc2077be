"""The journal: batches as they came, committed before anything is acknowledged; evaluated and packed later, each in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction
from psycopg.types.json import Jsonb

from anlan.streams.batches import Refused
from anlan.streams.codec import Readings, pack_batch, unpack_batch
from anlan.streams.words import REFUSED

# Whatever the database may answer: a cursor of its own driver (``direct``) raises the driver's errors, Django its own.
TROUBLES = (DatabaseError, InterfaceError, psycopg.Error)
_DISK_FULL = "53100"


def is_disk_full(why: BaseException) -> bool:
    """Say whether the database has no room left."""
    return _DISK_FULL in (getattr(why, "sqlstate", None), getattr(why.__cause__, "sqlstate", None))


def instant(milliseconds: int) -> datetime:
    """Return milliseconds as an instant."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def direct() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a cursor that sends bytes as bytes and knows COPY; Django's own writes them out as text."""
    connection.ensure_connection()
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(connection.connection)
    return cursor


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch of the journal."""

    id: int
    received_at: datetime
    readings: Readings


def commit(writer: int, readings: Readings, refused: Sequence[Refused], now: datetime) -> int | None:
    """Commit what came as one batch, and what was refused of it; returns the number of the batch. Durable once it returns."""
    number = None
    with transaction.atomic(), direct() as cursor:
        if len(readings):
            cursor.execute(
                "INSERT INTO streams_journal (received_at, writer, count, first_at, last_at, body)"
                " VALUES (%s, %s, %s, %s, %s, %b) RETURNING id",
                [
                    now, writer, len(readings), instant(int(readings.at.min())), instant(int(readings.at.max())),
                    pack_batch(readings),
                ],
            )  # fmt: skip
            number = _first(cursor)
        if refused:
            rows = [
                (one.device.id, now, one.reason, one.tag, one.count, Jsonb(one.readings)) for one in refused
            ]
            cursor.executemany(
                "INSERT INTO streams_streamrefusal (device_id, received_at, reason, tag, count, readings)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                rows,
            )
    return number


def _first(cursor: psycopg.Cursor[tuple[Any, ...]]) -> int:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 - RETURNING returns
    return int(row[0])


def unevaluated(but_of: int | None, most: int = 200) -> list[Kept]:
    """Return batches that were not evaluated, in their order; ``but_of``: not those this writer still has in hand."""
    with direct() as cursor:
        cursor.execute(
            "SELECT id, received_at, body FROM streams_journal WHERE NOT evaluated AND writer IS DISTINCT FROM %s"
            " ORDER BY id LIMIT %s",
            [but_of, most],
            binary=True,
        )
        return [Kept(pk, at, unpack_batch(body)) for pk, at, body in cursor.fetchall()]


def mark_evaluated(numbers: Sequence[int]) -> None:
    """Note, in the transaction of the facts that follow, that batches were evaluated."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE streams_journal SET evaluated = true WHERE id = ANY(%s) AND NOT evaluated",
            [list(numbers)],
        )


def real(readings: Readings) -> Readings:
    """Return readings without the marks that only the evaluation reads."""
    chosen = readings.quality < REFUSED
    return readings if chosen.all() else readings.only(chosen)


def unpacked(most_readings: int) -> Iterator[Kept]:
    """Return batches that were evaluated and not packed, in their order, up to so many readings."""
    with direct() as cursor:
        cursor.execute(
            "SELECT id, received_at, body FROM (SELECT id, received_at, body, sum(count) OVER (ORDER BY id) - count AS before"
            " FROM streams_journal WHERE evaluated AND NOT packed) AS waiting WHERE before < %s ORDER BY id",
            [most_readings],
            binary=True,
        )
        for pk, at, body in cursor.fetchall():
            yield Kept(pk, at, real(unpack_batch(body)))


def unpacked_between(first: datetime, last: datetime) -> list[Kept]:
    """Return batches not packed yet that hold readings of a span of time."""
    with direct() as cursor:
        cursor.execute(
            "SELECT id, received_at, body FROM streams_journal WHERE NOT packed AND first_at <= %s AND last_at >= %s ORDER BY id",
            [last, first],
            binary=True,
        )
        return [Kept(pk, at, real(unpack_batch(body))) for pk, at, body in cursor.fetchall()]


def mark_packed(numbers: Sequence[int]) -> None:
    """Note, in the transaction of the pieces, that batches were packed; their rows go with their partition."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE streams_journal SET packed = true WHERE id = ANY(%s)", [list(numbers)])
