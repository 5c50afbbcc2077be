"""5,000 alarms in a minute: 100 plants, 50 sensors each, every limit crossed within sixty seconds; then all of them over as fast.

Measured here is the engine: every alarm has its row, none has two, the last is there soon after the last reading, told as over
soon after the last one that says so, and the flood is seen as what it is. How a screen bears it is measured on the page
`/wall/` by ``bench.wall``, where that is there.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator

from bench.figures import Figure
from bench.ingest import one
from bench.place import Place, account_of, actor_of, session_of
from bench.plants import Browser, alarms, forget_plants, lay_plants
from bench.streaming import SECRET, ingesting, lay

NEEDS_CITY = True
NEEDS_PAGES = True
SECONDS = float(os.environ.get("ANLAN_BENCH_SECONDS", "60"))
PLANTS, SENSORS = 100, 50
ALARMS = PLANTS * SENSORS
HIGH, CALM = 90, 50  # beyond the limit, and well within it
MOST_WAIT = 10.0
WAIT_AT_MOST = 300.0
RAISED = "SELECT count(*) FROM streams_streamraised JOIN streams_streamcondition c ON c.id = condition_id WHERE c.kind = 'H'"


def run(place: Place) -> Iterator[Figure]:
    """Yield how long after the last reading the last alarm is there, and over, and what is seen of the flood."""
    forget_plants()
    lay(1, 1)
    plants = lay_plants(PLANTS, SENSORS)
    with ingesting(place) as port, place.serving() as address:
        browser = Browser(address, session_of(account_of("city_officer")))
        begun = time.monotonic()
        asyncio.run(_storm(port, plants.devices, plants.tags, HIGH))
        took = time.monotonic() - begun
        after = _waited(lambda: alarms().count())
        events = browser.count
        asyncio.run(_storm(port, plants.devices, plants.tags, CALM))
        over = _waited(lambda: alarms().filter(active=False).count())
    begun = time.perf_counter()
    floods = _floods()
    asked = time.perf_counter() - begun
    notes = {"alarms": alarms().count(), "within (s)": round(took, 1), "facts": int(one(RAISED)),
             "events at the browser": events, "enterprises in flood": len(floods),
             "largest in ten minutes": max(floods, default=0), "flood asked in (ms)": round(asked * 1000)}  # fmt: skip
    yield _within("last alarm there after the last reading", after, notes)
    yield _within("last alarm told as over after the last reading", over, {"ends in the ledger": _ends()})
    yield Figure("storm", "alarms doubled or missing", "alarms", [float(_doubled())], judged="max", at_most=0)
    yield Figure(
        "storm", "enterprises seen as in flood", "enterprises", [float(len(floods))], at_least=PLANTS
    )


def _within(what: str, seconds: float, notes: dict[str, object]) -> Figure:
    return Figure("storm", what, "s", [seconds], judged="max", at_most=MOST_WAIT, notes=notes)


def _ends() -> int:
    from anlan.kernel.ledger import LedgerEntry

    return LedgerEntry.objects.filter(act="clear", chain__in=alarms().values("pk")).count()


def _doubled() -> int:
    """Return how many alarms, facts and ends there are too many or too few."""
    rows, conditions = alarms().count(), alarms().values("condition").distinct().count()
    again = alarms().filter(times__gt=1).count()
    return (
        abs(rows - ALARMS)
        + rows
        - conditions
        + abs(int(one(RAISED)) - ALARMS)
        + again
        + abs(_ends() - ALARMS)
    )


def _waited(count: Callable[[], int]) -> float:
    """Wait until all alarms are counted; returns how long it took."""
    begun = time.monotonic()
    while (found := count()) < ALARMS:
        if time.monotonic() - begun > WAIT_AT_MOST:
            raise RuntimeError(f"{found} of {ALARMS} alarms after {WAIT_AT_MOST:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - begun


async def _storm(port: int, devices: list[str], tags: list[str], value: int) -> None:
    """Let every sensor say a value once, evenly over the time."""
    from anlan.streams.publishing import Publisher

    publishers = [Publisher("127.0.0.1", port, name, SECRET) for name in devices]
    for one_ in publishers:
        await one_.connect()
    begun, sent = time.monotonic(), 0
    for tag in tags:
        for one_ in publishers:
            await one_.publish({"values": {tag: value}})
            sent += 1
            ahead = sent / ALARMS * SECONDS - (time.monotonic() - begun)
            if ahead > 0:
                await asyncio.sleep(ahead)
    for one_ in publishers:
        await one_.settled()
        await one_.close()


def _floods() -> list[int]:
    """Return the peak of each enterprise's flood, as the officer of the city sees it."""
    from anlan.domains.alarms.queries import flood

    return [found.flood.peak for found in flood(actor_of(account_of("city_officer")))]
