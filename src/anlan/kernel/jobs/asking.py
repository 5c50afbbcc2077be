"""Asking for a task, seeing one's own, cancelling. The same request while one is open gives that one back."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction

from anlan.kernel import clock
from anlan.kernel.jobs.errors import NOT_FOUND, TaskRefused
from anlan.kernel.jobs.kinds import kind_named
from anlan.kernel.jobs.models import CANCELLED, OPEN, RUNNING, WAITING, Task
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

log = logging.getLogger("anlan.jobs")

MOST_OPEN = 20  # tasks one person may have open
WAKE = "run_tasks"
_TOO_MANY = Words(
    "您已有 {n} 个任务未完成，等其中一个完成或取消后再申请。",
    "You have {n} tasks open; wait for one to end, or cancel one, and ask again.",
)
_NOT_A_PERSON = Words("须由在岗人员申请。", "A person in a post must ask.")


def ask(
    actor: Actor, kind: str, title: Words, params: Mapping[str, Any], *, total: int | None = None
) -> Task:
    """Ask for a task and return it; an identical one of the same person that is still open is returned instead.

    ``params`` is plain JSON: whatever the work needs but the actor, who is looked up again at every chunk. Raises
    TaskRefused when too much is open already.
    """
    if kind_named(kind) is None:
        raise ValueError(f"no such kind of task: {kind}")
    if actor.person_id is None or actor.post_id is None or actor.account_id is None:
        raise TaskRefused("no_post", _NOT_A_PERSON, 403)
    fingerprint = _fingerprint(actor, kind, params)
    known = Task.objects.filter(fingerprint=fingerprint, state__in=OPEN).first()
    if known is not None:
        return known
    if Task.objects.filter(person=actor.person_id, state__in=OPEN).count() >= MOST_OPEN:
        raise TaskRefused("too_many_tasks", _TOO_MANY.filled(n=MOST_OPEN), 429)
    try:
        with transaction.atomic():
            task = Task.objects.create(
                kind=kind, title=title.both(), person=actor.person_id, post=actor.post_id, account=actor.account_id,
                language=actor.language, is_demo=actor.is_demo, params=dict(params), fingerprint=fingerprint,
                total=total, asked_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:  # asked twice in the same moment
        return Task.objects.get(fingerprint=fingerprint, state__in=OPEN)
    transaction.on_commit(wake)
    return task


def _fingerprint(actor: Actor, kind: str, params: Mapping[str, Any]) -> str:
    said = json.dumps([kind, params, str(actor.person_id), str(actor.post_id)], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def wake() -> None:
    """Tell the worker that something waits; should this be lost, it looks by itself every minute."""
    from procrastinate import exceptions
    from procrastinate.contrib.django import app

    try:
        with transaction.atomic():
            app.configure_task(WAKE, queueing_lock=WAKE).defer()
    except exceptions.AlreadyEnqueued:
        return
    except Exception:
        log.warning("the worker could not be woken; it looks again within a minute", exc_info=True)


def tasks_of(actor: Actor, pk: uuid.UUID | None = None) -> models.QuerySet[Task]:
    """Return the tasks of a person in their present post, the newest first; with ``pk`` that one alone."""
    if actor.person_id is None or actor.post_id is None:
        return Task.objects.none()
    rows = Task.objects.filter(person=actor.person_id, post=actor.post_id).order_by("-asked_at", "-pk")
    return rows if pk is None else rows.filter(pk=pk)


def task_of(actor: Actor, pk: uuid.UUID) -> Task:
    """Return one task of the person; raises TaskRefused where there is none."""
    task = tasks_of(actor, pk).first()
    if task is None:
        raise TaskRefused("not_found", NOT_FOUND, 404)
    return task


def cancel(actor: Actor, pk: uuid.UUID) -> Task:
    """Cancel a task: a waiting one at once, a running one at its next chunk; one that ended stays as it is."""
    task = task_of(actor, pk)
    gone = Task.objects.filter(pk=pk, state=WAITING)
    if not gone.update(state=CANCELLED, cancel_asked=True, ended_at=clock.now()):
        Task.objects.filter(pk=pk, state=RUNNING).update(cancel_asked=True)
    task.refresh_from_db()
    return task


def queue() -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (task, person) of what waits, in the order in which it is taken up.

    Everybody's first request comes before anybody's second: one who asks for ten things does not hold up the others.
    """
    nth: dict[uuid.UUID, int] = {}
    for person in Task.objects.filter(state=RUNNING).values_list("person", flat=True):
        nth[person] = nth.get(person, 0) + 1
    order = []
    rows = Task.objects.filter(state=WAITING).order_by("asked_at", "pk").values_list("pk", "person")
    for place, (pk, person) in enumerate(rows):
        order.append((nth.get(person, 0), place, pk, person))
        nth[person] = nth.get(person, 0) + 1
    return [(pk, person) for _, _, pk, person in sorted(order)]


def position_of(task: Task) -> int | None:
    """Return the place of a waiting task in the queue, 1 for the next; None when it does not wait."""
    places = [pk for pk, _ in queue()]
    return places.index(task.pk) + 1 if task.pk in places else None
