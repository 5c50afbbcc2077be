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

from bench import turns
from bench.client import Caller, latencies
from bench.figures import Figure
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
POINTS = 100_000
TILES = 200
MOST_MILLISECONDS = 60
MOST_BYTES = 1_000_000
MOST_SECONDS = 2
SLOWDOWN = 4
MOST_WAITED, LOOKED_EVERY = 60, 0.5  # seconds
TAPS = 5
TELEPHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
# Told twice: once the picture has been on the screen for a frame, with the heap to tap, the largest in sight; and once the
# answer has been: the card of the heap, or the page its link leads to where no script of the page runs yet.
WATCHING = """(() => {
  const first = sessionStorage.benchFirst ??= location.href;
  const tell = (what, more) => {
    const origin = performance.timeOrigin;
    benchTold(JSON.stringify({ what, origin, at: origin + performance.now(), ...more }));
  };
  const shown = (does) => requestAnimationFrame(() => requestAnimationFrame(does));
  const until = (wanted, does) => {
    const look = () => { if (document.querySelector(wanted)) shown(does); else requestAnimationFrame(look); };
    requestAnimationFrame(look);
  };
  if (location.href !== first) { until('[data-rows] tbody tr, .map-first + *', () => tell('answered')); return; }
  until('.map-first + *', () => {
    const signs = [...document.querySelectorAll('.first-sign')].reverse();
    const boxes = signs.map((sign) => sign.getBoundingClientRect());
    const places = boxes.map((box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 }));
    const at = places.findIndex(({ x, y }, n) => document.elementFromPoint(x, y)?.closest('.first-sign') === signs[n]);
    tell('painted', { ...places[at], signs: signs.length });
    until('.map-answer:not([aria-busy]) .map-card', () => tell('answered'));
  });
})()"""
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
        phones = [_Telephone(browser, address, cookie, f"/map/?{asked.query}") for _ in range(3 + TAPS)]
        left_alone = [phone.left_alone() for phone in phones[:3]]
        tapped = [phone.tapped() for phone in phones[3:]]
        browser.close()
    notes = {**notes, "cpu_slowdown": SLOWDOWN, "signs": tapped[0].signs}
    yield Figure("map", "bytes of the first map", "bytes", [one.size for one in left_alone], judged="max",
                 at_most=MOST_BYTES, notes=notes)  # fmt: skip
    yield Figure(
        "map", "first picture painted", "s", [one.painted for one in tapped], judged="median", notes=notes
    )
    yield Figure("map", "first map usable", "s", [one.answered for one in tapped], judged="median",
                 at_most=MOST_SECONDS, notes={**notes, "until": "a tap on a heap is answered"})  # fmt: skip
    yield Figure("map", "first map moves", "s", [one.whole for one in left_alone], judged="median",
                 at_most=MOST_SECONDS, notes={**notes, "until": "drawn whole, can be dragged"})  # fmt: skip


@dataclass
class _Seen:
    """Seconds since the page was opened, bytes on the wire, and how many signs the first picture has."""

    painted: float = 0.0
    answered: float = 0.0
    whole: float = 0.0
    size: float = 0.0
    signs: int = 0


class _Telephone:
    """A slow telephone with nothing kept from before; each opens the map once."""

    def __init__(self, browser: Any, address: str, cookie: str, path: str) -> None:
        name, _, value = cookie.partition("=")
        self.context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=TELEPHONE
        )
        self.context.add_cookies([{"name": name, "value": value, "url": f"http://{address}"}])
        self.address, self.told = f"http://{address}{path}", list[dict[str, Any]]()

    def left_alone(self) -> _Seen:
        """Open the map and touch nothing until it is whole."""
        page, session = self._page()
        received: list[float] = []
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        page.goto(self.address, wait_until="commit")
        whole = _whole(session) / 1000
        page.wait_for_timeout(1500)
        self.context.close()
        turns.hand_over()
        return _Seen(whole=whole, size=sum(received))

    def tapped(self) -> _Seen:
        """Open the map and tap a heap of its first picture the moment that is painted."""
        page, session = self._page()
        session.send("Runtime.enable")
        session.send("Runtime.addBinding", {"name": "benchTold"})
        session.on("Runtime.bindingCalled", lambda call: self.told.append(json.loads(call["payload"])))
        page.add_init_script(WATCHING)
        page.goto(self.address, wait_until="commit")
        seen = self._waited(page, "painted")
        finger = [{"x": seen["x"], "y": seen["y"]}]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": finger})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        answered = self._waited(page, "answered")
        self.context.close()
        turns.hand_over()
        begun = seen["origin"]  # an answer on another page has a clock of its own
        return _Seen((seen["at"] - begun) / 1000, (answered["at"] - begun) / 1000, signs=seen["signs"])

    def _page(self) -> tuple[Any, Any]:
        page = self.context.new_page()
        session = self.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        return page, session

    def _waited(self, page: Any, what: str) -> dict[str, Any]:
        limit = time.monotonic() + MOST_WAITED
        while time.monotonic() < limit:
            found = next((one for one in self.told if one["what"] == what), None)
            if found is not None:
                return found
            page.wait_for_timeout(10)
        raise TimeoutError(f"never {what}")


def _whole(session: Any) -> float:
    """Wait until the page says since when its map is drawn and can be dragged, in milliseconds of its own clock.

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
    raise TimeoutError("the map never became whole")
