"""The latest values of 10,000 sensors in one call, while their ingest goes on. The floor: as many rows of a table by key."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from bench.figures import Figure, Floor
from bench.place import Place
from bench.streaming import lay

NEEDS_CITY = True
NEEDS_PAGES = False
SENSORS, ROUNDS, MOST_MILLISECONDS = 10_000, 60, 50


def run(place: Place) -> Iterator[Figure]:
    """Yield the milliseconds of one call for all sensors."""
    from django.db import connection

    from anlan.kernel import clock
    from anlan.streams import facts, reading
    from anlan.streams.codec import Readings

    lay(10, SENSORS // 10)
    points = np.arange(1, SENSORS + 1, dtype=np.int32)
    samples, floor = [], []
    for turn in range(ROUNDS):
        at = np.full(SENSORS, round(clock.now().timestamp() * 1000), np.int64)
        facts.write_latest(
            Readings(points, at, np.full(SENSORS, float(turn)), np.zeros(SENSORS, np.uint8)), clock.now()
        )
        begun = time.perf_counter()
        found = reading.latest_of_many(points.tolist())
        samples.append((time.perf_counter() - begun) * 1000)
        if len(found) != SENSORS or (found.value != turn).any() or (found.at != at).any():
            raise RuntimeError("the latest values are not the latest")
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, tag FROM streams_streampoint WHERE number = ANY(%s)", [points.tolist()]
            )
            cursor.fetchall()
        floor.append((time.perf_counter() - begun) * 1000)
    yield Figure("latest", f"latest values of {SENSORS} sensors", "ms", samples, judged="p95", at_most=MOST_MILLISECONDS,
                 floor=Floor("as many rows of two columns by key (ms)", float(np.median(floor))))  # fmt: skip
