"""The wall of a duty officer in a storm: 5,000 alarms within a minute, opened by the engine, seen in a real Chromium.

Measured are the frames of the page while they come in, how soon a row that is chosen shows, and whether in the end the wall says
what the database holds: every alarm counted, none drawn twice, the flood told as one. The floor is the frames of an empty page in
the same browser under the same load.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from anlan.site.trouble import Trouble
from bench.chromium import browser
from bench.figures import Figure, Floor
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
ALARMS, SECONDS = int(os.environ.get("ANLAN_BENCH_STORM", "5000")), 60
AT_ONCE = 100
DEVICES, TAGS = 10, 20
EACH_ROW_SECONDS = 4
MOST_MILLISECONDS, MOST_SECONDS = 200, 2
MOST_ROWS, LONGEST_WAIT = 50, 60
KINDS = ("HH", "H", "L", "rate")
SCREEN = {"width": 1440, "height": 900}
WATCH = """
() => {
  const frames = [];
  let last = performance.now();
  const turn = (now) => { frames.push(now - last); last = now; requestAnimationFrame(turn); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(turn); });
  window.__frames = () => frames.splice(0);
}
"""
CHOOSE = """
(n) => new Promise((done) => {
  const rows = [...document.querySelectorAll('.wall-row')];
  const row = rows[n % rows.length];
  if (!row) { done(null); return; }
  const begun = performance.now(), id = row.dataset.id;
  row.click();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const chosen = document.querySelector('.wall-row[aria-current="true"]');
    done(chosen && chosen.dataset.id === id ? performance.now() - begun : null);
  }));
})
"""


@dataclass
class Storm:
    """The alarms as they come in: a thread that opens them through the engine, evenly over a minute."""

    sensors: list[Any]
    # No other run in this folder has raised conditions of these numbers.
    first: int = field(default_factory=lambda: time.time_ns() // 1000)
    opened: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def blow(self) -> None:
        """Open them all, what is due together at once, as the worker does."""
        from django.db import connection

        begun = time.monotonic()
        try:
            while self.opened < ALARMS:
                due = min(ALARMS, int((time.monotonic() - begun) / SECONDS * ALARMS))
                if due > self.opened:
                    self._open(range(self.opened, min(due, self.opened + AT_ONCE)))
                else:
                    time.sleep(0.05)
        except Exception as fault:
            self.faults.append(repr(fault))
        finally:
            self.seconds = time.monotonic() - begun
            connection.close()

    def _open(self, numbers: range) -> None:
        from anlan.domains.alarms.loop import AlarmLoop
        from anlan.domains.alarms.telling import MONITORING
        from anlan.kernel.loops.beginning import NewMatter
        from anlan.kernel.loops.opening import open_matters

        news = []
        for number in numbers:
            sensor, data = self.sensors[number % len(self.sensors)], self._said(number)
            news.append(NewMatter(data, parent=sensor, knowing={"sensor": sensor}))
        refused = [one for one in open_matters(AlarmLoop, MONITORING, news) if isinstance(one, Exception)]
        if refused:
            raise refused[0]
        self.opened += len(news)

    def _said(self, number: int) -> dict[str, Any]:
        from anlan.kernel import clock

        return {
            "condition": self.first + number, "kind": KINDS[number % len(KINDS)], "raised_at": clock.now().isoformat(),
            "value": 90 + number % 10, "bound": 90,
        }  # fmt: skip


def run(place: Place) -> Iterator[Figure]:
    """Yield the frames, the rows chosen, and how soon the wall is whole."""
    from anlan.domains.alarms import simulated
    from anlan.domains.alarms.models import Alarm, Sensor

    simulated.lay(DEVICES, [f"storm-{n:03d}" for n in range(TAGS)])
    rows = Sensor.unscoped("a bench raises alarms at its own sensors").filter(
        tag__startswith="storm-", archived_at=None
    )
    storm = Storm(list(rows.select_related("enterprise", "territory", "holder").order_by("pk")))
    cookie = session_of(account_of("city_officer"))
    with place.serving() as address, browser() as running:
        page = _opened(running, f"http://{address}", cookie, "/wall/")
        empty = _opened(running, f"http://{address}", cookie, "/about")
        page.bring_to_front()
        page.wait_for_selector("[data-wall][data-drawn]")
        before = _total(page)
        frames, chosen = _watched(page, storm)
        whole = _seconds_until(page, before + storm.opened)
        empty.bring_to_front()
        floor = _calm(empty)
        page.bring_to_front()
        told = _as_told(page)
    if storm.faults:
        raise Trouble(f"风暴中断：{storm.faults[0]}", f"The storm broke off: {storm.faults[0]}")
    held = (
        Alarm.unscoped("a bench counts what is open").filter(closed_at=None).exclude(state="shelved").count()
    )
    if told["total"] != held or told["rows"] > MOST_ROWS or told["twice"] or not told["flood"]:
        raise RuntimeError(f"the wall does not say what is there: {told}, {held} open")
    notes = {
        "alarms": storm.opened,
        "seconds_of_storm": round(storm.seconds, 1),
        "frames": len(frames),
        **told,
    }
    beside = Floor("longest frame of an empty page in the same browser (ms)", floor)
    yield Figure("wall", f"frames while {ALARMS} alarms come in", "ms", frames, judged="max", at_most=MOST_MILLISECONDS,
                 floor=beside, notes=notes)  # fmt: skip
    yield Figure(
        "wall", "a row chosen in the storm shows", "ms", chosen, judged="max", at_most=MOST_MILLISECONDS
    )
    yield Figure(
        "wall", "the wall is whole after the last alarm", "s", [whole], judged="max", at_most=MOST_SECONDS
    )


def _opened(running: Any, address: str, cookie: str, path: str) -> Any:
    context = running.new_context(viewport=SCREEN)
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    page.goto(f"{address}{path}")
    page.evaluate(WATCH)
    return page


def _watched(page: Any, storm: Storm) -> tuple[list[float], list[float]]:
    """Let the storm blow, choose a row now and then, and return the frames meanwhile with how long each choice took."""
    page.wait_for_timeout(2000)
    page.evaluate("() => window.__frames()")
    thread = threading.Thread(target=storm.blow)
    thread.start()
    frames: list[float] = []
    chosen: list[float] = []
    turn = 0
    while thread.is_alive():
        page.wait_for_timeout(EACH_ROW_SECONDS * 1000)
        took = page.evaluate(CHOOSE, turn * 7)
        if took is not None:
            chosen.append(took)
        frames += page.evaluate("() => window.__frames()")
        turn += 1
    thread.join()
    return frames, chosen


def _total(page: Any) -> int:
    return int(page.evaluate("document.querySelector('[data-wall]').dataset.total || '0'"))


def _seconds_until(page: Any, total: int) -> float:
    begun = time.perf_counter()
    while _total(page) < total:
        if time.perf_counter() - begun > LONGEST_WAIT:
            raise RuntimeError(f"the wall counts {_total(page)} of {total} alarms")
        page.wait_for_timeout(50)
    return time.perf_counter() - begun


def _calm(page: Any) -> float:
    page.evaluate("() => window.__frames()")
    page.wait_for_timeout(3000)
    return float(max(page.evaluate("() => window.__frames()"), default=0.0))


def _as_told(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """() => {
          const ids = [...document.querySelectorAll('.wall-row')].map((row) => row.dataset.id);
          return {
            total: Number(document.querySelector('[data-wall]').dataset.total), rows: ids.length,
            twice: ids.length - new Set(ids).size, flood: !document.querySelector('[data-wall-flood]').hidden,
          };
        }"""
    )
    return found
