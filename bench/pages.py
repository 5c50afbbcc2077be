"""What the benches of pages share: calls to a served city, and the floor measured on the same server in the same run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.client import latencies, throughput
from bench.place import Place

SECONDS = 4.0
FLOOR = "bare view, one indexed query, 50 rows"


@dataclass(frozen=True)
class FloorMeasured:
    """The bare view on two workers: milliseconds one at a time, requests a second with many."""

    milliseconds: list[float]
    a_second: float


@contextmanager
def floor(place: Place) -> Iterator[FloorMeasured]:
    """Measure the floor on a server of its own."""
    with place.serving(
        "bench.floor.asgi:application", DJANGO_SETTINGS_MODULE="bench.floor.settings"
    ) as address:
        calls = [("", "/floor")] * 60
        rates = throughput(address, calls, SECONDS)
        yield FloorMeasured(latencies(address, calls), sorted(rates)[len(rates) // 2])


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]
