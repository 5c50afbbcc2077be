"""What hangs on what: the open matters about a row, the matters a matter came from and led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.faces.office.shapes import Badge, Clock, Text
from anlan.faces.office.subjects import level_of, row_clock, row_title, state_badge, subject_of_model
from anlan.kernel.loops import loop_named, loops
from anlan.kernel.scope import Actor

MOST = 30


@dataclass(frozen=True, slots=True)
class Linked:
    """A matter in a short list."""

    kind: Text
    title: Text
    url: str
    state: Badge
    clock: Clock | None
    level: int = 0


def open_matters_about(row: Any, actor: Actor) -> list[Linked]:
    """Return the open matters that refer to a row, the most urgent first."""
    found = []
    known = [row.pk, *row.also_known_as()]
    for loop in loops():
        names = [f.name for f in loop.model._meta.fields if f.is_relation and f.related_model is type(row)]
        if not names:
            continue
        refers = Q()
        for name in names:
            refers |= Q(**{f"{name}__in": known})
        matters = loop.model.seen_by(actor).filter(refers, closed_at=None).defer("search").order_by("due_at")
        found += [linked(matter) for matter in matters[:MOST]]
    return found


def linked(matter: Any) -> Linked:
    """Return a matter as a line of a short list."""
    subject = subject_of_model(type(matter))
    return Linked(
        kind=subject.words,
        title=row_title(subject, matter),
        url=subject.url(matter),
        state=state_badge(matter),
        clock=row_clock(matter),
        level=level_of(matter),
    )


def chain_of(matter: Any, actor: Actor) -> tuple[list[Linked], list[Linked]]:
    """Return (where the matter came from, what it led to), as far as the actor may see them."""
    parents = []
    parent_loop = loop_named(matter.parent_loop) if matter.parent_loop else None
    if parent_loop is not None:
        parents = [
            linked(row)
            for row in parent_loop.model.seen_by(actor).filter(pk=matter.parent_id).defer("search")
        ]
    return parents, [linked(row) for row in _children(matter, actor)]


def _children(matter: Any, actor: Actor) -> Iterator[Any]:
    for loop in loops():
        rows = (
            loop.model.seen_by(actor)
            .filter(parent_id=matter.pk, parent_loop=matter.loop.slug)
            .defer("search")
        )
        yield from rows.order_by("opened_at")[:MOST]
