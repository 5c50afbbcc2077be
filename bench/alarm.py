"""From a reading that crosses a limit to its alarm in a browser, while 50,000 other readings a second are taken in.

The time begins when the device publishes and ends when an event of the list of alarms has reached an open browser's stream and
the alarm's row is there to be read. One after the other, each alarm of a sensor of its own; nothing is ever raised twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from queue import Empty

from bench.figures import Figure
from bench.ingest import GATEWAYS, POINTS_EACH
from bench.place import Place, account_of, session_of
from bench.plants import Browser, alarms, forget_plants, lay_plants
from bench.streaming import SECRET, Load, ingesting, lay, publish

NEEDS_CITY = True
NEEDS_PAGES = True
SECONDS = float(os.environ.get("ANLAN_BENCH_SECONDS", "90"))
BESIDE = 50_000  # readings a second
MOST_SECONDS = 1.0
PLANTS, SENSORS = 20, 20
WARM_SECONDS = 5.0
LONGEST = 20.0


def run(place: Place) -> Iterator[Figure]:
    """Yield the seconds from a reading to its alarm in a browser."""
    forget_plants()
    laid = lay(GATEWAYS, POINTS_EACH, high=200.0)
    plants = lay_plants(PLANTS, SENSORS)
    with ingesting(place) as port, place.serving() as address:
        browser = Browser(address, session_of(account_of("city_officer")))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            beside = process.submit(
                publish, Load(port, laid.devices, laid.tags, SECONDS, 100, rate=BESIDE, again=0.0)
            )
            time.sleep(WARM_SECONDS)
            seconds = _each(
                port,
                browser,
                [(name, tag) for tag in plants.tags for name in plants.devices],
                SECONDS - 2 * WARM_SECONDS,
            )
            sent = beside.result()
    rate = sent.readings / sent.seconds
    notes = {"readings a second beside it": round(rate), "alarms": len(seconds), "rows": alarms().count()}
    if alarms().count() != len(seconds) or alarms().filter(times__gt=1).exists():
        raise RuntimeError(f"{len(seconds)} limits crossed, {alarms().count()} alarms")
    if rate < 0.95 * BESIDE:
        notes["short of the load"] = True
    yield Figure(
        "alarm",
        "reading published to its alarm in a browser",
        "s",
        seconds,
        judged="p99",
        at_most=MOST_SECONDS,
        notes=notes,
    )


def _each(port: int, browser: Browser, sensors: list[tuple[str, str]], seconds: float) -> list[float]:
    until, found = time.monotonic() + seconds, []
    for number, (name, tag) in enumerate(sensors, 1):
        if time.monotonic() > until:
            break
        browser.emptied()
        begun = time.monotonic()
        asyncio.run(_cross(port, name, tag))
        while True:
            try:
                heard = browser.heard.get(timeout=LONGEST)
            except Empty:
                raise RuntimeError(f"nothing was heard of {name} {tag}") from None
            if alarms().count() == number:
                found.append(heard - begun)
                break
        time.sleep(random.uniform(0.05, 0.3))
    return found


async def _cross(port: int, name: str, tag: str) -> None:
    from anlan.streams.publishing import Publisher

    one = Publisher("127.0.0.1", port, name, SECRET)
    await one.connect()
    await one.publish({"values": {tag: 90}})
    await one.settled()
    await one.close()
