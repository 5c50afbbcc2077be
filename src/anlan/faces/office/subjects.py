"""A subject is a register or a loop as pages see it: one name in the address, one model, what its list shows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.urls import reverse

from anlan.faces.office.shapes import Badge, Clock
from anlan.faces.office.wording import clock_of
from anlan.kernel.loops import loop_named
from anlan.kernel.loops.offering import may_open
from anlan.kernel.registers import Listing, register_named
from anlan.kernel.registers.fields import FieldSpec, spec_of
from anlan.kernel.registers.levels import level_of as level_of
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words


@dataclass(frozen=True)
class Subject:
    """A register or a loop, with what lists and pages read of its declaration."""

    slug: str
    words: Words
    model: Any
    loop: Any
    heading: str
    columns: Sequence[str]
    facets: Sequence[str]
    sorts: Sequence[str]
    order: str
    panels: Sequence[tuple[Words, Sequence[str]]]

    @property
    def is_loop(self) -> bool:
        """Say whether its rows are matters."""
        return self.loop is not None

    def listing(self, actor: Actor, base: Q | None = None, *, with_archived: bool = False) -> Listing:
        """Return the list of this subject for an actor."""
        return Listing(
            model=self.model, actor=actor, facets=self.facets, sorts=self.sorts, order=self.order, base=base or Q(),
            with_archived=with_archived, shown=(self.heading, *self.columns),
        )  # fmt: skip

    def spec(self, name: str) -> FieldSpec:
        """Return the spec of one field."""
        return spec_of(self.model, name)

    def url(self, row: Any) -> str:
        """Return the address of a row's page."""
        return _pattern(self.slug).replace(_ANY_ID, str(row.pk))

    def may_create(self, actor: Actor) -> bool:
        """Say whether the actor's kind of post may create rows or open matters."""
        if self.is_loop:
            return may_open(self.loop, actor)
        return actor.post_kind in self.model.kept.writers.kinds()

    def templates(self, name: str) -> list[str]:
        """Return the templates of a page: the domain's own if it has one, then the generic one."""
        return [f"{self.slug}/{name}.html", f"office/{'matter' if self.is_loop else 'register'}_{name}.html"]


_ANY_ID = str(uuid.UUID(int=0))


@cache
def _pattern(slug: str) -> str:
    """Return the address of a row's page with nothing's id in it: made once, since a list draws it fifty times."""
    return reverse("office:detail", args=[slug, _ANY_ID])


def subject_named(slug: str) -> Subject:
    """Return the register or loop with this slug, or answer 404."""
    model = register_named(slug)
    if model is not None:
        kept = model.kept
        return Subject(
            slug,
            kept.words,
            model,
            None,
            kept.heading,
            kept.columns,
            kept.facets,
            kept.sorts,
            kept.order,
            kept.panels,
        )
    loop = loop_named(slug)
    if loop is None:
        raise Http404
    columns = loop.columns or ("state", "territory", "due_at", "opened_at")
    return Subject(
        slug,
        loop.words,
        loop.model,
        loop,
        "number",
        columns,
        loop.facets,
        loop.sorts,
        loop.order,
        loop.panels,
    )


def subject_of_model(model: Any) -> Subject:
    """Return the subject whose rows are of this model."""
    loop = getattr(model, "loop", None)
    return subject_named(loop.slug if loop else model.kept.slug)


def row_title(subject: Subject, row: Any) -> str:
    """Return what a row is called in lists and headings."""
    return str(row.title()) if subject.is_loop else str(row)


def state_badge(row: Any) -> Badge:
    """Return the state of a matter as a badge."""
    if not row.is_open:
        return Badge(row.state_words, "done")
    if row.paused_at is not None:
        return Badge(row.state_words, "waiting")
    return Badge(row.state_words, row.present_state.tone or "open")


def row_clock(row: Any) -> Clock | None:
    """Return the clock of a matter's present state."""
    return clock_of(
        row.due_at, getattr(row, "opened_at", None), paused=row.paused_at is not None, ended=row.closed_at
    )
