"""Reads of the checks domain: my checks, the lines of a task, what is failed and when a measure was last looked at.

``failed_measures`` and ``last_checked`` are what the risk of an enterprise is judged by: the colour asks them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet

from anlan.domains.checks.models import CheckLine, CheckTask
from anlan.domains.checks.words import FAILED, MISSED, OPEN, RESULTS, UNANSWERED, UNANSWERED_WORDS
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MAKES_GOOD = timedelta(days=3)  # so long a missed check stands on the page of its post, to be made good
MOST_MINE, MOST_MISSED = 60, 20
KEEPERS = frozenset({"main_person", "safety_officer"})


@dataclass(frozen=True)
class ShownLine:
    """One line as pages show it; ``danger`` only where the reader may see it."""

    row: CheckLine
    measure: ControlMeasure
    danger: HiddenDanger | None

    @property
    def result_words(self) -> Words:
        """Return the result in words."""
        return RESULTS.get(self.row.result, UNANSWERED_WORDS)

    @property
    def is_answered(self) -> bool:
        """Say whether somebody answered it."""
        return self.row.result != UNANSWERED

    @property
    def asked(self) -> str:
        """Return what is to be checked."""
        return self.measure.check_content or self.measure.description


@dataclass(frozen=True)
class FailedMeasure:
    """A measure that was found failing and whose hidden danger is still open."""

    measure: uuid.UUID
    risk_level: int
    since: datetime
    danger: uuid.UUID


def lines_of(task: CheckTask, actor: Actor) -> list[ShownLine]:
    """Return the lines of a task, those of the highest risk first."""
    rows = list(CheckLine.objects.filter(task=task).order_by("pk"))
    measures = ControlMeasure.unscoped("a task shows the measures it is made of").defer("search")
    known = measures.select_related("event__unit").in_bulk([row.measure_id for row in rows])
    named = [row.danger for row in rows if row.danger]
    dangers = HiddenDanger.seen_by(actor).defer("search").in_bulk(named) if named else {}
    found = [
        ShownLine(row, known[row.measure_id], dangers.get(row.danger))
        for row in rows
        if row.measure_id in known
    ]
    return sorted(found, key=lambda one: (-one.measure.risk_level, one.row.pk))


def my_tasks(actor: Actor, *, on: datetime | None = None) -> QuerySet[Any, Any]:
    """Return the tasks that stand before somebody now: running, and missed ones that may still be made good.

    Safety officers and the main person see all of their enterprise, a worker those of the own post and those no post of the
    platform is tied to.
    """
    now = on or clock.now()
    rows = CheckTask.seen_by(actor).filter(holder__in=actor.party_ids, starts_at__lte=now)
    rows = rows.filter(Q(state=OPEN) | Q(state=MISSED, ends_at__gt=now - MAKES_GOOD))
    if actor.post_kind not in KEEPERS:
        rows = rows.filter(Q(post__filled_by=actor.post_id) | Q(post__filled_by=None))
    return rows.select_related("post", "enterprise").defer("search", "enterprise__search", "post__search")


def done_today(actor: Actor) -> int:
    """Return how many tasks of the own enterprise were finished today."""
    start = datetime.combine(clock.today(), datetime.min.time(), clock.CHINA)
    return CheckTask.seen_by(actor).filter(holder__in=actor.party_ids, done_at__gte=start).count()


def failed_measures(enterprise: uuid.UUID) -> list[FailedMeasure]:
    """Return the measures of an enterprise found failing whose hidden danger is not closed, each once, the latest finding."""
    return failed_measures_of([enterprise]).get(enterprise, [])


def failed_measures_of(
    enterprises: Sequence[uuid.UUID] | None = None,
) -> dict[uuid.UUID, list[FailedMeasure]]:
    """Return the failing measures by enterprise, of some or of all; reads only the lines that opened a danger."""
    rows = CheckLine.objects.filter(danger__isnull=False, result=FAILED)
    if enterprises is not None:
        rows = rows.filter(enterprise_id__in=enterprises)
    still = HiddenDanger.unscoped(
        "whether what a check found is put right decides the colour of an enterprise"
    )
    rows = rows.filter(danger__in=still.filter(closed_at=None).values("pk"), measure__archived_at=None)
    rows = rows.order_by("enterprise_id", "measure_id", "-checked_at").distinct("enterprise_id", "measure_id")
    found: dict[uuid.UUID, list[FailedMeasure]] = {}
    named = rows.values_list("enterprise_id", "measure_id", "measure__risk_level", "checked_at", "danger")
    for firm, measure, level, since, danger in named:
        found.setdefault(firm, []).append(FailedMeasure(measure, level, since, danger))
    return found


def last_checked(measures: Iterable[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Return when each of some measures was last checked, as far as it ever was."""
    rows = CheckLine.objects.filter(measure__in=list(measures), checked_at__isnull=False)
    return dict(rows.order_by().values_list("measure_id").annotate(last=Max("checked_at")))


def missed_of(enterprise: uuid.UUID, since: date) -> int:
    """Return how many tasks of an enterprise due since a day stand missed."""
    rows = CheckTask.unscoped("missed checks count against whoever they are asked of")
    return rows.filter(enterprise=enterprise, day__gte=since, state=MISSED).count()


def origin_of(danger: uuid.UUID) -> CheckLine | None:
    """Return the check record that opened a hidden danger, with its measure and task."""
    return CheckLine.objects.filter(danger=danger).select_related("measure", "task").first()
