"""The line of one sensor: a year, and 24 hours of readings at one a second, among many other sensors.

Journal and packed as one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson

from bench.figures import Figure
from bench.place import Place
from bench.storage import HOUR, fill
from bench.streaming import lay

NEEDS_CITY = True
NEEDS_PAGES = False
SENSORS, DAYS, ROUNDS = 40, 366, 30
MOST_YEAR, MOST_DAY = 100, 200


def run(place: Place) -> Iterator[Figure]:
    """Yield the milliseconds of a year and of a day, each as the bytes a browser is sent."""
    from django.db import connection

    from anlan.kernel import clock
    from anlan.streams import packing, partitions, reading

    lay(1, SENSORS)
    now = clock.now()
    partitions.make(*(now.date() - timedelta(days=n * 27) for n in range(15)))
    _a_year(round(now.timestamp() * 1000) // HOUR - DAYS * 24)
    begin = round((now - timedelta(hours=26)).timestamp() * 1000) // HOUR * HOUR
    fill(range(1, SENSORS + 1), begin, 27, every=(1000, 1000))
    while packing.pack():
        pass
    packing.close_hours()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE streams_roll")
    last = clock.now()
    day, year = last - timedelta(hours=24), last - timedelta(days=DAYS)
    whole_year = _timed(lambda n: _line(reading.trend(n, year, last)))
    drawn_day = _timed(lambda n: _line(reading.trend(n, day, last)))
    every_reading = _timed(lambda n: _all(reading.raw(n, day, last)))
    for name, samples, most in (
        ("one sensor, one year, as a browser is sent it", whole_year, MOST_YEAR),
        ("one sensor, 24 hours at one reading a second, drawn in 2000 spans", drawn_day, MOST_DAY),
        ("one sensor, 24 hours at one reading a second, all 86400 of them", every_reading, MOST_DAY),
    ):
        yield Figure("trend", name, "ms", samples, judged="p95", at_most=most)


def _a_year(first_hour: int) -> None:
    """Write a year's figures of every sensor hour by hour, as closing the hours would have."""
    from anlan.streams.journal import direct, instant

    with direct() as cursor, cursor.copy("COPY streams_roll FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "timestamptz", "int4", "int4", "float4", "float4", "float4"])
        for hour in range(first_hour, first_hour + (DAYS - 2) * 24):
            for point in range(1, SENSORS + 1):
                copy.write_row([point, instant(hour * HOUR), 3600, 0, 20.0, 50.0 + hour % 24, 80.0])


def _timed(answer: Callable[[int], bytes]) -> list[float]:
    samples = []
    for turn in range(ROUNDS):
        begun = time.perf_counter()
        answer(1 + turn % SENSORS)
        samples.append((time.perf_counter() - begun) * 1000)
    return samples


def _line(line: Any) -> bytes:
    columns = {name: getattr(line, name) for name in ("at", "low", "mean", "high")}
    if not len(line.at):
        raise RuntimeError("the line is empty")
    return orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY)


def _all(found: Any) -> bytes:
    if len(found) < 86_000:
        raise RuntimeError(f"only {len(found)} readings")
    return orjson.dumps({"at": found.at, "value": found.value}, option=orjson.OPT_SERIALIZE_NUMPY)
