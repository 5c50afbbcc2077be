"""Twenty people ask for the whole list at once: every file whole and once, and what pages cost meanwhile.

All hidden dangers of the city (a million at full size), asked for in the same moment by twenty people who fill a post of the
city: county officers are seated there for as long as the bench runs. The background work runs as ``up`` runs it: it takes up
two exports at a time, in fair order. A page of the list is opened again and again beside it. Files are counted line by line
and removed afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import memory
from bench.client import latencies
from bench.figures import Figure
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
PEOPLE = 20
SLUG, FORM = "hidden-dangers", "csv"
MOST_MEGABYTES = 400
MOST_SECONDS = 3600
PAUSE = 1.0


def run(place: Place) -> Iterator[Figure]:
    """Yield the seconds until the last file, pages meanwhile, the memory of the worker; a file that is not whole fails."""
    path = f"/{SLUG}/?state=rectifying"
    with _seated() as officers, place.serving() as address:
        cookie = session_of(account_of("city_officer"))
        quiet = latencies(address, [(cookie, path)] * 20)
        with place.working() as worker:
            started = time.perf_counter()
            tasks = [_ask(officer) for officer in officers]
            beside: list[float] = []
            while _open_of(tasks):
                if time.perf_counter() - started > MOST_SECONDS:
                    raise RuntimeError(f"{len(_open_of(tasks))} of {PEOPLE} exports never ended")
                beside += latencies(address, [(cookie, path)], warm=0)
                time.sleep(PAUSE)
            took = time.perf_counter() - started
            peak = memory.megabytes(worker.pid)
        rows = _checked(tasks, officers[0])
    notes = {"people": len(tasks), "rows_each": rows}
    yield Figure("crowd", f"{PEOPLE} exports of the same list, until the last", "s", [took], notes=notes)
    yield Figure("crowd", "rows written meanwhile", "rows/s", [rows * len(tasks) / took], notes=notes)
    alone = {"alone_ms": sorted(quiet)[len(quiet) // 2]}
    yield Figure("crowd", "a page of the list meanwhile", "ms", beside, judged="p95", notes=notes | alone)
    yield Figure("crowd", "memory of the background work", "MB", [peak], at_most=MOST_MEGABYTES, notes=notes)


@contextmanager
def _seated() -> Iterator[list[Any]]:
    """Yield twenty people in a post of the city, each as they act; who did not fill it before leaves it again."""
    from anlan.kernel import clock
    from anlan.kernel.identity.models import Account
    from anlan.kernel.identity.signing_in import actor_for
    from anlan.kernel.scope.models import Membership, Post

    post = Post.objects.filter(kind="city_officer").order_by("party__path", "pk").first()
    people = Account.objects.filter(person__memberships__post__kind="county_officer").select_related("person")
    chosen = list(people.distinct().order_by("pk")[:PEOPLE])
    if post is None or len(chosen) < PEOPLE:
        raise RuntimeError(
            f"{PEOPLE} county officers and a post of the city are needed, there are {len(chosen)}"
        )
    seats = [
        Membership.objects.create(person=one.person, post=post, valid_from=clock.today()) for one in chosen
    ]
    try:
        yield [actor_for(one, post.pk) for one in chosen]
    finally:
        Membership.objects.filter(pk__in=[seat.pk for seat in seats]).delete()


def _ask(officer: Any) -> Any:
    from anlan.kernel.spreadsheets.exporting import Export, ask_export

    return ask_export(Export(SLUG, {}, None, FORM), officer)


def _open_of(tasks: list[Any]) -> list[Any]:
    from anlan.kernel.jobs.models import OPEN, Task

    return list(
        Task.objects.filter(pk__in=[task.pk for task in tasks], state__in=OPEN).values_list("pk", flat=True)
    )


def _checked(tasks: list[Any], officer: Any) -> int:
    """Count what is in every file and remove it; returns the rows of each."""
    from anlan.kernel.jobs.models import DONE
    from anlan.kernel.jobs.results import file_of
    from anlan.kernel.spreadsheets.exporting import Export

    counts = set()
    for task in tasks:
        task.refresh_from_db()
        if task.state != DONE:
            raise RuntimeError(f"an export ended as {task.state}: {task.note}")
        counts.add(_rows_of(file_of(task)))
        file_of(task).unlink()
    wanted = Export(SLUG, {}, None, FORM).rows(officer).order_by().count()
    if counts != {wanted}:
        raise RuntimeError(f"files of {counts} rows where there are {wanted}")
    return int(wanted)


def _rows_of(path: Any) -> int:
    """Return the records of a text table below its headings: lines before them tell what the file is."""
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for line in csv.reader(file) if len(line) > 2) - 1
