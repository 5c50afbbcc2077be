"""5,000 alarms in a minute: 100 plants, 50 sensors each, every limit crossed within sixty seconds.

Measured here is the engine: every alarm has its row, none has two, the last is there soon after the last reading, and the
flood is seen as what it is. How a screen bears it is measured on the page `/wall/` by ``bench.wall``, where that is there.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.ingest import one
from bench.place import Place, account_of, actor_of, session_of
from bench.plants import Browser, alarms, forget_plants, lay_plants
from bench.streaming import SECRET, ingesting, lay

NEEDS_CITY = True
SECONDS = float(os.environ.get("ANLAN_BENCH_SECONDS", "60"))
PLANTS, SENSORS = 100, 50
ALARMS = PLANTS * SENSORS
MOST_WAIT = 10.0
WAIT_AT_MOST = 300.0
RAISED = "SELECT count(*) FROM streams_streamraised JOIN streams_streamcondition c ON c.id = condition_id WHERE c.kind = 'H'"


def run(place: Place) -> Iterator[Figure]:
    """Yield how long after the last reading the last alarm is there, and what is seen of the flood."""
    forget_plants()
    lay(1, 1)
    plants = lay_plants(PLANTS, SENSORS)
    with ingesting(place) as port, place.serving() as address:
        browser = Browser(address, session_of(account_of("city_officer")))
        begun = time.monotonic()
        asyncio.run(_storm(port, plants.devices, plants.tags))
        last = time.monotonic()
        while alarms().count() < ALARMS:
            if time.monotonic() - last > WAIT_AT_MOST:
                raise RuntimeError(f"{alarms().count()} of {ALARMS} alarms after {WAIT_AT_MOST:.0f} s")
            time.sleep(0.1)
        after = time.monotonic() - last
        events = browser.count
    rows, conditions = alarms().count(), alarms().values("condition").distinct().count()
    raised = int(one(RAISED))
    begun_flood = time.perf_counter()
    floods = _floods()
    asked = time.perf_counter() - begun_flood
    notes = {"alarms": rows, "within (s)": round(last - begun, 1), "facts": raised, "events at the browser": events,
             "enterprises in flood": len(floods), "largest in ten minutes": max(floods, default=0),
             "flood asked in (ms)": round(asked * 1000)}  # fmt: skip
    doubled = rows - conditions + raised - ALARMS + int(alarms().filter(times__gt=1).exists())
    yield Figure(
        "storm",
        "last alarm there after the last reading",
        "s",
        [after],
        judged="max",
        at_most=MOST_WAIT,
        notes=notes,
    )
    yield Figure(
        "storm",
        "alarms doubled or missing",
        "alarms",
        [float(abs(doubled) + abs(rows - ALARMS))],
        judged="max",
        at_most=0,
    )
    yield Figure(
        "storm", "enterprises seen as in flood", "enterprises", [float(len(floods))], at_least=PLANTS
    )


async def _storm(port: int, devices: list[str], tags: list[str]) -> None:
    """Cross every limit once, evenly over the time."""
    from anlan.streams.publishing import Publisher

    publishers = [Publisher("127.0.0.1", port, name, SECRET) for name in devices]
    for one_ in publishers:
        await one_.connect()
    begun, sent = time.monotonic(), 0
    for tag in tags:
        for one_ in publishers:
            await one_.publish({"values": {tag: 90}})
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
