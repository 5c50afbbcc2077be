"""A subject as the API sees it: a register or a loop with the fields of its list and of its detail, read off the declaration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from anlan.kernel.loops import loops
from anlan.kernel.registers import FieldSpec, Listing, registers
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import PERSONAL
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

# Columns every record has; the declaration's own fields come after them.
KEPT = ("territory", "address", "longitude", "latitude", "holder", "sector", "created_at", "updated_at")
OF_REGISTERS = ("archived_at", "archive_reason")
OF_MATTERS = ("number", "state", "regulator", "opened_at", "due_at", "closed_at", "paused_at")


@dataclass(frozen=True)
class ApiSubject:
    """One register or loop. ``name`` is its model's name, by which schemas are called."""

    slug: str
    words: Words
    model: Any
    loop: Any
    heading: str
    columns: tuple[str, ...]
    facets: tuple[str, ...]
    sorts: tuple[str, ...]
    order: str
    panels: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return str(self.model.__name__)

    @property
    def asks(self) -> tuple[str, ...]:
        """Return the fields of the form that creates a row."""
        if self.loop is None:
            return tuple(self.model.kept.asks)
        return tuple(self.loop.opening.field_names()) if self.loop.opening else ()

    @property
    def has_opening(self) -> bool:
        """Say whether a program may create rows or open matters at all."""
        return self.loop is None or (self.loop.opening is not None and not self.loop.opened_by)

    @property
    def has_industry(self) -> bool:
        """Say whether rows carry an industry, so that who is responsible can be asked for."""
        return self.loop is None and any(f.name == "industry" for f in self.model._meta.fields)

    @cached_property
    def list_specs(self) -> list[FieldSpec]:
        """Return the fields of an item of the list: declared columns, never personal ones."""
        base = OF_MATTERS[:2] if self.loop else ()
        return [s for s in self._specs((*base, *self.columns)) if s.sensitivity < PERSONAL]

    @cached_property
    def detail_specs(self) -> list[FieldSpec]:
        """Return every field of the detail."""
        own = OF_MATTERS if self.loop else OF_REGISTERS
        return self._specs((*own, *self.columns, *self.asks, *self.panels, *self._of_steps(), *KEPT))

    @cached_property
    def facet_specs(self) -> list[FieldSpec]:
        """Return the fields one may filter by."""
        return self._specs(self.facets)

    def listing(self, actor: Actor, base: Q | None = None, *, with_archived: bool = False) -> Listing:
        """Return the list of this subject for an actor."""
        return Listing(
            model=self.model, actor=actor, facets=self.facets, sorts=self.sorts, order=self.order, base=base or Q(),
            with_archived=with_archived,
        )  # fmt: skip

    def row(self, actor: Actor, pk: Any) -> Any:
        """Return one row the actor sees; raises NotSeen."""
        related = [f.name for f in self.model._meta.fields if isinstance(f, models.ForeignKey)]
        found = self.model.seen_by(actor).defer("search").select_related(*related).filter(pk=pk).first()
        if found is None:
            raise NotSeen
        return found

    def label(self, row: Any) -> str:
        """Return what a row is called."""
        return str(row.title()) if self.loop else str(row)

    def _of_steps(self) -> list[str]:
        return [n for step in self.loop.steps.values() for n in step.field_names()] if self.loop else []

    def _specs(self, names: Sequence[str]) -> list[FieldSpec]:
        found = []
        for name in dict.fromkeys(names):
            try:
                found.append(spec_of(self.model, name))
            except (FieldDoesNotExist, TypeError):
                continue  # not a column of its own
        return found


def refer(subject: ApiSubject, rows: Sequence[Any]) -> None:
    """Read what rows refer to, one query a column, however many rows there are."""
    keys = [f for f in subject.model._meta.fields if isinstance(f, models.ForeignKey)]
    names = [f"{f.name}__party" if f.related_model is Post else f.name for f in keys]
    models.prefetch_related_objects(list(rows), *names)


def subjects() -> Iterator[ApiSubject]:
    """Return every register and every loop of the installed domains."""
    for model in registers():
        kept = model.kept
        names = tuple(name for _, names in kept.panels for name in names)
        yield ApiSubject(
            kept.slug, kept.words, model, None, kept.heading, tuple(kept.columns), tuple(kept.facets), tuple(kept.sorts),
            kept.order, names,
        )  # fmt: skip
    for loop in loops():
        names = tuple(name for _, names in loop.panels for name in names)
        columns = tuple(loop.columns or ("state", "territory", "due_at", "opened_at"))
        yield ApiSubject(
            loop.slug, loop.words, loop.model, loop, "number", columns, tuple(loop.facets), tuple(loop.sorts), loop.order,
            names,
        )  # fmt: skip


def subject_by_slug(slug: str) -> ApiSubject | None:
    """Return the subject with this slug."""
    return next((subject for subject in subjects() if subject.slug == slug), None)
