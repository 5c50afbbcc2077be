"""What a step or the clock tells people: the duties it opened, handed over or fired, as notices to their places.

One statement for all of it, in the step's own transaction: whoever reads the matter can also read that they were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from anlan.kernel import notices
from anlan.kernel.loops.declaration import Loop
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.taking import Taking
from anlan.kernel.notices.kinds import OF_LATENESS
from anlan.kernel.notices.noting import note_together
from anlan.kernel.words import Words

OF_SORT = {"state": "duty", "line": "line", "request": "request", "watch": "escalate"}


def tell_of_step(taking: Taking) -> None:
    """Tell the places whose duties a step opened, renewed, handed over or took away."""
    tell_of_steps([taking])


def tell_of_steps(takings: Iterable[Taking]) -> None:
    """Tell of several steps what ``tell_of_step`` tells of one, in one statement."""
    note_together(_of_step(taking) for taking in takings)


def _of_step(taking: Taking) -> Iterator[notices.Notice]:
    loop, row, at, by = taking.loop, taking.row, taking.received_at, taking.actor.person_id
    present, former = _places(taking.opened), _places(taking.left)
    is_renewed = taking.renew_duties and taking.to_state is None
    for duty in taking.opened:
        if not taking.left:
            kind = "renewed" if is_renewed and duty.sort == "state" else OF_SORT[duty.sort]
            yield _notice(kind, loop, row, duty, at, by)
        elif _place(duty) not in former:
            yield _notice("handed_over", loop, row, duty, at, by)
    for duty in taking.left:
        if _place(duty) not in present:
            yield _notice("handed_away", loop, row, duty, at, by)


def of_lateness(
    loop: type[Loop], row: Any, alike: Iterable[Duty], level: str, watching: Iterable[Duty], at: datetime
) -> list[notices.Notice]:
    """Return what those awaited are told of a duty nearly due or late (``alike``: its places), and those above who watch."""
    kind = OF_LATENESS.get(level, "remind")
    awaited = [] if kind == "escalate" else [_notice(kind, loop, row, one, at, None) for one in alike]
    return [*awaited, *(_notice("escalate", loop, row, one, at, None) for one in watching)]


def _notice(kind: str, loop: type[Loop], row: Any, duty: Duty, at: datetime, by: Any) -> notices.Notice:
    return notices.notice(
        kind, what=loop.words, number=row.number, state=_where(loop, row, duty), party_id=duty.party_id,
        kinds=duty.kinds, post_id=duty.post_id, loop=loop.slug, matter_id=row.pk, due_at=duty.due_at, made_at=at,
        by_person=by, is_demo=row.is_demo,
    )  # fmt: skip


def _where(loop: type[Loop], row: Any, duty: Duty) -> Words:
    """Return the words of the parallel duty, or of the state the matter is in."""
    sort, _, name = duty.key.partition(":")
    if sort == "line" and name in loop.lines:
        return loop.lines[name].words
    return loop.states[row.state].words


def _places(duties: Iterable[Duty]) -> set[Any]:
    return {_place(duty) for duty in duties}


def _place(duty: Duty) -> Any:
    return duty.party_id, tuple(duty.kinds), duty.post_id
