"""The declaration of a register and the list of all registers, gathered when model classes are made."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Self, TypeAlias

from django.apps import apps
from django.db import models

from anlan.kernel.registers.hexagons import map_index
from anlan.kernel.registers.record import Record
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words

# The parts of the policy, in its own order: the left-hand side of the office.
PARTS: dict[str, Words] = {
    "responsibility": Words("责任", "Responsibility"),
    "rule_of_law": Words("法治", "Rule of law"),
    "prevention": Words("预防", "Prevention"),
    "safeguards": Words("保障", "Safeguards"),
    "services": Words("服务", "Services"),
    "assessment": Words("考核", "Assessment"),
}

# What a declaration serves: one clause of the policy, or several.
Serves: TypeAlias = str | tuple[str, ...]


def clauses_of(serves: Serves) -> tuple[str, ...]:
    """Return the clauses a declaration names, one or several."""
    if isinstance(serves, str):
        return (serves,) if serves else ()
    return serves


@dataclass(frozen=True)
class Kept:
    """How a register is kept and shown. Field names refer to the model; labels come from there.

    ``heading``: the field that names a row. ``columns``: of the list. ``facets``: filters. ``asks``: of the form.
    ``writers``: who creates, edits, archives. ``serves``: requirements of the policy (``A15.13``) or a whole article (``A15``).
    """

    slug: str
    words: Words
    part: str
    serves: Serves
    heading: str
    columns: tuple[str, ...]
    facets: tuple[str, ...]
    asks: tuple[str, ...]
    writers: Who
    order: str = "-created_at"
    sorts: tuple[str, ...] = ()
    panels: tuple[tuple[Words, tuple[str, ...]], ...] = field(default=())


@dataclass(frozen=True)
class Likeness:
    """A row that may be the same thing as one about to be entered, from 0 to 100, with the reasons in words.

    ``row`` is None where it lies outside the actor's scope: then only that it exists is told, nothing else.
    """

    row: Any
    score: int
    reasons: tuple[Words, ...]


@dataclass(frozen=True)
class Section:
    """A part of a row's page that the generic parts cannot give: its title, its template and what the template reads."""

    title: Words
    template: str
    context: Mapping[str, Any]


SectionsOf: TypeAlias = Callable[[Any, Actor], list[Section]]
_ADDED: dict[type[models.Model], list[SectionsOf]] = {}


def adds_sections(model: type[models.Model], sections: SectionsOf) -> None:
    """Let a higher domain add parts to the page of a row of a lower one, which knows nothing of it."""
    added = _ADDED.setdefault(model, [])
    if sections not in added:
        added.append(sections)


def sections_about(row: Any, actor: Actor) -> list[Section]:
    """Return the further parts of a row's page: what higher domains add, then its own."""
    added = [part for sections in _ADDED.get(type(row), ()) for part in sections(row, actor)]
    return [*added, *row.sections_for(actor)]


@dataclass(frozen=True)
class Settled:
    """What becomes of many new rows, column by column: what replaces or adds to the columns of the form.

    ``unusual`` says of each row whether it is not plainly sound. ``beside`` gives the lines of what must stand beside the rows
    (their parties), for the columns of those that are sound.
    """

    columns: dict[str, list[Any]]
    unusual: Sequence[bool]
    beside: Callable[[Mapping[str, list[Any]]], list[tuple[type[models.Model], bytes]]]


class Register(Record):
    """Base of every register. Subclasses set ``kept`` and their fields; ``Meta`` must extend ``Register.Meta``."""

    kept: ClassVar[Kept]
    likened: ClassVar[tuple[str, ...]] = ()  # the fields that ``likenesses_many`` and ``alike_by`` look at

    archived_at = models.DateTimeField(Words("归档时间", "Archived"), null=True, blank=True, editable=False)
    archive_reason = models.CharField(
        Words("归档原因", "Reason for archiving"), max_length=300, blank=True, editable=False
    )

    class Meta(Record.Meta):
        abstract = True
        indexes: ClassVar[list[models.Index]] = [*Record.Meta.indexes, map_index("archived_at")]

    def __str__(self) -> str:
        return str(getattr(self, self.kept.heading))

    @property
    def is_archived(self) -> bool:
        """Say whether the row is archived."""
        return self.archived_at is not None

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Fill what follows from other fields before the first check (holder, sector); registers override it."""

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Write what must stand beside the row (its party), inside the same transaction; registers override it."""

    def after_write(self, actor: Actor) -> None:
        """Bring in step what follows from the row once it is written, in the same transaction; registers override it.

        Called when it is entered, changed, archived and restored.
        """

    def stands_again(self, actor: Actor) -> None:
        """Bring back what stands beside the row (its party), before it is restored; registers override it."""

    @classmethod
    def let_go(cls, rows: Sequence[Self], actor: Actor, reason: str) -> None:
        """Put away what stands beside rows alone (their parties), once undoing their entry archived them.

        In the same transaction; registers override it.
        """

    @classmethod
    def before_write_many(cls, rows: Sequence[Self], actor: Actor) -> None:
        """Do for many new rows what ``before_write`` does for one; registers override it to write in sets."""
        for row in rows:
            row.before_write(actor, is_new=True)

    def faults(self) -> dict[str, list[Words]]:
        """Return reasons against the row by field; registers override it with pure rules."""
        return {}

    @classmethod
    def likenesses(cls, actor: Actor, values: Mapping[str, Any]) -> list[Likeness]:
        """Return rows that may be the same as what ``values`` would enter, the likest first; registers override it.

        ``values`` is raw input as a form or the API brings it; wrong input is passed over, never raised.
        """
        return []

    @classmethod
    def likenesses_many(cls, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[list[Likeness]]:
        """Return for each of many rows what it may be the same as, by what can be told in sets; registers override it."""
        return [[] for _ in rows]

    @classmethod
    def alike_by(cls, values: Mapping[str, Any]) -> Mapping[Hashable, Words]:
        """Return marks of an entry, each with the reason: two entries of one table that share a mark may be the same.

        What ``likenesses_many`` says of an entry and the rows that stand, this says of entries of which none stands yet.
        ``values`` holds the fields named in ``likened``, raw or as a row has them. Registers override it.
        """
        return {}

    @classmethod
    def are_told_apart(cls, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Say whether two entries are two although they share a mark; registers override it."""
        return False

    @classmethod
    def in_columns(cls, values: Mapping[str, list[Any]], actor: Actor, at: datetime) -> Settled:
        """Do for many rows what ``prepare``, ``faults`` and ``before_write_many`` do for one; ``values`` are the form's.

        Registers that many rows are brought into override it; it may call any row unusual, which is then made by itself.
        """
        return Settled({}, [True] * len(next(iter(values.values()), [])), lambda _: [])

    def also_known_as(self) -> list[uuid.UUID]:
        """Return the ids of rows merged into this one, whose matters its page shows too; registers override it."""
        return []

    def tells_history_to(self, actor: Actor) -> bool:
        """Say whether a reader is shown who did what to the row; registers that are opened to outsiders override it."""
        return True

    @classmethod
    def faults_so_far(cls, values: Mapping[str, Any]) -> dict[str, list[Words]]:
        """Return what can be told from some sound fields while others are missing or wrong; registers override it.

        Never more than ``faults`` would say of the whole row: it only says it sooner, so that a form is corrected in one go.
        """
        return {}

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return further parts of the row's page for this reader; registers override it."""
        return []


def registers() -> Iterator[type[Register]]:
    """Return every register of the installed domains."""
    yield from _by_slug(tuple(apps.get_models())).values()


def register_named(slug: str) -> type[Register] | None:
    """Return the register with this slug."""
    return _by_slug(tuple(apps.get_models())).get(slug)


@lru_cache(maxsize=2)
def _by_slug(models: tuple[type[Any], ...]) -> dict[str, type[Register]]:
    """Sort the installed models once: a page asks for its registers by the hundred."""
    return {model.kept.slug: model for model in models if issubclass(model, Register)}
