"""Boards of a city: the page, how soon a fact shows in its figure, and how long the roll-up of a day takes.

The floor is the same count as a GROUP BY over the raw rows. A fact is a danger reported through the engine, at any moment of
a second, while the roll-up runs as often as the worker lets it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bench import turns
from bench.client import latencies
from bench.figures import Figure, Floor
from bench.place import Place, account_of, actor_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
CALLS, FACTS, DAYS = 60, 20, 5
MOST_MILLISECONDS, MOST_SECONDS_FACT, MOST_SECONDS_DAY = 200, 2, 10
BY_COUNTY = """
    SELECT split_part(path, '/', 4), state, count(*) FROM hidden_dangers_hiddendanger WHERE opened_at >= %s GROUP BY 1, 2
"""


def run(place: Place) -> Iterator[Figure]:
    """Yield the board of the city, of a county and the leader's page; then a fact, then a day."""
    people = {"city": account_of("city_officer"), "county": account_of("county_officer"),
              "leader": account_of("city_leader")}  # fmt: skip
    beside = Floor("GROUP BY over the raw rows of the year", _grouped())
    paths = {"city": _first_board(), "county": _first_board(), "leader": "/brief/"}
    with place.serving() as address:
        for name, account in people.items():
            found = latencies(address, [(session_of(account), paths[name])] * CALLS)
            yield Figure("dashboard", f"board of a {name}" if name != "leader" else "the leader's page", "ms", found,
                         judged="p95", at_most=MOST_MILLISECONDS, floor=beside)  # fmt: skip
    yield Figure("dashboard", "a fact shows in its figure", "s", list(_facts()), judged="max",
                 at_most=MOST_SECONDS_FACT)  # fmt: skip
    yield Figure("dashboard", "roll-up of a day", "s", list(_days()), judged="max", at_most=MOST_SECONDS_DAY)


def _first_board() -> str:
    from anlan.kernel.indicators.boards import boards

    return f"/boards/{next(iter(boards())).slug}/"


def _grouped() -> float:
    """Return the milliseconds of the plain question, the best of three."""
    from django.db import connection

    from anlan.kernel import clock

    since, best = clock.now() - timedelta(days=365), float("inf")
    for _ in range(3):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(BY_COUNTY, [since])
            cursor.fetchall()
        best = min(best, (time.perf_counter() - started) * 1000)
    return best


def _facts() -> Iterator[float]:
    """Report dangers and yield the seconds until the figure of the city has each."""
    from random import Random

    from anlan.kernel import clock
    from anlan.kernel.clock.periods import month
    from anlan.kernel.ids import new_id
    from anlan.kernel.indicators import figure, indicator_named
    from bench.steps import _firms, _step

    chance = Random("fact")
    firm = next(iter(_firms(chance)))
    found: Any = indicator_named("dangers-found")
    reader = actor_of(account_of("city_officer"))
    with _rolling():
        for _ in range(FACTS):
            time.sleep(chance.random())
            before = figure(found, reader, month(clock.today())).value
            _step("open", firm, None, [], new_id())
            started = time.perf_counter()
            while figure(found, reader, month(clock.today())).value == before:
                if time.perf_counter() - started > 60:
                    raise RuntimeError("a fact never shows in its figure")
                time.sleep(0.02)
            took = time.perf_counter() - started
            turns.hand_over()
            yield took


@contextmanager
def _rolling() -> Iterator[None]:
    """Bring the figures up to the rows as often as the worker does."""
    from django.db import connection

    from anlan.site.commands.worker import FIGURE_SECONDS, rest_after
    from anlan.site.worker import roll_up_if_behind_or_report

    # What benches before this one wrote is taken in first: a worker that runs all day is not behind.
    roll_up_if_behind_or_report()
    over = threading.Event()

    def roll() -> None:
        rest = FIGURE_SECONDS
        while not over.wait(rest):
            started = time.perf_counter()
            roll_up_if_behind_or_report()
            rest = rest_after(time.perf_counter() - started)
        connection.close()

    thread = threading.Thread(target=roll)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _days() -> Iterator[float]:
    from anlan.kernel import clock
    from anlan.kernel.indicators.benching import recompute_day

    for back in range(1, DAYS + 1):
        started = time.perf_counter()
        recompute_day(clock.today() - timedelta(days=back * 30))
        took = time.perf_counter() - started
        turns.hand_over()
        yield took
