"""Opening many matters at once: admitted one by one as ``open_matter`` admits them, written in sets in one transaction.

For what comes in floods, such as alarms: a commit, a statement for each table, one for the notices and one for live pages,
whatever their number. Where a set meets a refusal or a conflict its matters are opened one by one, so that the outcome is
always that of opening them one by one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from anlan.kernel import clock, ledger
from anlan.kernel.copying import copy_new
from anlan.kernel.ledger.writing import NewEntry, append_first
from anlan.kernel.loops import duties
from anlan.kernel.loops.admitting import opening_form, subject_of
from anlan.kernel.loops.beginning import NewMatter, begun, next_numbers
from anlan.kernel.loops.claiming import TOLERATED_LAG, claimed, rules_reach_back
from anlan.kernel.loops.columns import changed_columns
from anlan.kernel.loops.counting import count
from anlan.kernel.loops.declaration import Loop, Opening, answering
from anlan.kernel.loops.engine import open_matter, tell_many
from anlan.kernel.loops.entries import said
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.taking import Taking
from anlan.kernel.loops.telling import tell_of_steps
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.responsibility import recalling
from anlan.kernel.scope.touched import note_many

FEW = 3  # so many are opened as quickly one by one


def open_matters(loop: type[Loop], actor: Actor, news: Sequence[NewMatter]) -> list[uuid.UUID | KeepingError]:
    """Open matters and return for each, in order, its id or the refusal.

    A repeated key gives the matter it opened before. Call it with some hundreds at a time, no more.
    """
    if len(news) > FEW and _can_be_written_in_sets(loop) and not _were_taken(news):
        try:
            with transaction.atomic(), rules_reach_back(), recalling():
                return [taking.row.pk for taking in _opened(loop, actor, news)]
        except (IntegrityError, KeepingError):
            pass
    return [_alone(loop, actor, new) for new in news]


def _can_be_written_in_sets(loop: type[Loop]) -> bool:
    """Say whether the opening is whole in itself: asks for no evidence, and opens no matter of another loop."""
    return loop.opening is not None and not loop.opening.needs and not any(answering(loop, "opened"))


def _were_taken(news: Sequence[NewMatter]) -> bool:
    keys = [new.key for new in news if new.key is not None]
    return ledger.LedgerEntry.objects.filter(key__in=keys).exists()


def _alone(loop: type[Loop], actor: Actor, new: NewMatter) -> uuid.UUID | KeepingError:
    try:
        return open_matter(
            loop, actor, new.data, at=new.at, key=new.key, is_demo=new.is_demo, parent=new.parent, knowing=new.knowing,
        ).chain  # fmt: skip
    except KeepingError as refusal:
        return refusal


def _opened(loop: type[Loop], actor: Actor, news: Sequence[NewMatter]) -> list[Taking]:
    opening = loop.opening
    assert opening is not None  # noqa: S101 - asked before
    form, numbers = opening_form(opening, loop.model, actor), iter(next_numbers(len(news)))
    now = clock.now()
    takings = [
        begun(loop, actor, new, claimed(new.at, TOLERATED_LAG), now, lambda: next(numbers), form=form)
        for new in news
    ]
    entries = [_entered(loop, opening, taking, new.key) for taking, new in zip(takings, news, strict=True)]
    rows = [taking.row for taking in takings]
    note_many(loop.model, [row.pk for row in rows], is_new=True)
    copy_new(loop.model, rows)
    copy_new(Duty, [duty for taking in takings for duty in taking.opened])
    append_first(subject_of(loop.model), "opened", actor, entries, at=now, received_at=now)
    tell_of_steps(takings)
    parents = [(row.parent_loop, row.parent_id) for row in rows if row.parent_id]
    tell_many([*parents, *((loop.slug, row.pk) for row in rows)])
    for _ in rows:
        count(loop.slug, "opened")
    return takings


def _entered(loop: type[Loop], opening: Opening, taking: Taking, key: uuid.UUID | None) -> NewEntry:
    """Let a matter enter its first state: its deadline, its duties, and the entry its chain begins with."""
    row = taking.row
    deadline, taking.opened = duties.begin(loop, row, taking.at, received_at=taking.received_at)
    taking.noted["row"] = changed_columns(row, {}, taking.values)
    data, sealed = said(taking, opening, deadline)
    return NewEntry(
        row.pk, data, sealed, key, row.is_demo, taking.at, tuple(taking.rules), row.state,
    )  # fmt: skip
