"""How much room a reading takes once it is packed: plausible sensors over a day, with their figures and indexes counted in.

Half of the sensors report every second, half every ten; they walk by small steps and report two decimals, as transmitters
do, at times
that waver by some milliseconds. The floor is the same readings as rows under a unique index.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.figures import Figure, Floor
from bench.ingest import ROW_BYTES_QUESTION, copied, one
from bench.place import Place
from bench.streaming import lay

NEEDS_CITY = True
NEEDS_PAGES = False
MOST_BYTES = 8
SENSORS = 200
HOURS = 6
HOUR = 3_600_000


def run(place: Place) -> Iterator[Figure]:
    """Yield the bytes of a reading, packed and with all that belongs to it, and how many readings a second are packed."""
    from django.db import connection

    from anlan.kernel import clock
    from anlan.streams import packing

    copied(keep=True)
    floor = one(ROW_BYTES_QUESTION)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_readings")
    lay(1, SENSORS)
    begin = round((clock.now() - timedelta(hours=HOURS + 2)).timestamp() * 1000) // HOUR * HOUR
    total = fill(range(1, SENSORS + 1), begin, HOURS)
    begun = clock.now()
    while packing.pack():
        pass
    packing.close_hours()
    seconds = (clock.now() - begun).total_seconds()
    kept = one("SELECT sum(count) FROM streams_hour")
    if kept != total:
        raise RuntimeError(f"{total} readings went in, {kept} are packed")
    bytes_used = sum(
        one(
            f"SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = '{table}'::regclass"
        )
        for table in ("streams_hour", "streams_roll")
    )
    notes = {
        "readings": int(total),
        "sensors": SENSORS,
        "hours": HOURS,
        "packed readings/s": round(total / seconds),
    }
    yield Figure("storage", "bytes a reading, packed, with roll-ups and indexes", "bytes", [float(bytes_used) / total],
                 at_most=MOST_BYTES, floor=Floor("a row a reading under a unique index", float(floor)), notes=notes)  # fmt: skip


def fill(points: range, begin: int, hours: int, *, every: tuple[int, int] = (1000, 10_000)) -> int:
    """Write plausible readings of points into the journal, an hour a batch; returns how many."""
    from anlan.streams import journal, partitions
    from anlan.streams.codec import Readings, joined

    partitions.tend()
    random, total = np.random.default_rng(11), 0
    last = {point: random.uniform(20, 80) for point in points}
    for hour in range(hours):
        parts = []
        for point in points:
            count = HOUR // every[point % 2]
            at = begin + hour * HOUR + np.arange(count) * every[point % 2] + random.integers(0, 20, count)
            value = np.round(np.clip(last[point] + np.cumsum(random.normal(0, 0.03, count)), 0, 94), 2)
            last[point] = float(value[-1])
            parts.append(
                Readings(
                    np.full(count, point, np.int32), at.astype(np.int64), value, np.zeros(count, np.uint8)
                )
            )
        batch = joined(parts)
        total += len(batch)
        number = journal.commit(0, batch, [], datetime.now(UTC))
        if number is not None:
            journal.mark_evaluated([number])
    return total
