"""A grading holds for a time: before it runs out the clock calls it up again, and the enterprise's keepers owe a new one.

How long is the setting ``risk.assess_again_after``; whoever knows that something changed need not wait. The old grading waits,
red once it is late, until a new one of the same event is approved. Checks and effects of ``loop.py``. Serves article 15.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from anlan.domains.risk.models.grading import RiskGrading
from anlan.domains.risk.models.tree import RiskEvent
from anlan.domains.risk.words import INITIAL
from anlan.kernel import clock, rules
from anlan.kernel.loops import take
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.loops.together import NextStep, take_together
from anlan.kernel.scope.actor import CLOCK

APPROVED, EXPIRED = "approved", "expired"
NOTICE_BEFORE, CHANGED_WITHIN = "risk.assess_notice_before", "risk.assess_changed_within"
BATCH, AT_ONCE = 500, 100
log = logging.getLogger("anlan.risk")


def expire_due() -> int:
    """Call up every grading in force that runs out soon; returns how many. Repeating it changes nothing."""
    notice = rules.parameter(NOTICE_BEFORE, clock.today())
    until = clock.today() + timedelta(days=int(notice.value))
    events = RiskEvent.unscoped("the clock calls up every grading that runs out").filter(
        archived_at=None, assess_by__lte=until
    )
    called, after = 0, uuid.UUID(int=0)
    while True:
        ids = list(events.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            return called
        for begin in range(0, len(gradings := _in_force(ids)), AT_ONCE):
            called += _called_up(gradings[begin : begin + AT_ONCE])
        after = ids[-1]


def _called_up(gradings: list[RiskGrading]) -> int:
    """Call up some gradings in one set, what is left of it one by one; returns how many."""
    steps, called = [NextStep(grading.pk) for grading in gradings], 0
    for grading, entry in zip(gradings, take_together("expire", RiskGrading.loop, CLOCK, steps), strict=True):
        try:
            if entry is None:
                take("expire", grading, CLOCK)
            called += 1
        except Exception:  # one that cannot be called up must not keep the others from it
            log.exception("a grading could not be called up", extra={"grading": str(grading.pk)})
    return called


def _in_force(events: list[uuid.UUID]) -> list[RiskGrading]:
    """Return the grading in force of each event whose new one is not under way yet."""
    rows = RiskGrading.unscoped("the clock calls up every grading that runs out").filter(
        event__in=events, stage=INITIAL
    )
    busy = set(rows.filter(closed_at=None).values_list("event_id", flat=True))
    latest: dict[uuid.UUID, RiskGrading] = {}
    for row in rows.filter(state=APPROVED).defer("search").order_by("opened_at", "pk"):
        latest[row.event_id] = row
    return [row for event, row in latest.items() if event not in busy]


def is_in_force(row: RiskGrading) -> bool:
    """Say whether a grading is the one its event bears now."""
    if row.stage != INITIAL or row.event.is_archived:
        return False
    rows = RiskGrading.unscoped("the grading in force is the last one approved of its event")
    later = rows.filter(event=row.event_id, stage=INITIAL, opened_at__gt=row.opened_at)
    return not later.filter(state__in=(APPROVED, EXPIRED)).exists()


def is_gone(row: RiskGrading) -> bool:
    """Say whether the event of a grading is archived."""
    return bool(row.event.is_archived)


def keep_date(taking: Taking) -> None:
    """Let the grading bear the day by which its event is assessed again."""
    taking.row.assess_by = taking.row.event.assess_by or clock.today()


def keep_sooner_date(taking: Taking) -> None:
    """Let the grading bear a day soon, since what it was based on has changed."""
    within = parameter_for(CHANGED_WITHIN, taking.row, taking.at)
    soon = rules.due(clock.today(), within.duration()).due_date
    days = [day for day in (soon, taking.row.event.assess_by) if day is not None]
    taking.row.assess_by = min(days)


def replace_former(row: RiskGrading) -> None:
    """End the gradings of the same event that waited for this one."""
    rows: Any = RiskGrading.unscoped("a new grading ends the one that waited for it").filter(
        event=row.event_id, stage=INITIAL, state=EXPIRED
    )
    for former in rows.exclude(pk=row.pk):
        take("replace", former, CLOCK)
