"""The worker's side: take up what waits, in fair order and a few at a time; take over what a killed worker left.

A task that runs beats every few seconds. One whose beat stopped goes back to the queue and on from its checkpoint.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import close_old_connections, connection, transaction
from django.utils import translation

from anlan.kernel import clock
from anlan.kernel.jobs import results
from anlan.kernel.jobs.asking import queue
from anlan.kernel.jobs.errors import (
    FAILED as FAILED_WORDS,
)
from anlan.kernel.jobs.errors import TOO_OFTEN, Cancelled, Interrupted, Superseded, TaskStopped
from anlan.kernel.jobs.kinds import kind_named
from anlan.kernel.jobs.models import CANCELLED, FAILED, RUNNING, WAITING, Task
from anlan.kernel.jobs.running import Run
from anlan.kernel.words import Words

log = logging.getLogger("anlan.jobs")

AT_ONCE = 2  # tasks running in the installation
AT_ONCE_EACH = 1  # of them, of one person
BEAT_SECONDS = 5.0
SILENT = timedelta(seconds=30)
MOST_ATTEMPTS = 6
_LOCK_SPACE = 0x414D


def work(is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Run waiting tasks until none can be taken up; return how many were run."""
    recover()
    count = 0
    while not is_stopping():
        task = _claim()
        if task is None:
            break
        _run(task, is_stopping)
        count += 1
    return count


def recover() -> int:
    """Put tasks whose worker is gone back into the queue; one that was broken off again and again is ended."""
    silent = Task.objects.filter(state=RUNNING, beat_at__lt=clock.now() - SILENT)
    ended = silent.filter(attempt__gte=MOST_ATTEMPTS).update(
        state=FAILED, ended_at=clock.now(), note=TOO_OFTEN.both()
    )
    return ended + silent.update(state=WAITING)


def tend() -> int:
    """Do the housekeeping of the hour: take over what was left, remove what has expired."""
    return recover() + results.expire()


def _claim() -> Task | None:
    """Take up the next task, unless enough are running; fenced by its attempt from then on."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK_SPACE])
        running = list(Task.objects.filter(state=RUNNING).values_list("person", flat=True))
        if len(running) >= AT_ONCE:
            return None
        chosen = next((pk for pk, person in queue() if running.count(person) < AT_ONCE_EACH), None)
        if chosen is None:
            return None
        task = Task.objects.select_for_update().get(pk=chosen)
        if task.state != WAITING:
            return None
        now = clock.now()
        task.state, task.attempt, task.beat_at = RUNNING, task.attempt + 1, now
        task.started_at = task.started_at or now
        task.save(update_fields=["state", "attempt", "beat_at", "started_at"])
        return task


def _run(task: Task, is_stopping: Callable[[], bool]) -> None:
    run = Run(task, is_stopping)
    kind = kind_named(task.kind)
    try:
        with _beating(task), translation.override(task.language):
            if kind is None:
                raise TaskStopped(FAILED_WORDS)
            run.save()
            kind.work(run)
            if not run.delivered:
                run.finish()
    except Superseded:
        log.info("task %s was taken over", task.pk)
    except Interrupted:
        _end(run, WAITING)
    except Cancelled:
        _end(run, CANCELLED)
    except TaskStopped as stop:
        _end(run, FAILED, stop.words)
    except Exception:
        log.exception("task %s failed", task.pk)
        _end(run, FAILED, FAILED_WORDS)
    finally:
        run.draft().unlink(missing_ok=True)


def _end(run: Run, state: str, note: Words | None = None) -> None:
    changes: dict[str, object] = {"state": state}
    if state != WAITING:
        changes["ended_at"] = clock.now()
    if note is not None:
        changes["note"] = note.both()
    Task.objects.filter(pk=run.task.pk, attempt=run.attempt, state=RUNNING).update(**changes)


@contextmanager
def _beating(task: Task) -> Iterator[None]:
    """Beat beside the work, on a connection of its own; not within a test's transaction, which it could not see."""
    if connection.in_atomic_block:
        yield
        return
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(BEAT_SECONDS):
                try:
                    rows = Task.objects.filter(pk=task.pk, attempt=task.attempt, state=RUNNING)
                    rows.update(beat_at=clock.now())
                except Exception:
                    log.warning("the beat of task %s failed", task.pk, exc_info=True)
                    close_old_connections()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"beat-{task.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(BEAT_SECONDS)
