"""A table is a register or a loop as a spreadsheet sees it: which columns go out, which fields come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.kernel.loops import loop_named, loops
from anlan.kernel.registers import FieldSpec, Listing, register_named, registers
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.words import Words


@dataclass(frozen=True)
class Table:
    """One register or loop. ``columns`` go out, ``asks`` come in (empty where nothing can be entered directly)."""

    slug: str
    words: Words
    model: Any
    loop: Any
    columns: tuple[str, ...]
    asks: tuple[str, ...]
    facets: Sequence[str]
    sorts: Sequence[str]
    order: str

    def listing(self, actor: Actor, base: Q | None = None) -> Listing:
        """Return the list of this table for an actor."""
        return Listing(
            model=self.model,
            actor=actor,
            facets=self.facets,
            sorts=self.sorts,
            order=self.order,
            base=base or Q(),
        )

    def spec(self, name: str) -> FieldSpec:
        """Return the spec of one field."""
        return spec_of(self.model, name)

    def specs(self, names: Sequence[str]) -> list[FieldSpec]:
        """Return the specs of several fields."""
        return [self.spec(name) for name in names]

    def required(self, name: str) -> bool:
        """Say whether a field must be given when a row is entered."""
        if self.loop is not None:
            return name in self.loop.opening.asks and self.spec(name).kind != "flag"
        return self.spec(name).required

    def may_enter(self, actor: Actor) -> bool:
        """Say whether the actor's kind of post may enter rows at all."""
        if not self.asks:
            return False
        by = self.loop.opening.by if self.loop is not None else self.model.kept.writers
        return actor.post_kind in by.kinds()


@dataclass(frozen=True)
class OwnTable(Table):
    """A table that is no register: one row becomes several records, entered and undone as its domain says.

    ``enterer`` makes what enters chunks of one import, ``undo`` undoes one of its rows and says why not; ``also`` are further
    headings of a field; ``page`` names a register and the pages below one of its rows where such tables are uploaded and
    where what came of them is seen (``Import.about`` is that row).
    """

    fields: Mapping[str, FieldSpec]
    enterer: Callable[[Any], Any]
    undo: Callable[[Any, Any, Actor, str], str]
    also: Mapping[str, Sequence[str]]
    writers: frozenset[str]
    page: tuple[str, str, str]

    def spec(self, name: str) -> FieldSpec:
        """Return the spec of one field."""
        return self.fields[name]

    def required(self, name: str) -> bool:
        """Say whether a field must be given when a row is entered."""
        return self.fields[name].required

    def may_enter(self, actor: Actor) -> bool:
        """Say whether the actor's kind of post may enter rows at all."""
        return actor.post_kind in self.writers


_OWN: dict[str, OwnTable] = {}


def declare_table(table: OwnTable) -> None:
    """Make a table of a domain known; call it in the ``ready`` of its app."""
    _OWN[table.slug] = table


def table_named(slug: str) -> Table | None:
    """Return the register, loop or table of a domain with this slug."""
    if slug in _OWN:
        return _OWN[slug]
    model = register_named(slug)
    if model is not None:
        return _of_register(model)
    loop = loop_named(slug)
    return _of_loop(loop) if loop is not None else None


def every_table() -> Iterator[Table]:
    """Return every register and loop of the installed domains."""
    yield from (_of_register(model) for model in registers())
    yield from (_of_loop(loop) for loop in loops())


def _of_register(model: Any) -> Table:
    kept = model.kept
    shown = [kept.heading, *kept.columns, *(name for _words, part in kept.panels for name in part)]
    asked = [name for name in kept.asks if spec_of(model, name).sensitivity < PERSONAL]
    columns = tuple(dict.fromkeys([*shown, *asked]))
    return Table(
        kept.slug, kept.words, model, None, columns, tuple(kept.asks), kept.facets, kept.sorts, kept.order
    )


def _of_loop(loop: Any) -> Table:
    listed = loop.columns or ("state", "territory", "due_at", "opened_at")
    shown = ["number", *listed, *(name for _words, part in loop.panels for name in part)]
    opens = loop.opening is not None and not loop.opened_by
    asks = tuple(loop.opening.field_names()) if opens else ()
    if opens and any(need.required for need in loop.opening.needs):
        asks = ()  # what needs a photo to begin is not begun by a row of a table
    columns = tuple(dict.fromkeys([*shown, *asks]))
    return Table(loop.slug, loop.words, loop.model, loop, columns, asks, loop.facets, loop.sorts, loop.order)
