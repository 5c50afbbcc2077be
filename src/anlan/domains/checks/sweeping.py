"""The sweep of checks: what nobody does climbs, one level at a time, each once, also after days of outage.

The post is reminded before the end; at the end the task is missed and the head of the department hears; then the safety officer
of the enterprise; then it stands before the regulator. A task bears how far it climbed and when the next level comes, so a
killed sweep loses nothing and a late one catches up. Tasks of one addressee are one notice, not one each.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from anlan.domains.checks.models import CheckArrangement, CheckLine, CheckTask
from anlan.domains.checks.words import (
    HEAD_TOLD,
    LAPSED,
    MISSED,
    NOBODY_TOLD,
    OFFICER_TOLD,
    OPEN,
    POST_TOLD,
    REGULATOR_TOLD,
    UNANSWERED,
)
from anlan.kernel import clock, notices, rules
from anlan.kernel.copying import rewrite
from anlan.kernel.scope.responsibility import recalling, responsibility
from anlan.kernel.scope.touched import note
from anlan.kernel.words import Words

BATCH = 500
OFFICER_AFTER, REGULATOR_AFTER = "checks.officer_after", "checks.regulator_after"
WHAT = Words("检查任务", "Check task")
OFFICER_KINDS = ("safety_officer",)
KIND_OF_LEVEL = {
    POST_TOLD: "remind",
    HEAD_TOLD: "overdue",
    OFFICER_TOLD: "overdue",
    REGULATOR_TOLD: "escalate",
}
log = logging.getLogger("anlan.sweep")

Place = tuple[uuid.UUID | None, tuple[str, ...], uuid.UUID | None]  # party, kinds of post, post


@dataclass
class _Told:
    """What one place is told at one level."""

    tasks: list[CheckTask] = field(default_factory=list)


def sweep_checks(now: datetime | None = None, give_way: Callable[[], None] = lambda: None) -> int:
    """Let everything climb whose moment has come; returns how many levels were taken.

    ``give_way`` is called after each set, with no lock held: it returns when the sweep may go on.
    """
    now = now or clock.now()
    climbed = 0
    while True:
        with transaction.atomic(), recalling():
            rows = _due(now)
            if not rows:
                return climbed
            _climb(rows, now)
            climbed += len(rows)
        give_way()


def _due(now: datetime) -> list[CheckTask]:
    rows = CheckTask.unscoped("the clock sweeps every check").filter(next_at__lte=now)
    rows = rows.select_related("enterprise__territory", "post__division__head", "post__division__above__head")
    unread = ("search", "enterprise__search", "post__search", "post__division__search")
    locked = rows.defer(*unread).select_for_update(of=("self",), skip_locked=True)
    return list(locked.order_by("next_at", "enterprise_id")[:BATCH])


def _climb(rows: Sequence[CheckTask], now: datetime) -> None:
    """Take the next level of each task, and tell whom it concerns."""
    told: dict[tuple[int, Place], _Told] = defaultdict(_Told)
    needless = _needless(rows)
    for task in rows:
        if task.pk in needless:
            task.state = LAPSED if task.state == OPEN else task.state
            task.next_at, task.updated_at = None, now
            continue
        task.climbed += 1
        if task.state == OPEN and task.climbed >= HEAD_TOLD:
            task.state = MISSED
        task.next_at, task.updated_at = _next_moment(task), now
        for place in _places(task):
            told[task.climbed, place].tasks.append(task)
    rewrite(CheckTask, rows, ["climbed", "state", "next_at", "updated_at"])
    notices.note(_notice(level, place, found.tasks, now) for (level, place), found in told.items())
    for task in {task.day: task for task in rows}.values():
        note(task)  # the roll-up counts the whole day anew whichever of its rows it hears of


def _needless(rows: Sequence[CheckTask]) -> set[uuid.UUID]:
    """Return the tasks nobody needs to do any more: the enterprise closed or stands still, or no measure of it is left."""
    found = {
        task.pk for task in rows if task.enterprise.is_archived or task.enterprise.operation != "operating"
    }
    asked = CheckLine.objects.filter(
        task__in=[task.pk for task in rows], result=UNANSWERED, measure__archived_at=None
    )
    left = set(asked.values_list("task_id", flat=True).distinct())
    still = CheckArrangement.unscoped("the clock sweeps every check").filter(
        archived_at=None, enterprise__in={task.enterprise_id for task in rows}, stopped_from__isnull=False
    )
    spans = [
        (one.enterprise_id, one.post_id, one.stopped_from, one.stopped_to) for one in still.defer("search")
    ]
    for task in rows:
        stands = any(
            firm == task.enterprise_id
            and post in {None, task.post_id}
            and first <= task.day <= (last or task.day)
            for firm, post, first, last in spans
        )
        if stands or task.pk not in left:
            found.add(task.pk)
    return found


def _next_moment(task: CheckTask) -> datetime | None:
    """Return when the level after the present one comes."""
    if task.climbed <= NOBODY_TOLD or task.climbed >= REGULATOR_TOLD:
        return None
    if task.climbed == POST_TOLD:
        return task.ends_at
    key = OFFICER_AFTER if task.climbed == HEAD_TOLD else REGULATOR_AFTER
    return task.ends_at + timedelta(hours=int(rules.parameter(key, task.day).value))


def _places(task: CheckTask) -> Iterator[Place]:
    """Yield whom the level a task has reached concerns."""
    officers: Place = (task.holder_id, OFFICER_KINDS, None)
    own = task.post.filled_by_id if task.post else None
    if task.climbed in {POST_TOLD, HEAD_TOLD}:
        yield (task.holder_id, (), own) if own else officers
    if task.climbed == HEAD_TOLD:
        head = _head_of(task)
        if head is not None and head != own:
            yield (task.holder_id, (), head)
    elif task.climbed == OFFICER_TOLD:
        yield officers
    elif task.climbed == REGULATOR_TOLD:
        found = responsibility(task.enterprise.territory, task.enterprise.industry, task.day)
        if found.regulator:
            yield (
                found.regulator.party_id,
                ("county_officer", "industry_officer", "township_officer", "city_officer"),
                None,
            )


def _head_of(task: CheckTask) -> uuid.UUID | None:
    """Return the post of the platform that heads the department of a task's post, or the one above it."""
    division: Any = task.post.division if task.post else None
    while division is not None:
        if division.head is not None and division.head.filled_by_id:
            found: uuid.UUID = division.head.filled_by_id
            return found
        division = division.above
    return None


def _notice(level: int, place: Place, tasks: Sequence[CheckTask], now: datetime) -> Any:
    party, kinds, post = place
    first, count = tasks[0], len(tasks)
    missed = (
        Words("漏查 {n} 项", "{n} missed") if level >= HEAD_TOLD else Words("{n} 项待查", "{n} to be done")
    )
    return notices.notice(
        KIND_OF_LEVEL[level], what=WHAT, number=first.name[:24], state=missed.filled(n=count), party_id=party,
        kinds=kinds, post_id=post, loop=CheckTask.kept.slug, matter_id=first.pk, due_at=first.ends_at, made_at=now,
        is_demo=first.is_demo,
    )  # fmt: skip
