"""Readings taken in by gateways: 100 a message, QoS 1, acknowledged once committed, duplicates absorbed, limits judged.

The figure counts distinct readings acknowledged. It is none if one of them is missing afterwards, or there twice. Beside
it, in the same
run: a binary COPY of the same rows into a partition with a unique index, on the same server.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import numpy as np

from bench.figures import Figure, Floor
from bench.place import Place
from bench.streaming import Load, Sent, ingesting, lay, publish

NEEDS_CITY = True
NEEDS_PAGES = False
SECONDS = float(os.environ.get("ANLAN_BENCH_SECONDS", "60"))
GATEWAYS, POINTS_EACH, A_MESSAGE = 20, 1000, 100
LEAST = 200_000
FLOOR_ROWS = 2_000_000


def run(place: Place) -> Iterator[Figure]:
    """Yield readings a second through gateways, how long an acknowledgement takes.

    And how far evaluation and packing were behind.
    """
    floor = copied()
    laid = lay(GATEWAYS, POINTS_EACH)
    with ingesting(place) as port:
        load = Load(port, laid.devices, laid.tags, SECONDS, A_MESSAGE)
        [sent] = published([load])
        behind = _seconds_until_evaluated()
        packed = _pack_all()
    _must_be_whole(sent)
    rate = sent.readings / sent.seconds
    notes = {"seconds": round(sent.seconds, 1), "readings": sent.readings, "sent twice": sent.repeated, "gateways": GATEWAYS,
             "sensors": GATEWAYS * POINTS_EACH, "readings a message": A_MESSAGE, "alarms raised": _raised(),
             "evaluated after (s)": round(behind, 2), "rest packed in (s)": round(packed, 1)}  # fmt: skip
    yield Figure(
        "ingest", "gateway readings a second, durable before acknowledged", "readings/s", [rate], at_least=LEAST,
        floor=Floor("binary COPY of the same rows under a unique index (rows/s)", floor), notes=notes,
    )  # fmt: skip
    yield Figure("ingest", "acknowledged after", "ms", sent.latencies, judged="p95")


def published(loads: list[Load]) -> list[Sent]:
    """Publish from as many processes as there are loads."""
    with ProcessPoolExecutor(len(loads), mp_context=get_context("spawn")) as processes:
        return list(processes.map(publish, loads))


ROW_BYTES_QUESTION = f"SELECT pg_total_relation_size('bench_readings') / {FLOOR_ROWS}.0"


def copied(*, keep: bool = False) -> float:
    """Return the rows a second of a binary COPY of readings into a table with a unique index."""
    from django.db import connection

    from anlan.streams.journal import direct

    points = np.tile(np.arange(GATEWAYS * POINTS_EACH, dtype=">i4"), FLOOR_ROWS // (GATEWAYS * POINTS_EACH))
    rows = np.zeros(
        len(points),
        np.dtype(
            [
                ("n", ">i2"),
                ("a", ">i4"),
                ("point", ">i4"),
                ("b", ">i4"),
                ("at", ">i8"),
                ("c", ">i4"),
                ("value", ">f8"),
            ]
        ),
    )
    rows["n"], rows["a"], rows["b"], rows["c"] = 3, 4, 8, 8
    rows["point"], rows["value"] = points, np.round(np.random.default_rng(1).uniform(0, 99, len(points)), 2)
    rows["at"] = np.arange(len(points)) // (GATEWAYS * POINTS_EACH) * 1000
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_readings")
        cursor.execute(
            "CREATE TABLE bench_readings (point integer, at timestamptz, value float8, PRIMARY KEY (point, at))"
        )
    begun = time.perf_counter()
    with direct() as cursor, cursor.copy("COPY bench_readings FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        copy.write(rows.tobytes())
        copy.write(b"\xff\xff")
    seconds = time.perf_counter() - begun
    if not keep:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_readings")
    return len(points) / seconds


def _seconds_until_evaluated() -> float:
    begun = time.perf_counter()
    while one("SELECT count(*) FROM streams_journal WHERE NOT evaluated"):
        time.sleep(0.05)
    return time.perf_counter() - begun


def _pack_all() -> float:
    from anlan.streams import packing

    begun = time.perf_counter()
    while one("SELECT count(*) FROM streams_journal WHERE NOT packed"):
        if not packing.pack():
            time.sleep(0.1)
    return time.perf_counter() - begun


def _must_be_whole(sent: Sent) -> None:
    """Merge all pieces, since what was sent twice may lie in two of them, and count."""
    from anlan.kernel import clock
    from anlan.streams import packing

    packing.close_hours(clock.now() + timedelta(hours=2))
    found = one("SELECT coalesce(sum(count), 0) FROM streams_piece") + one(
        "SELECT coalesce(sum(count), 0) FROM streams_hour"
    )
    refused = one("SELECT coalesce(sum(count), 0) FROM streams_streamrefusal")
    if found != sent.readings or refused:
        raise RuntimeError(f"{sent.readings} acknowledged, {found} kept, {refused} refused")


def _raised() -> int:
    return int(one("SELECT count(*) FROM streams_streamraised"))


def one(question: str) -> Any:
    """Return the one value that a question answers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]
