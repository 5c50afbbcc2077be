"""The map at 100,000 points: a tile or cluster answer, the bytes of the first map, and when a slow telephone can use it.

The points are enterprises and hidden dangers of the city: whole registers and loops, taken until there are enough. The
first map is opened in Chromium at a quarter of the machine's speed; without Chromium its two figures are left out.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.client import Caller, latencies
from bench.figures import Figure
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
POINTS = 100_000
TILES = 200
MOST_MILLISECONDS = 60
MOST_BYTES = 1_000_000
MOST_SECONDS = 2
SLOWDOWN = 4
MOST_WAITED, LOOKED_EVERY = 60, 0.5  # seconds
ZOOMS = (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)


@dataclass(frozen=True)
class Asked:
    """A query of the map, how many points it shows and where they lie."""

    query: str
    points: int
    bounds: tuple[float, float, float, float]


def run(place: Place) -> Iterator[Figure]:
    """Yield the figures of tiles by zoom and together, of the count, and of the first map in a browser."""
    cookie = session_of(account_of("city_officer"))
    with place.serving() as address:
        caller = Caller(address, cookie)
        asked = _asked(caller)
        notes = {"points": asked.points, "query": asked.query}
        every: list[float] = []
        for zoom in ZOOMS:
            found = latencies(address, [(cookie, path) for path in _tiles(asked, zoom)])
            every += found
            yield Figure("map", f"tile at zoom {zoom}", "ms", found, judged="p95", notes=notes)
        yield Figure("map", "tile or cluster answer", "ms", every, judged="p95", at_most=MOST_MILLISECONDS,
                     notes=notes)  # fmt: skip
        told = latencies(address, [(cookie, f"/api/v1/map/tiles.json?{asked.query}")] * 20)
        yield Figure("map", "count and bounds", "ms", told, judged="p95", notes=notes)
        yield from _first_map(address, cookie, asked, notes)


def _asked(caller: Caller) -> Asked:
    """Return the query that shows the number of points nearest to what is wanted."""
    queries = (
        "layers=enterprises",
        "layers=enterprises,hidden-dangers&open=1",
        "layers=hidden-dangers&severity=major",
        "layers=enterprises,hidden-dangers&severity=major",
        "layers=enterprises,hidden-dangers",
    )
    found = []
    for query in queries:
        told = json.loads(caller.get(f"/api/v1/map/tiles.json?{query}"))
        if told["bounds"]:
            found.append(Asked(query, told["placed"], tuple(told["bounds"])))
    return min(found, key=lambda one: abs(math.log((one.points + 1) / POINTS)))


def _tiles(asked: Asked, zoom: int) -> list[str]:
    """Return addresses of tiles that a person moving about the points would ask for: drawn around rows, not around nothing."""
    chance = random.Random(zoom)
    west, south, east, north = asked.bounds
    middle, spread = ((west + east) / 2, (south + north) / 2), ((east - west) / 6, (north - south) / 6)
    found = []
    for _ in range(TILES // len(ZOOMS) + 1):
        x, y = _tile_of(chance.gauss(middle[0], spread[0]), chance.gauss(middle[1], spread[1]), zoom)
        found.append(f"/api/v1/map/tiles/{zoom}/{x}/{y}.mvt?{asked.query}")
    return found


def _tile_of(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    across, angle = 2**zoom, math.radians(latitude)
    row = (1 - math.asinh(math.tan(angle)) / math.pi) / 2 * across
    return int((longitude + 180) / 360 * across), int(row)


# --- in a browser --------------------------------------------------------------------------------------------------


def _first_map(address: str, cookie: str, asked: Asked, notes: dict[str, Any]) -> Iterator[Figure]:
    program = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        print("· map: no Chromium here, the first map is not measured", file=sys.stderr)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        seen = [_opened(browser, address, cookie, asked) for _ in range(3)]
        browser.close()
    notes = {**notes, "cpu_slowdown": SLOWDOWN}
    yield Figure("map", "bytes of the first map", "bytes", [size for size, _ in seen], judged="max",
                 at_most=MOST_BYTES, notes=notes)  # fmt: skip
    yield Figure("map", "first map usable", "s", [seconds for _, seconds in seen], judged="median",
                 at_most=MOST_SECONDS, notes=notes)  # fmt: skip


def _opened(browser: Any, address: str, cookie: str, asked: Asked) -> tuple[float, float]:
    """Open the map of a telephone with nothing kept from before; return its bytes on the wire and the seconds to usable."""
    name, _, value = cookie.partition("=")
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": name, "value": value, "url": f"http://{address}"}])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.goto(f"http://{address}/map/?{asked.query}", wait_until="commit")
    # Usable: the points are drawn and the map answers a finger. The page says so itself.
    seconds = _usable(session) / 1000
    page.wait_for_timeout(1500)
    context.close()
    return sum(received), seconds


def _usable(session: Any) -> float:
    """Wait until the page says since when its map can be used, in milliseconds of its own clock.

    It is asked from outside now and then: the driver's own way of waiting runs a program of its own in the page, which on a
    slowed telephone takes from the map a tenth of a second and more.
    """
    asked = "document.querySelector('[data-map][data-usable]')?.dataset.usable ?? ''"
    limit = time.monotonic() + MOST_WAITED
    while time.monotonic() < limit:
        time.sleep(LOOKED_EVERY)
        told = session.send("Runtime.evaluate", {"expression": asked})["result"]["value"]
        if told:
            return float(told)
    raise TimeoutError("the map never became usable")
