"""How fast the whole ledger is verified, beside hashing the same bytes alone on as many cores.

Twice: the first time its pages come from wherever they lie, and a disk may be slower than everything else; the second time they
lie in memory as far as it holds them. The second is held to the target, the first is told beside it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.figures import Figure, Floor
from bench.place import Place

NEEDS_CITY = True
NEEDS_PAGES = False
LEAST_A_SECOND = 100_000
SAMPLE = 5000
SECONDS = 3.0


def run(place: Place) -> Iterator[Figure]:
    """Yield entries a second; a ledger that is not sound is no figure at all."""
    from anlan.kernel.ledger import verify
    from anlan.kernel.ledger.sifting import processes

    floor = _hashing_alone(processes())
    for name, target in (("entries, pages where they lie", None), ("entries", LEAST_A_SECOND)):
        started = time.perf_counter()
        report = verify()
        took = time.perf_counter() - started
        if not report.sound:
            raise RuntimeError(f"the ledger of the bench is not sound: {report.findings[:3]}")
        yield Figure("verify", name, "entries/s", [report.entries / took], at_least=target,
                     floor=Floor("SHA-256 and SM3 of the same bytes, nothing else", floor),
                     notes={"entries": report.entries, "chains": report.chains, "megabytes": _megabytes()})  # fmt: skip


def _megabytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_table_size('ledger_entry') / 1000000")
        ((size,),) = cursor.fetchall()
    return int(size)


def _hashing_alone(count: int) -> float:
    from anlan.kernel.ledger import LedgerEntry
    from anlan.kernel.ledger.canonical import canonical

    bodies = [canonical(entry.body()) for entry in LedgerEntry.objects.all()[:SAMPLE]]
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        return sum(pool.map(_hash, [bodies] * count))


def _hash(bodies: list[bytes]) -> float:
    from anlan.kernel.ledger.digests import seal_bytes

    done, started = 0, time.perf_counter()
    while time.perf_counter() < started + SECONDS:
        for body in bodies:
            seal_bytes(body)
        done += len(bodies)
    return done / (time.perf_counter() - started)
