"""The sweep: the clock as an actor. Once a minute it fires each lateness that has come, once, also after days of outage.

There is no job per deadline: the open duties say what is next. Each firing is one transaction with its ledger entry, so a
killed worker loses nothing and repeats nothing.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.db import transaction

from anlan.kernel import clock, ledger
from anlan.kernel.loops import duties
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.loops.counting import count
from anlan.kernel.loops.declaration import Loop, loop_named
from anlan.kernel.loops.due import Late
from anlan.kernel.loops.engine import tell
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.telling import tell_of_lateness
from anlan.kernel.scope.actor import CLOCK

BATCH = 500
log = logging.getLogger("anlan.sweep")


def sweep(now: datetime | None = None) -> int:
    """Fire everything whose moment has come; returns how many levels were fired."""
    now = now or clock.now()
    fired = 0
    after: uuid.UUID | None = None
    while True:
        due = Duty.objects.filter(done_at=None, next_at__lte=now).order_by("id")
        ids = list((due.filter(id__gt=after) if after else due).values_list("id", flat=True)[:BATCH])
        if not ids:
            return fired
        for pk in ids:
            fired += _all_of(pk, now)
        after = ids[-1]


def _all_of(pk: uuid.UUID, now: datetime) -> int:
    """Fire every level of one duty that has come, in order."""
    fired = 0
    try:
        while _fire(pk, now):
            fired += 1
    except Exception:  # one duty that cannot be swept must not keep the others from being told
        log.exception("a duty could not be swept; the next sweep tries again", extra={"duty": str(pk)})
    return fired


def _fire(pk: uuid.UUID, now: datetime) -> bool:
    """Fire the next level of a duty under the lock of its matter; says whether one was fired."""
    with transaction.atomic():
        duty = Duty.objects.filter(pk=pk).first()
        loop = loop_named(duty.loop) if duty else None
        if duty is None or loop is None:
            return False
        row = (
            loop.model.unscoped("the clock sweeps every matter")
            .select_for_update(of=("self",))
            .get(pk=duty.matter_id)
        )
        duty = Duty.objects.select_for_update().get(pk=pk)
        if duty.done_at or duty.next_at is None or duty.next_at > now:
            return False
        name, moment = duty.moments[duty.fired]
        duty.fired += 1
        duty.next_at = duties.next_moment(duty)
        duty.save(update_fields=["fired", "next_at"])
        level = level_named(loop, duty, name)
        ledger.append(
            row.pk, subject_of(loop.model), f"late_{name}", CLOCK, at=datetime.fromisoformat(moment), received_at=now,
            data={"duty": duty.key, "due_at": duty.due_at.isoformat() if duty.due_at else ""}, from_state=row.state,
            to_state=row.state,
        )  # fmt: skip
        watching = []
        if level is not None and level.watchers is not None:
            watching = duties.watch(loop, row, level, duty.key, now)
        tell_of_lateness(loop, row, duty, name, watching, now)
        tell(loop.slug, row.pk)
        count(loop.slug, f"late_{name}")
        return True


def level_named(loop: type[Loop], duty: Duty, name: str) -> Late | None:
    """Return the declared level of lateness of a duty."""
    sort, _, key = duty.key.partition(":")
    source = loop.lines.get(key) if sort == "line" else loop.states.get(key)
    return next((level for level in (source.late if source else ()) if level.name == name), None)
