"""Taking one step of many matters at once: each locked, guarded and judged for itself as ``take`` does, written in sets.

For what the clock and the instruments do in floods, with a step whose declaration says ``in_sets``. A matter that somebody
holds, or whose step is refused, is left out and does not hold up the others; who is left out is taken as ever, one by one.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, transaction

from anlan.kernel import clock
from anlan.kernel import evidence as evidence_store
from anlan.kernel.copying import copy_new, rewrite
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.ledger.writing import NextEntry, append_many
from anlan.kernel.loops import duties
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.loops.around import look_around
from anlan.kernel.loops.claiming import TOLERATED_LAG, claimed, rules_reach_back
from anlan.kernel.loops.counting import count
from anlan.kernel.loops.declaration import Loop, Step, answering
from anlan.kernel.loops.due import Deadline
from anlan.kernel.loops.engine import as_written, take, tell_many
from anlan.kernel.loops.entries import said
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.stepping import Judged, judge
from anlan.kernel.loops.taking import Taking
from anlan.kernel.loops.telling import tell_of_steps
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.touched import note_many
from anlan.kernel.scope.who import asking_once

FEW = 1  # so many are taken as quickly by themselves; two already are not


class NextStep(NamedTuple):
    """One step of one matter, as ``take`` takes it."""

    matter: uuid.UUID
    at: datetime | None = None
    key: uuid.UUID | None = None
    data: Mapping[str, Any] | None = None


@dataclass
class _Moved:
    """A step that was judged, and what it leads to beside the row."""

    judged: Judged
    key: uuid.UUID | None
    deadline: Deadline | None = None
    columns: tuple[str, ...] = ()
    keys_done: list[str] = field(default_factory=list)


def take_many(
    step: str, loop: type[Loop], actor: Actor, steps: Sequence[NextStep]
) -> list[LedgerEntry | KeepingError]:
    """Take a step of many matters and return for each, in order, its entry or the refusal.

    The outcome is always that of ``take`` for one after the other; what else goes wrong is raised as it would be there. Call
    it with some hundreds at a time, no more.
    """
    found: list[LedgerEntry | KeepingError] = []
    for one, entry in zip(steps, take_together(step, loop, actor, steps), strict=True):
        try:
            found.append(entry or _alone(step, loop, actor, one))
        except KeepingError as refusal:
            found.append(refusal)
    return found


def take_together(
    step: str, loop: type[Loop], actor: Actor, steps: Sequence[NextStep]
) -> list[LedgerEntry | None]:
    """Take a step of many matters in one set and return for each its entry, or None where it is left to ``take``.

    Left are those that somebody holds, whose step is refused or was taken before, or that come twice; all, where the step or
    the actor is not one for sets, or the set as a whole meets a conflict.
    """
    declared = loop.steps[step]
    if len(steps) <= FEW or not _may_be_in_sets(loop, declared, actor):
        return [None] * len(steps)
    try:
        with transaction.atomic(), asking_once():
            entries = _taken(loop, declared, actor, steps)
    except IntegrityError:
        return [None] * len(steps)
    return [entries.pop(one.matter, None) for one in steps]


def _may_be_in_sets(loop: type[Loop], step: Step, actor: Actor) -> bool:
    """Say whether a step is whole in itself: declared so, the clock's own, and no other loop opens a matter by it."""
    return step.in_sets and actor.is_clock and not any(answering(loop, step.name))


def _alone(step: str, loop: type[Loop], actor: Actor, one: NextStep) -> LedgerEntry:
    matter = loop.model()
    matter.pk = one.matter
    return take(step, matter, actor, one.data, at=one.at, key=one.key)


def _taken(
    loop: type[Loop], step: Step, actor: Actor, steps: Sequence[NextStep]
) -> dict[uuid.UUID, LedgerEntry]:
    """Take the step of all that can be taken together; returns their entries by matter."""
    rows, now = _locked(loop, {one.matter for one in steps}), clock.now()
    look_around(rows.values())
    moved: list[_Moved] = []
    for one in _first_of_each(steps):
        if one.matter in rows:
            found = _judged(loop, step, rows[one.matter], actor, one, now)
            if found is not None:
                moved.append(found)
    return _written(loop, step, actor, moved, now) if moved else {}


def _locked(loop: type[Loop], pks: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """Lock the rows that nobody else holds."""
    rows = loop.model.unscoped("the clock acts on every matter").filter(pk__in=list(pks)).order_by("pk")
    return {row.pk: row for row in as_written(rows).select_for_update(of=("self",), skip_locked=True)}


def _first_of_each(steps: Sequence[NextStep]) -> Iterable[NextStep]:
    """Yield the first step of each matter: what comes after it finds another state."""
    return {one.matter: one for one in reversed(steps)}.values()


def _judged(
    loop: type[Loop], step: Step, row: Any, actor: Actor, one: NextStep, now: datetime
) -> _Moved | None:
    """Judge the step of one matter, and let its row stand as it will; None where it is left to ``take``, which says why."""
    if one.key is not None and any(past.key == one.key for past in row.around.past):
        return None
    try:
        with rules_reach_back():
            taking = Taking(loop, step.name, row, actor, {}, claimed(one.at, TOLERATED_LAG), now)
            moved = _Moved(judge(step, taking, one.data or {}), one.key)
            _move(moved)
    except DatabaseError:
        raise
    except Exception:  # whatever it is, it comes up again where this one is taken alone
        return None
    return None if taking.along or taking.left else moved


def _move(moved: _Moved) -> None:
    """Let the row stand in its new state, with the duties this opens, as the engine does; nothing is written."""
    judged, taking = moved.judged, moved.judged.taking
    row, moved.keys_done = taking.row, judged.lines_done
    if taking.to_state is not None:
        row.state = taking.to_state
    if taking.to_state is not None or taking.renew_duties:
        row.paused_at = None
        moved.deadline, found = duties.entered(
            taking.loop, row, taking.at, received_at=taking.received_at, due_at=taking.due_at
        )
        taking.opened += found
    moved.columns = tuple(judged.settle())
    if row.is_open:
        stand = row.around.open_keys - set(moved.keys_done)
        for line in taking.loop.lines.values():
            if taking.act in line.opens and f"line:{line.name}" not in stand:
                taking.opened += duties.line_duties(taking.loop, row, line, taking.received_at)


def _written(
    loop: type[Loop], step: Step, actor: Actor, moved: Sequence[_Moved], now: datetime
) -> dict[uuid.UUID, LedgerEntry]:
    """Write what was judged: rows, duties, entries and notices in sets."""
    takings = [one.judged.taking for one in moved]
    rows = [taking.row for taking in takings]
    _close(moved)
    note_many(loop.model, [row.pk for row in rows], is_new=False)
    for columns, alike in _by_columns(moved).items():
        rewrite(loop.model, alike, columns)
    copy_new(Duty, [duty for taking in takings for duty in taking.opened])
    entries = append_many(
        subject_of(loop.model), actor, [_entry(step, one) for one in moved], received_at=now
    )
    for one in moved:
        if one.judged.has_moved:
            evidence_store.follow(one.judged.taking.row.pk, one.judged.taking.row)
            duties.follow(one.judged.taking.row)
    tell_of_steps(takings)
    parents = [(row.parent_loop, row.parent_id) for row in rows if row.parent_id]
    tell_many([*parents, *((loop.slug, row.pk) for row in rows)])
    for _ in rows:
        count(loop.slug, step.name)
    return {entry.chain: entry for entry in entries}


def _close(moved: Sequence[_Moved]) -> None:
    """Close the duties that the steps do or leave behind: of a new state those of the former, of a final one all."""
    renewed = [one for one in moved if one.judged.taking.to_state or one.judged.taking.renew_duties]
    for is_final in (True, False):
        of_these = [one for one in renewed if one.judged.taking.row.present_state.final is is_final]
        duties.close_many(
            {one.judged.taking.row.pk: one.judged.taking.at for one in of_these},
            sorts=duties.OF_A_STATE, everything=is_final,
        )  # fmt: skip
    duties.close_many(
        {one.judged.taking.row.pk: one.judged.taking.at for one in moved},
        keys=moved[0].keys_done,  # those of the step, the same for all
    )


def _by_columns(moved: Sequence[_Moved]) -> dict[tuple[str, ...], list[Any]]:
    found: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for one in moved:
        found[one.columns].append(one.judged.taking.row)
    return found


def _entry(step: Step, one: _Moved) -> NextEntry:
    taking = one.judged.taking
    data, sealed = said(taking, step, one.deadline)
    return NextEntry(
        taking.row.pk, taking.act, taking.at, data, sealed or None, tuple(taking.rules), one.key,
        one.judged.from_state, taking.row.state,
    )  # fmt: skip
