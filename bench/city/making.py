"""Making the bench's city: the pack, the people, the enterprises, three years of hidden dangers; then indexes and statistics.

Two processes share the enterprises. The database forgets on a power cut while it is filled (it can be made again) and is
started anew, as everybody's, before anything is measured.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as Time
from multiprocessing import get_context
from random import Random
from typing import Any

from bench.place import Place

PARTS = 2
DAYS = 3 * 365
# In one county matters pile up, so that one officer has as many open ones as the figures ask for.
AT_ONE_DESK = 5000
STANDS_FOR = timedelta(days=75)
# And so many listings wait for the city's bureau: its officer's desk is as full in a small city as in a large one.
AT_THE_CITY = 60
# And so many were listed in the township whose officer looks at lists.
IN_THE_TOWNSHIP = 50
TABLES = ("hidden_dangers_hiddendanger", "hidden_dangers_listedsupervision", "loops_duty", "ledger_entry")
COUNTED = (*TABLES, "enterprises_enterprise", "identity_account")


@dataclass(frozen=True)
class Share:
    """One process's share of the work."""

    seed: int
    until: str
    enterprises: int
    dangers: int
    part: int
    url: str
    position: int


def make(place: Place) -> None:
    """Make the city in an empty folder; what an interrupted run left is begun anew."""
    from anlan.site.database import Cluster

    _empty(place)
    place.mark(whole=False)
    with Cluster(place.folder / "db", forgetful=True).in_use() as cluster, place.opened():
        rows = fill(place, cluster.url(database="anlan"))
    place.mark(whole=True, rows=rows)


def renew(place: Place) -> None:
    """Bring a city made before to the present version of the tables, as a restart of ``up`` would."""
    with place.opened():
        _prepare()
        _roll_up()


def fill(place: Place, url: str, *, processes: bool = True) -> dict[str, int]:
    """Fill an opened, empty database; ``url`` reaches it as superuser. Returns how many rows there are."""
    from anlan.kernel import clock

    until = clock.now()
    with _told("prepare"):
        _prepare()
    with _told("people"):
        _people(place.size.seed, _first(until))
    position = _last_position()
    shares = [
        Share(
            place.size.seed,
            until.isoformat(),
            place.size.enterprises,
            place.size.dangers,
            part,
            url,
            position,
        )
        for part in range(PARTS)
    ]
    with _pool() if processes else _here() as run:
        with _told("enterprises"):
            run(_found, shares)
        with _told("hidden dangers"), _bare_tables(url):
            run(_live, shares)
    with _told("statistics"):
        counts = _finish(url)
    with _told("figures"):
        _count_figures()
    with _told("colours"):
        _paint()
    return counts


def _empty(place: Place) -> None:
    import shutil

    if place.folder.exists():
        place.is_made()  # refuses a folder that is somebody's
        for left in place.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _prepare() -> None:
    from anlan.site.commands import prepare

    parser = ArgumentParser()
    prepare.add_arguments(parser)
    prepare.run(parser.parse_args(["--no-demo"]))


def _last_position() -> int:
    """Return the place of the last entry there is: making the city has written some."""
    from django.db.models import Max

    from anlan.kernel.ledger import LedgerEntry

    return int(LedgerEntry.objects.aggregate(last=Max("position"))["last"] or 0)


def _first(until: datetime) -> date:
    return (until - timedelta(days=DAYS)).date()


def _people(seed: int, since: date) -> None:
    from anlan.kernel.scope.models import Party
    from anlan.site import demo
    from anlan.site.demo_people import Cast, add_services, fill_departments

    cast = Cast(Random(seed), since)
    fill_departments(cast)
    add_services(
        cast, Party.objects.select_related("territory").get(key__endswith=":government", level="city")
    )
    for committee in demo.village_committees().values():
        cast.add(committee, "grid_inspector", "网格员")
    cast.write()


def _found(share: Share) -> None:
    from anlan.kernel import clock
    from bench.city.copying import unhindered
    from bench.city.firms import found

    since = datetime.combine(_first(datetime.fromisoformat(share.until)), Time(7), clock.CHINA)
    with unhindered(share.url) as to:
        start = share.position + 1 + share.part * share.enterprises
        found(to, share.seed, since, share.enterprises, share.part, PARTS, start)


def _live(share: Share) -> dict[str, int]:
    from anlan.domains.hidden_dangers.demo import Year
    from anlan.kernel import clock
    from bench.city.copying import unhindered
    from bench.city.dangers import Numbers, live
    from bench.city.firms_read import read_firms
    from bench.city.standing import listed_in, stand, stand_at_the_city

    until = datetime.fromisoformat(share.until)
    year = Year(_first(until), until.astimezone(clock.CHINA), _working_days(_first(until), until))
    firms, around = read_firms(share.seed, share.part, PARTS)
    numbers = Numbers(
        share.part, PARTS, 2 * share.dangers, share.position + PARTS * share.enterprises + 1 + share.part
    )
    count = share.dangers // PARTS + (share.dangers % PARTS > share.part)
    lately = Year((until - STANDS_FOR).date(), year.last, year.is_working)
    with unhindered(share.url) as to:
        random = Random(f"{share.seed}/{share.part}")
        written = Counter(live(to, firms, around, random, year, numbers, count))
        place = _busiest_county(to)
        near = [firm for firm in firms if firm.path.startswith(place)]
        written.update(
            stand(to, near, around, random, lately, numbers, min(AT_ONE_DESK // PARTS, count // 2))
        )
        at_the_city = min(AT_THE_CITY // PARTS, count // 100)
        written.update(stand_at_the_city(to, firms, around, random, lately, numbers, at_the_city))
        township = _township_looked_at()
        near = [firm for firm in firms if township and firm.path.startswith(township)]
        in_the_township = min(IN_THE_TOWNSHIP // PARTS, count // 100)
        written.update(listed_in(to, near, around, random, year, numbers, in_the_township))
        return dict(written)


def _township_looked_at() -> str:
    """Return the path of the township whose officer the benches ask for lists, or an empty text where there is none."""
    from anlan.kernel.scope.models import Post

    paths = Post.objects.filter(kind="township_officer").order_by("party__path")
    return paths.values_list("party__path", flat=True).first() or ""


def _busiest_county(to: Any) -> str:
    """Return the path of the county with most enterprises: there things are left undone."""
    found = to.execute(
        "SELECT t.path FROM scope_territory t JOIN enterprises_enterprise e ON starts_with(e.path, t.path) "
        "WHERE t.level = 'county' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchone()
    return str(found[0])


def _working_days(first: date, until: datetime) -> Any:
    from anlan.kernel import clock

    calendar = clock.working_calendar()
    days = [first + timedelta(days=n) for n in range((until.date() - first).days + 400)]
    working = frozenset(day for day in days if calendar.is_working(day))
    return lambda day: day in working or (day > days[-1] and calendar.is_working(day))


@contextmanager
def _bare_tables(url: str) -> Any:
    from bench.city.copying import unhindered, without_indexes

    with unhindered(url) as to, without_indexes(to, TABLES):
        yield


def _finish(url: str) -> dict[str, int]:
    """Set the sequences, gather statistics, count."""
    from bench.city.copying import unhindered

    with unhindered(url) as to:
        to.execute("SELECT setval('ledger_position', (SELECT max(position) FROM ledger_entry))")
        to.execute(
            "SELECT setval('matter_number', (SELECT count(*) FROM hidden_dangers_hiddendanger) * 2 + 1000)"
        )
        to.execute("VACUUM (ANALYZE)")
        counts = [to.execute(f"SELECT count(*) FROM {table}").fetchone() for table in COUNTED]
        return {table: int(row[0]) for table, row in zip(COUNTED, counts, strict=True) if row}


def _roll_up() -> None:
    """Bring the figures up to the rows, as the worker of an installation has done by the time anybody looks."""
    from anlan.kernel.indicators import rolling

    while rolling.roll_up():
        pass


def _count_figures() -> None:
    """Count every figure of every day from the rows, as a roll-up would have done day by day."""
    from anlan.kernel.indicators import rolling

    rolling.recompute()


def _paint() -> None:
    """Give every enterprise its colour, as the worker of an installation does when it starts."""
    from anlan.domains.colours import painting

    painting.recompute()


@contextmanager
def _pool() -> Any:
    with ProcessPoolExecutor(PARTS, get_context("spawn"), _begin) as pool:
        yield lambda work, shares: list(pool.map(work, shares))


@contextmanager
def _here() -> Any:
    yield lambda work, shares: [work(share) for share in shares]


def _begin() -> None:
    import gc

    import django

    gc.set_threshold(100_000, 50, 50)  # millions of short-lived rows, no circles
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anlan.site.settings")
    django.setup()


class _told:
    """Tells what is being made and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.started = time.monotonic()

    def __exit__(self, *why: object) -> None:
        print(json.dumps({"made": self.what, "seconds": round(time.monotonic() - self.started, 1)}), file=sys.stderr,
              flush=True)  # fmt: skip
