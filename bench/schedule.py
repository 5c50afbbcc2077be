"""One day's checks of a whole city: 20 measures an enterprise, each due that day; time, memory, repeating, being killed half way.

Each run is a process of its own, as the background work is. Memory is the peak of that process and of its database connection
together. The floor is one plain statement that writes the same lines into an empty copy of the table. A run that leaves a line
out or makes one twice is no figure: the bench fails.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import memory
from bench.figures import Figure, Floor
from bench.place import Place

NEEDS_CITY = True
NEEDS_PAGES = False
MOST_SECONDS, MOST_MEGABYTES = 120, 500
KB_IN_MB = 1024
_CHECKED = """
    SELECT count(*) FROM risk_controlmeasure m JOIN enterprises_enterprise e ON e.id = m.enterprise_id
     WHERE m.archived_at IS NULL AND e.archived_at IS NULL AND e.operation = 'operating'
"""
TABLES = "checks_checktask, checks_checkline, checks_schedulerun, checks_schedulerefusal"


@dataclass(frozen=True)
class Ran:
    """What one run made, how long it took, and its peak of memory."""

    tasks: int
    lines: int
    seconds: float
    megabytes: float


def run(place: Place) -> Iterator[Figure]:
    """Yield seconds for an empty and for a filled table, memory, the same day again, and a day killed half way."""
    from anlan.kernel import clock
    from anlan.site.database import Cluster
    from bench.city import risks
    from bench.city.copying import unhindered

    url = Cluster(Path(place.folder) / "db").url(database="anlan")
    risks.fill(url, place.size.seed)
    with unhindered(url) as to:
        (wanted,) = to.execute(_CHECKED).fetchone() or (0,)
        to.execute(f"TRUNCATE {TABLES}")
        days = [clock.today() + timedelta(days=n) for n in range(1, 4)]
        first, second, again = _run(days[0]), _run(days[1]), _run(days[0], anew=True)
        for day in days[:2]:
            _must_be_whole(to, day, wanted)
        if again.lines:
            raise RuntimeError(f"repeating made {again.lines} lines")
        floor = _floor(to, days[0])
        notes = {"tasks": first.tasks, "lines": first.lines}
        yield Figure("schedule", "one day of the city", "s", [first.seconds], at_most=MOST_SECONDS, notes=notes,
                     floor=Floor("the same lines by one plain statement", floor))  # fmt: skip
        yield Figure("schedule", "the next day, the table filled", "s", [second.seconds], at_most=MOST_SECONDS,
                     notes={"tasks": second.tasks, "lines": second.lines})  # fmt: skip
        memory = max(one.megabytes for one in (first, second, again))
        yield Figure(
            "schedule", "peak of memory, process and connection", "MB", [memory], at_most=MOST_MEGABYTES
        )
        yield Figure("schedule", "the same day gone through again", "s", [again.seconds], at_most=MOST_SECONDS,
                     notes={"lines made": again.lines})  # fmt: skip
        yield _killed(to, days[2], wanted)


def _run(day: date, *, anew: bool = False) -> Ran:
    """Make a day in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_make, args=(day, anew, theirs))
    child.start()
    theirs.close()
    try:
        found: Ran = ours.recv()
    except EOFError:
        raise RuntimeError("the run ended before it was done") from None
    child.join()
    return found


def _make(day: date, anew: bool, to: Connection) -> None:
    import django

    django.setup()
    from django.db import connection

    from anlan.domains.checks import planning
    from anlan.site import rulebook

    rulebook.open_book()
    started = time.perf_counter()
    made = planning.make(day, anew=anew)
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone() or (0,)
    own = memory.megabytes()
    to.send(Ran(made.tasks, made.lines, seconds, own + _peak_of(backend)))
    to.close()


def _peak_of(pid: int) -> float:
    """Return the peak of what a database connection holds beyond the buffers all share, in MB."""
    told = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    )
    peak, shared = (int(told[name].split()[0]) for name in ("VmHWM", "RssShmem"))
    return max(0, peak - shared) / KB_IN_MB


def _killed(to: Any, day: date, wanted: int) -> Figure:
    """Kill a run half way without warning, run again, and compare what is there with what is wanted."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_make, args=(day, False, theirs))
    child.start()
    started, done = time.perf_counter(), 0
    while child.is_alive() and done < wanted // 2:
        row = to.execute("SELECT lines FROM checks_schedulerun WHERE day = %s", [day]).fetchone()
        done = row[0] if row else 0
        time.sleep(0.02)
    child.kill()
    child.join()
    ours.close()
    theirs.close()
    rest = _run(day)
    seconds = time.perf_counter() - started
    _must_be_whole(to, day, wanted)
    return Figure("schedule", "killed half way and run again", "s", [seconds], at_most=MOST_SECONDS,
                  notes={"lines before": wanted - rest.lines, "lines after": rest.lines})  # fmt: skip


def _must_be_whole(to: Any, day: date, wanted: int) -> None:
    lines, different, tasks, counted = to.execute(
        "SELECT count(*), count(DISTINCT measure_id), count(DISTINCT task_id),"
        " (SELECT sum(lines) FROM checks_checktask WHERE day = %s) FROM checks_checkline WHERE day = %s",
        [day, day],
    ).fetchone()
    if not lines == different == counted == wanted or not tasks:
        raise RuntimeError(f"{day}: {wanted} wanted, {lines} lines, {different} measures, {counted} counted")


def _floor(to: Any, day: date) -> float:
    """Write the lines of a day into an empty copy of their table; returns seconds."""
    to.execute("DROP TABLE IF EXISTS bench_floor")
    to.execute("CREATE TABLE bench_floor (LIKE checks_checkline INCLUDING ALL)")
    started = time.perf_counter()
    to.execute(
        "INSERT INTO bench_floor OVERRIDING SYSTEM VALUE SELECT * FROM checks_checkline WHERE day = %s", [day]
    )
    took = time.perf_counter() - started
    to.execute("DROP TABLE bench_floor")
    return took
