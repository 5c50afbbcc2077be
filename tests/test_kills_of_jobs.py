"""Kill -9 of every background job, at each of its first writes: run again, it ends; nothing is told, sent or taken twice.

Which jobs there are is read off the worker's own list, so that a new one is killed too. The job runs in a fork of this process
on a connection of its own, and is killed before the write: what was committed before stays, what was not is gone.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections

from anlan.kernel import clock, ledger
from anlan.kernel.indicators import rolling
from anlan.kernel.jobs.models import DONE, RUNNING, Task
from anlan.kernel.loops.verifying import verify_matters
from anlan.kernel.notices.models import Notice, OutwardItem
from anlan.kernel.notices.tests.receivers import Hook, hook
from anlan.kernel.sharing import pushing
from anlan.kernel.sharing.endpoints import set_endpoint
from anlan.kernel.sharing.models import Delivery
from anlan.kernel.sharing.tests.asking import approved, asking
from anlan.kernel.spreadsheets import Export
from anlan.kernel.spreadsheets.exporting import ask_export
from anlan.site import worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KILLS = 4
ROUNDS = 4  # the jobs are dealt out to so many cities: one for each would take minutes
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


class Listed:
    """What the worker declares its jobs to: it keeps them by name instead of running them."""

    def __init__(self) -> None:
        self.jobs: dict[str, Callable[..., None]] = {}
        self.tasks: dict[str, Any] = {}

    def periodic(self, cron: str) -> Callable[[Any], Any]:
        return lambda job: job

    def task(self, name: str, **more: Any) -> Callable[[Any], Any]:
        def noted(job: Callable[..., None]) -> Callable[..., None]:
            self.jobs[name] = job
            return job

        return noted


def jobs() -> dict[str, Callable[[], None]]:
    """Every background job as the worker calls it, and what it does every second."""
    listed = Listed()
    worker.declare_tasks(listed)
    context = SimpleNamespace(should_abort=lambda: False)
    with_context = {"run_tasks": (context,), "look_for_tasks": (context, 0)}
    found: dict[str, Callable[[], None]] = {
        name: partial(job, *with_context.get(name, (0,))) for name, job in listed.jobs.items()
    }
    return found | {
        "roll_up": worker.roll_up_or_report,
        "colour": worker.colour_or_report,
        "colour_by_the_clock": worker.colour_by_the_clock_or_report,
    }


def in_fork(work: Callable[[], None]) -> int:
    """Run something in a process of its own with connections of its own; return how it ended."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            logging.getLogger(__name__).exception("in the fork")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_at(job: Callable[[], None], write: int) -> bool:
    """Run a job in a process that is killed before so many writes; False if it came to its end before that."""

    def work() -> None:
        seen = 0

        def deadly(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            nonlocal seen
            if str(sql).lstrip().upper().startswith(WRITES):
                seen += 1
                if seen == write:
                    os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(deadly):
            job()

    status = in_fork(work)
    assert os.WIFSIGNALED(status) or status == 0
    return os.WIFSIGNALED(status)


def undisturbed(city: Any, names: list[str], path: Path) -> dict[str, Any]:
    """Return what comes out where nothing is killed: all of it on a copy of the database."""
    name = connection.settings_dict["NAME"]
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}_twin" TEMPLATE "{name}"')

    def work() -> None:
        connection.settings_dict["NAME"] = f"{name}_twin"
        for each in names:
            jobs()[each]()
        everything_else(city)
        path.write_text(json.dumps(outcome()))
        connections.close_all()

    try:
        assert in_fork(work) == 0
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}_twin" WITH (FORCE)')
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture
def receiver(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver on this machine; rows count as settled at once."""
    settings.ANLAN_WEBHOOK_NETWORKS, settings.ANLAN_WEBHOOK_PLAIN = ["127.0.0.1/32"], True
    monkeypatch.setattr("anlan.kernel.sharing.pacing.SETTLING", timedelta(seconds=-5))
    with hook() as running:
        yield running


@pytest.fixture
def busy(city: Any, receiver: Hook) -> Any:
    """A city in which most jobs have something to do: what is late, what is to be told, pushed, filed, exported, counted."""
    from anlan.kernel.notices.receiving import make

    make(city.officer, "值班系统", receiver.url, "each", for_party=False)
    pushed = approved(city, data_set="hidden-dangers", fields="hidden-dangers: number state", channel="push")
    set_endpoint(pushed.pk, asking(city), receiver.url)
    approved(city, channel="csv", frequency="daily", fields="enterprises: name")
    first = city.reports(by=city.officer)
    city.step(first, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    for n in range(3):
        city.reports(by=city.grid_inspector, description=f"第{n}处")
    city.clock.to(clock.today() + timedelta(days=40))
    city.reports(by=city.far_officer, at=city.far_shop)
    ask_export(Export("hidden-dangers", {}, None, "csv"), city.officer)
    return city


def as_if_later(city: Any) -> None:
    """Let the leases of whoever was killed run out."""
    city.clock.forward(max(pushing.LEASE, timedelta(minutes=5)) + timedelta(seconds=1))
    Task.objects.filter(state=RUNNING).update(beat_at=clock.now() - timedelta(hours=1), attempt=1)


def everything_else(city: Any) -> None:
    for name in ("sweep", "deliver", "push_shared", "make_shared_files", "run_tasks", "roll_up"):
        as_if_later(city)
        jobs()[name]()


def outcome() -> dict[str, Any]:
    """What happened, each with how often: acts by the ledger, notices, messages, portions, files, tasks."""
    models = {
        "acts": (ledger.LedgerEntry, ("chain", "act", "from_state", "to_state")),
        "told": (Notice, ("kind", "party", "post", "person", "kinds", "matter_id", "zh")),
        "items": (OutwardItem, ("target", "channel", "notice__kind", "notice__matter_id", "outward__state")),
        "given": (Delivery, ("subscription", "channel", "state")),
        "tasks": (Task, ("pk", "state")),
    }
    return {
        key: dict(
            sorted(Counter(str(tuple(map(str, row))) for row in model.objects.values_list(*names)).items())
        )
        for key, (model, names) in models.items()
    }


@pytest.mark.parametrize("names", [sorted(jobs())[n::ROUNDS] for n in range(ROUNDS)], ids=" ".join)
def test_jobs_killed_at_any_of_their_writes_end_and_do_nothing_twice(
    busy: Any, receiver: Hook, names: list[str], tmp_path: Path
) -> None:
    expected = undisturbed(busy, names, tmp_path / "outcome")
    receiver.got = []
    for name in names:
        for write in range(1, KILLS + 1):
            if not killed_at(jobs()[name], write):
                break
            as_if_later(busy)
        jobs()[name]()
    everything_else(busy)
    assert outcome() == expected
    assert set(Task.objects.values_list("state", flat=True)) == {DONE}
    assert rolling.verify() == ""
    assert ledger.verify().sound
    assert not list(verify_matters())
    # Killed between sending and noting, a message goes out again under its own id: whoever knows ids has each notice once.
    messages = {headers["webhook-id"]: json.loads(body)["data"] for headers, body in receiver.got}
    for kind in ("notices", "items"):
        assert most(one["id"] for body in messages.values() for one in body.get(kind, ())) <= 1


def most(rows: Any) -> int:
    return max(Counter(rows).values(), default=0)
