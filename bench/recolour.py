"""Colours at 50,000 enterprises and 1,000,000 measures: the whole city from scratch, and from a fact to the open map.

A fact is an approved level carried to its event, as the engine carries it. The worker runs as ``up`` runs it. The time ends
when the tile that a page fetches on hearing of the change shows the new colour; with Chromium also when the enterprise bears its
new colour on an open map, and when cells and heaps beneath it are drawn anew.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue
from typing import Any

import mapbox_vector_tile

from bench.client import Caller
from bench.figures import Figure
from bench.map import _tile_of
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
MOST_SECONDS, MOST_WHOLE = 1, 60
FACTS, SEEN = 60, 30
ZOOM = 16
SLUG = "enterprise-colours"
LONGEST = 30.0
_TOLD = "['marked', 'renewed'].map((name) => document.querySelector('[data-map]').dataset[name] ?? '')"


def run(place: Place) -> Iterator[Figure]:
    """Yield the figures."""
    from anlan.domains.colours import painting
    from anlan.domains.colours.models import ColourRun, EnterpriseColour
    from anlan.site.database import Cluster
    from bench.city import risks

    with Cluster(place.folder / "db").in_use() as cluster:
        rows = risks.fill(cluster.url(database="anlan"), place.size.seed)
    notes = {
        "measures": rows["risk_controlmeasure"],
        "events": rows["risk_riskevent"],
        "facts": "risks, dangers, duty holders",
    }
    scratch, again = [], []
    for _ in range(3):
        EnterpriseColour.unscoped("the bench begins anew").all().delete()
        ColourRun.objects.all().delete()
        scratch.append(_timed(painting.recompute))
        again.append(_timed(painting.recompute))
    yield Figure(
        "recolour", "whole city from scratch", "s", scratch, judged="max", at_most=MOST_WHOLE, notes=notes
    )
    yield Figure("recolour", "whole city compared, all in step", "s", again, judged="max", notes=notes)
    _vacuum()
    with place.serving() as address, place.working():
        yield from _followed(address, notes)
        yield from _drawn(address, notes)
    wrong = painting.verify()
    yield Figure("recolour", "colours that differ from their facts afterwards", "rows", [float(bool(wrong))], judged="max",
                 at_most=0, notes={**notes, "first": wrong})  # fmt: skip


def _followed(address: str, notes: dict[str, Any]) -> Iterator[Figure]:
    cookie = session_of(account_of("city_officer"))
    heard: Queue[float] = Queue()
    threading.Thread(target=_listen, args=(address, cookie, heard), daemon=True).start()
    heard.get(timeout=LONGEST)  # the line is open
    caller, told, shown = Caller(address, cookie), list[float](), list[float]()
    for event in _events(FACTS):
        while not heard.empty():
            heard.get_nowait()
        began = _change(event)
        try:
            told.append(heard.get(timeout=LONGEST) - began)
        except Empty:
            raise RuntimeError(f"nothing was heard of {event.pk}") from None
        while not _shows(caller, event):
            time.sleep(0.02)
        shown.append(time.monotonic() - began)
        time.sleep(random.uniform(0.1, 0.6))
    yield Figure("recolour", "fact to live event", "s", told, judged="p95", notes=notes)
    yield Figure(
        "recolour", "fact to colour in the tile", "s", shown, judged="p95", at_most=MOST_SECONDS, notes=notes
    )


def _drawn(address: str, notes: dict[str, Any]) -> Iterator[Figure]:
    """Measure in Chromium: the new colour on an open map, then the tiles of the change drawn anew."""
    program = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        print("· recolour: no Chromium here, the open map is not measured", file=sys.stderr)
        return
    cookie = session_of(account_of("city_officer"))
    events, marked, seen = _events(SEEN), list[float](), list[float]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": f"http://{address}"}])
        page = context.new_page()
        page.goto(f"http://{address}/four-colour-map/", wait_until="commit")
        page.wait_for_selector("[data-map][data-usable]", timeout=60_000)
        page.wait_for_selector("[data-live-state='on']", timeout=30_000)
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps a loop running in this thread
        for event in events:
            before = page.evaluate(_TOLD)
            began = time.time() + _change(event) - time.monotonic()
            page.wait_for_function(
                f"before => ({_TOLD}).every((told, n) => told !== before[n])", arg=before, timeout=30_000
            )
            at_once, drawn = (float(told) / 1000 - began for told in page.evaluate(_TOLD))
            marked.append(at_once)
            seen.append(drawn)
            page.wait_for_timeout(2500)  # the tables beside the map are renewed meanwhile
        browser.close()
    yield Figure(
        "recolour",
        "fact to colour on an open map",
        "s",
        marked,
        judged="p95",
        at_most=MOST_SECONDS,
        notes=notes,
    )
    yield Figure("recolour", "fact to cells and heaps drawn anew", "s", seen, judged="p95", notes=notes)


def _events(count: int) -> list[Any]:
    """Return events that alone decide the colour of their enterprise when they become red."""
    from anlan.domains.colours.models import EnterpriseColour
    from anlan.domains.risk.models import RiskEvent

    why = "the bench changes facts of its own city"
    calm = EnterpriseColour.unscoped(why).filter(
        archived_at=None, risk_level__in=(1, 2), longitude__isnull=False
    )
    firms = random.sample(list(calm.values_list("enterprise", flat=True)[:20_000]), count)
    rows = RiskEvent.unscoped(why).filter(
        enterprise__in=firms, archived_at=None, residual_level=0, risk_level__gt=0
    )
    first = {
        row.enterprise_id: row for row in rows.defer("search").select_related("enterprise").order_by("pk")
    }
    return list(first.values())


def _change(event: Any) -> float:
    """Let a level come into force; returns the moment it was committed."""
    from django.db import transaction

    from anlan.domains.risk.levels import apply
    from anlan.kernel import clock
    from anlan.kernel.scope.actor import CLOCK

    with transaction.atomic():
        apply(event.pk, "initial", 4, clock.today(), number="FX-0", actor=CLOCK, at=clock.now())
    return time.monotonic()


def _shows(caller: Caller, event: Any) -> bool:
    firm = event.enterprise
    x, y = _tile_of(float(firm.longitude), float(firm.latitude), ZOOM)
    body = caller.get(f"/api/v1/map/tiles/{ZOOM}/{x}/{y}.mvt?layers={SLUG}")
    layers = mapbox_vector_tile.decode(body)
    points = [one["properties"]["level"] for one in layers.get("points", {}).get("features", ())]
    heaps = [one["properties"].get("n4", 0) for one in layers.get("clusters", {}).get("features", ())]
    return 3 in points or 4 in points or any(heaps)


def _listen(address: str, cookie: str, heard: Queue[float]) -> None:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))) as line:
        asked = f"GET /live/?topic=rows:{SLUG} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        line.sendall(asked.encode())
        while piece := line.recv(65536):
            if b"event:" in piece or b": ready" in piece:
                heard.put(time.monotonic())


def _timed(act: Any) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) colours_enterprisecolour")
