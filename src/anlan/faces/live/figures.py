"""What the database knows about the health of the work: open and overdue duties, the sweep's lag, background jobs.

Asked at most every fifteen seconds in each process, each time within two seconds; a question that takes longer is left
out and said to be, so that watching never becomes a load of its own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min, Q
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from anlan.kernel import clock
from anlan.kernel.loops import Duty

KEPT_SECONDS = 15.0
LIMIT_MILLISECONDS = 2000
HEARTBEAT = "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
JOBS = """
    SELECT CASE WHEN status = 'doing' THEN 'running' WHEN status = 'todo' THEN 'waiting' ELSE 'failed' END, task_name, count(*)
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2
"""
CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""


def heartbeat_age() -> float | None:
    """Return the seconds since a background worker last gave a sign; None if there is none."""
    found = _asked(HEARTBEAT)
    return float(found[0][0]) if found and found[0][0] is not None else None


def free_bytes() -> int:
    """Return how much room is left where the data lies."""
    return shutil.disk_usage(settings.ANLAN_DATA).free


class Figures(Collector):
    """The collector that asks the database; a failed question leaves its figure out and is counted."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self.kept: list[GaugeMetricFamily] = []
        self.at = float("-inf")

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the figures, as fresh as fifteen seconds ago."""
        if time.monotonic() - self.at > KEPT_SECONDS:
            self.kept, self.at = list(self._asked_anew()), time.monotonic()
        return self.kept

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Describe nothing beforehand: registering must not ask the database."""
        return []

    def _asked_anew(self) -> Iterator[GaugeMetricFamily]:
        failed = 0
        for figure in (_duties, _sweep_lag, _jobs, _worker, _connections, _disk):
            try:
                yield from _within_limit(figure)
            except (DatabaseError, OSError):
                failed += 1
        yield GaugeMetricFamily("anlan_figures_failed", "Figures that could not be asked for", value=failed)


def _within_limit(figure: Callable[[], Iterator[GaugeMetricFamily]]) -> list[GaugeMetricFamily]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LIMIT_MILLISECONDS)])
        return list(figure())


def _asked(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _duties() -> Iterator[GaugeMetricFamily]:
    is_late = Q(due_at__lt=clock.now(), paused_at=None)
    rows = (
        Duty.objects.filter(done_at=None, leads=True)
        .values("loop")
        .annotate(every=Count("pk"), late=Count("pk", filter=is_late))
        .order_by("loop")
    )
    every = GaugeMetricFamily("anlan_duties_open", "Open duties", labels=["loop"])
    late = GaugeMetricFamily("anlan_duties_overdue", "Open duties past their time", labels=["loop"])
    for row in rows:
        every.add_metric([row["loop"]], row["every"])
        late.add_metric([row["loop"]], row["late"])
    yield every
    yield late


def _sweep_lag() -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    oldest = Duty.objects.filter(done_at=None, next_at__lte=now).aggregate(at=Min("next_at"))["at"]
    lag = (now - oldest).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily(
        "anlan_sweep_lag_seconds", "How late the clock is with the oldest lateness it has to tell", value=lag
    )


def _jobs() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily("anlan_jobs", "Background jobs", labels=["state", "task"])
    for state, task, count in _asked(JOBS):
        family.add_metric([state, task], count)
    yield family


def _worker() -> Iterator[GaugeMetricFamily]:
    age = heartbeat_age()
    if age is not None:
        yield GaugeMetricFamily(
            "anlan_worker_heartbeat_age_seconds", "Since a background worker last gave a sign", value=age
        )


def _connections() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily("anlan_database_connections", "Connections to the database", labels=["state"])
    for state, count in _asked(CONNECTIONS):
        family.add_metric([state], count)
    yield family


def _disk() -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("anlan_disk_free_bytes", "Room left where the data lies", value=free_bytes())
