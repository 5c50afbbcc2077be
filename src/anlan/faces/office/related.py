"""What hangs on what: the open matters about a row, the whole chain a matter stands in, what may be opened about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Q
from django.urls import reverse

from anlan.faces.office.shapes import Badge, Clock, Text
from anlan.faces.office.subjects import level_of, row_clock, row_title, state_badge, subject_of_model
from anlan.kernel.loops import loop_named, loops
from anlan.kernel.loops.offering import may_open
from anlan.kernel.registers import register_named
from anlan.kernel.scope import Actor

MOST = 30
DEEPEST = 6  # steps of a chain: an alarm, a danger, an inspection, a case, and what may come between


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


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: a matter (or the row of a register it began with), how it stands, from when to when."""

    kind: Text
    number: str
    title: Text
    url: str
    state: Badge
    since: datetime | None
    ended: datetime | None
    is_here: bool


def chain_of(matter: Any, actor: Actor) -> list[Link]:
    """Return the whole chain a matter stands in, from what it began with to all it led to, as far as the actor sees it.

    What the actor may not see is left out with all that hangs on it. Of what hangs on the matters above, their other matters of
    the same kind are left out: one inspection may have found twenty dangers.
    """
    path = _path_to(matter, actor)
    kin = {above.pk: type(below) for above, below in pairwise(path)}
    led_to = _below([row for row in path if not _is_register(row)], kin, actor)
    begins = [row for row in path if _is_register(row)]
    steps = sorted([*path[len(begins) :], *led_to[:MOST]], key=lambda row: (row.opened_at, row.pk))
    return [_link(row, is_here=row.pk == matter.pk) for row in [*begins, *steps]]


def _is_register(row: Any) -> bool:
    return hasattr(row, "kept")


def _path_to(matter: Any, actor: Actor) -> list[Any]:
    """Return what a matter came from, the first first, and the matter itself; what the actor does not see ends it."""
    path, row = [matter], matter
    while len(path) <= DEEPEST and not _is_register(row) and row.parent_id:
        loop = loop_named(row.parent_loop)
        model = loop.model if loop else register_named(row.parent_loop)
        row = model.seen_by(actor).filter(pk=row.parent_id).defer("search").first() if model else None
        if row is None or any(row.pk == one.pk for one in path):
            break
        path.insert(0, row)
    return path


def _below(path: list[Any], kin: dict[uuid.UUID, Any], actor: Actor) -> list[Any]:
    """Return what some matters led to, level by level: one question for all kinds, then the rows of each kind found."""
    found: list[Any] = []
    level, seen = [row.pk for row in path], {row.pk for row in path}
    for _ in range(DEEPEST):
        by_loop: dict[str, list[uuid.UUID]] = {}
        for slug, pk in _opened_by(level):
            by_loop.setdefault(slug, []).append(pk)
        level = []
        for slug, pks in by_loop.items():
            loop = loop_named(slug)
            for row in loop.model.seen_by(actor).filter(pk__in=pks).defer("search") if loop else ():
                if row.pk not in seen and not (row.parent_id in kin and kin[row.parent_id] is type(row)):
                    seen.add(row.pk)
                    found.append(row)
                    level.append(row.pk)
        if not level:
            break
    return found


def _opened_by(pks: list[uuid.UUID]) -> list[tuple[str, uuid.UUID]]:
    """Return (loop, id) of the matters that some matters led to, of every kind in one statement."""
    asked = [(loop.slug, connection.ops.quote_name(loop.model._meta.db_table)) for loop in loops()]
    sql = " UNION ALL ".join(_LED_TO.format(table) for _, table in asked)
    values = [value for slug, _ in asked for value in (slug, pks, MOST)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(slug, pk) for slug, pk in cursor.fetchall()]


_LED_TO = "(SELECT %s::text, id FROM {} WHERE parent_id = ANY(%s) ORDER BY opened_at LIMIT %s)"


def _link(row: Any, *, is_here: bool) -> Link:
    subject = subject_of_model(type(row))
    is_matter = subject.is_loop
    return Link(
        kind=subject.words,
        number=row.number if is_matter else "",
        title=row_title(subject, row),
        url=subject.url(row),
        state=state_badge(row) if is_matter else _register_badge(subject, row),
        since=row.opened_at if is_matter else None,
        ended=row.closed_at if is_matter else None,
        is_here=is_here,
    )


def doors_of(subject: Any, row: Any, actor: Actor) -> list[tuple[Any, str]]:
    """Return (words, address) of what this person may open about a matter: an inspection of a danger, a case.

    A kind of which one is open under it already is not offered again.
    """
    found = []
    for loop in loops():
        opening = loop.opening
        if opening is None or not may_open(loop, actor):
            continue
        name = reference_to(loop.model, subject.model)
        if name not in opening.field_names() or not actor.may_act_on(row, loop.model._meta.app_label):
            continue
        if not loop.model.seen_by(actor).filter(**{name: row.pk}, closed_at=None).exists():
            found.append((opening.words, f"{reverse('office:new', args=[loop.slug])}?{name}={row.pk}"))
    return found


def reference_to(model: Any, target: Any) -> str:
    """Return the name of the field by which rows of one model refer to another, or an empty string."""
    for field in model._meta.fields:
        if field.is_relation and field.related_model is target and field.name != "merged_into":
            return str(field.name)
    return ""
