"""What hangs on what: the open matters about a row, the matters a matter came from and led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.faces.office.shapes import Badge, Clock, Text
from anlan.faces.office.subjects import level_of, row_clock, row_title, state_badge, subject_of_model
from anlan.kernel.loops import loop_named, loops
from anlan.kernel.registers import register_named
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


def linked(row: Any) -> Linked:
    """Return a matter, or the row of a register that gave rise to one, as a line of a short list."""
    subject = subject_of_model(type(row))
    return Linked(
        kind=subject.words,
        title=row_title(subject, row),
        url=subject.url(row),
        state=state_badge(row) if subject.is_loop else _register_badge(subject, row),
        clock=row_clock(row) if subject.is_loop else None,
        level=level_of(row) if subject.is_loop else 0,
    )


def _register_badge(subject: Any, row: Any) -> Badge:
    """Return how a row of a register stands, where it says so; else what it is."""
    return Badge(row.get_state_display() if hasattr(row, "get_state_display") else subject.words)


def chain_of(matter: Any, actor: Actor) -> tuple[list[Linked], list[Linked]]:
    """Return (where the matter came from, what it led to), as far as the actor may see them."""
    loop = loop_named(matter.parent_loop) if matter.parent_loop else None
    model = loop.model if loop else register_named(matter.parent_loop)
    parents = model.seen_by(actor).filter(pk=matter.parent_id).defer("search") if model else ()
    return [linked(row) for row in parents], [linked(row) for row in _children(matter, actor)]


def _children(matter: Any, actor: Actor) -> Iterator[Any]:
    for loop in loops():
        rows = (
            loop.model.seen_by(actor)
            .filter(parent_id=matter.pk, parent_loop=matter.loop.slug)
            .defer("search")
        )
        yield from rows.order_by("opened_at")[:MOST]
