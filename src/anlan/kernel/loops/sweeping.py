"""The sweep: the clock as an actor. Once a minute it fires each lateness that has come, once, also after days of outage.

There is no job per deadline: the open duties say what is next. What falls due together is fired in sets: each set is one
transaction with its ledger entries, each matter locked and looked at for itself, so a killed worker loses nothing and repeats
nothing. What somebody holds, or cannot be swept with the others, is fired by itself, a level at a time. Between two sets
whoever asked gives way to what is more urgent.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from anlan.kernel import clock
from anlan.kernel.copying import copy_new, rewrite
from anlan.kernel.ledger.writing import NextEntry, append_many
from anlan.kernel.loops import duties
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.loops.counting import count
from anlan.kernel.loops.declaration import Loop, loop_named
from anlan.kernel.loops.due import Late
from anlan.kernel.loops.engine import tell_many
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.telling import of_lateness
from anlan.kernel.notices.noting import note_together
from anlan.kernel.scope.actor import CLOCK
from anlan.kernel.scope.who import asking_once

BATCH = 500
AT_ONCE, FEW = 100, 3  # a set; and so many are fired as quickly by themselves
log = logging.getLogger("anlan.sweep")


@dataclass(frozen=True, slots=True)
class _Fired:
    """One level of one duty that has come, planned and not written yet."""

    row: Any
    duty: Duty
    level: str
    moment: datetime
    watching: Sequence[Duty]


def sweep(now: datetime | None = None, give_way: Callable[[], None] = lambda: None) -> int:
    """Fire everything whose moment has come; returns how many levels were fired.

    ``give_way`` is called after each set, with no lock held: it returns when the sweep may go on.
    """
    now = now or clock.now()
    fired = 0
    after: uuid.UUID | None = None
    while True:
        due = _due(now).order_by("id")
        found = list((due.filter(id__gt=after) if after else due).values_list("id", "loop")[:BATCH])
        if not found:
            return fired
        for slug, pks in _by_loop(found).items():
            fired += _swept(slug, pks, now, give_way)
        after = found[-1][0]


def _due(now: datetime) -> Any:
    return Duty.objects.filter(done_at=None, next_at__lte=now)


def _by_loop(found: Iterable[tuple[uuid.UUID, str]]) -> dict[str, list[uuid.UUID]]:
    pks: dict[str, list[uuid.UUID]] = defaultdict(list)
    for pk, slug in found:
        pks[slug].append(pk)
    return pks


def _swept(slug: str, pks: Sequence[uuid.UUID], now: datetime, give_way: Callable[[], None]) -> int:
    """Fire what has come of some duties of one loop: in sets, and what is left of each set by itself."""
    loop, fired = loop_named(slug), 0
    for begin in range(0, len(pks), AT_ONCE):
        left = some = pks[begin : begin + AT_ONCE]
        if loop is not None and len(some) > FEW:
            fired += _together(loop, some, now)
            give_way()
            left = list(_due(now).filter(pk__in=some).order_by("id").values_list("id", flat=True))
        for pk in left:
            fired += _all_of(pk, now)
    return fired


def _together(loop: type[Loop], pks: Sequence[uuid.UUID], now: datetime) -> int:
    """Fire every level that has come of some duties in one transaction; what cannot be is left as it is."""
    try:
        with transaction.atomic(), asking_once():
            asked = dict(Duty.objects.filter(pk__in=pks).values_list("pk", "matter_id"))
            rows = _locked(loop, set(asked.values()), skip_locked=True)
            standing = _standing(rows)
            fired: list[_Fired] = []
            for pk, row in rows.items():
                fired += _planned(loop, row, [one for one in standing[pk] if one.pk in asked], now)
            _write(loop, fired, standing, now)
            return len(fired)
    except Exception:  # what is at fault is found, and told, where each is fired by itself
        log.warning("a set of duties could not be swept together", exc_info=True)
        return 0


def _planned(loop: type[Loop], row: Any, due: Sequence[Duty], now: datetime) -> list[_Fired]:
    """Return the levels of a matter's duties that have come; none where one of them is at fault."""
    found: list[_Fired] = []
    try:
        for duty in due:
            while _has_come(duty, now):
                found.append(_next(loop, row, duty, now))
    except DatabaseError:
        raise
    except Exception:  # fired by itself it is told as what it is, and the others go on
        return []
    return found


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
        row = _locked(loop, [duty.matter_id])[duty.matter_id]
        standing = _standing([row.pk])
        duty = next((one for one in standing[row.pk] if one.pk == pk), None)
        if duty is None or not _has_come(duty, now):
            return False
        _write(loop, [_next(loop, row, duty, now)], standing, now)
        return True


def _locked(loop: type[Loop], pks: Iterable[uuid.UUID], *, skip_locked: bool = False) -> dict[uuid.UUID, Any]:
    rows = loop.model.unscoped("the clock sweeps every matter").filter(pk__in=list(pks)).defer("search")
    locked = rows.order_by("pk").select_for_update(of=("self",), skip_locked=skip_locked)
    return {row.pk: row for row in locked}


def _standing(matters: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[Duty]]:
    """Return the open duties of some matters whose locks are held."""
    found: dict[uuid.UUID, list[Duty]] = defaultdict(list)
    rows = Duty.objects.filter(matter_id__in=list(matters), done_at=None)
    for duty in rows.order_by("id").select_for_update():
        found[duty.matter_id].append(duty)
    return found


def _has_come(duty: Duty, now: datetime) -> bool:
    return duty.done_at is None and duty.next_at is not None and duty.next_at <= now


def _next(loop: type[Loop], row: Any, duty: Duty, now: datetime) -> _Fired:
    """Let a duty tell its next level, and plan who then watches."""
    name, moment = duty.moments[duty.fired]
    duty.fired += 1
    duty.next_at = duties.next_moment(duty)
    level = level_named(loop, duty, name)
    watching = duties.watching(loop, row, level, duty.key, now) if level is not None else []
    return _Fired(row, duty, name, datetime.fromisoformat(moment), watching)


def _write(
    loop: type[Loop], fired: Sequence[_Fired], standing: Mapping[uuid.UUID, Sequence[Duty]], now: datetime
) -> None:
    """Write levels that have come: clocks, watching duties, entries and notices, each in one set."""
    if not fired:
        return
    rewrite(Duty, list({one.duty.pk: one.duty for one in fired}.values()), ["fired", "next_at"])
    copy_new(Duty, [duty for one in fired for duty in one.watching])
    append_many(subject_of(loop.model), CLOCK, [_entry(one) for one in fired], received_at=now)
    note_together(
        of_lateness(loop, one.row, _alike(one.duty, standing[one.row.pk]), one.level, one.watching, now)
        for one in fired
    )
    tell_many((loop.slug, one.row.pk) for one in fired)
    for one in fired:
        count(loop.slug, f"late_{one.level}")


def _alike(duty: Duty, standing: Iterable[Duty]) -> Iterator[Duty]:
    """Yield the places of which a duty is awaited."""
    return (one for one in standing if one.key == duty.key)


def _entry(one: _Fired) -> NextEntry:
    duty, state = one.duty, one.row.state
    said = {"duty": duty.key, "due_at": duty.due_at.isoformat() if duty.due_at else ""}
    return NextEntry(one.row.pk, f"late_{one.level}", one.moment, said, from_state=state, to_state=state)


def level_named(loop: type[Loop], duty: Duty, name: str) -> Late | None:
    """Return the declared level of lateness of a duty."""
    sort, _, key = duty.key.partition(":")
    source = loop.lines.get(key) if sort == "line" else loop.states.get(key)
    return next((level for level in (source.late if source else ()) if level.name == name), None)
