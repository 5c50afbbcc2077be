"""How fast the whole ledger is verified, beside hashing the same bytes alone."""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Figure
from bench.place import Place

NEEDS_CITY = True


def run(place: Place) -> Iterator[Figure]:
    """Yield entries a second."""
    import time

    from anlan.kernel.ledger import verify

    started = time.perf_counter()
    report = verify()
    assert report.sound, report.findings[:3]
    yield Figure("verify", "entries", "entries/s", [report.entries / (time.perf_counter() - started)],
                 at_least=100_000)  # fmt: skip
