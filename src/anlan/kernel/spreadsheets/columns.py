"""Columns of an export: how a stored value becomes what people read, without loading whole rows.

A row comes as a tuple from the database. References are read through a join, places and choices from a table held in
memory; what is personal shows as "…" to whoever may not see it of that row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.registers.showing import may_see_field
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.models import Party, Post, Territory
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.words import Words

HIDDEN = "…"
YES, NO = Words("是", "Yes"), Words("否", "No")
SCOPE_COLUMNS = ("path", "sector", "sensitivity", "holder_id")
Convert = Callable[[Any], Any]
_WITH_UNIT = Words("{label}（{unit}）", "{label} ({unit})")


@dataclass(frozen=True)
class Column:
    """One column: its heading, the path of its value, its conversion, and the kind of its cells."""

    spec: FieldSpec
    source: str
    convert: Convert | None
    kind: str  # text, number, date, instant

    @property
    def heading(self) -> str:
        """Return the heading, with the unit."""
        return with_unit(self.spec)

    @property
    def width(self) -> int:
        """Return a fitting width in characters."""
        if self.kind in {"date", "number"}:
            return 12
        if self.kind == "instant":
            return 17
        return 14 if self.spec.choices else 24 if self.spec.kind != "long_text" else 40


def with_unit(spec: FieldSpec) -> str:
    """Return the label of a field with its unit, as the head of a column has it."""
    return str(_WITH_UNIT.filled(label=spec.label, unit=spec.unit) if spec.unit is not None else spec.label)


def columns_of(table: Table, names: Sequence[str]) -> list[Column]:
    """Return the columns of a table for these fields, in the reader's language."""
    return [_column(spec) for spec in table.specs(names)]


def _column(spec: FieldSpec) -> Column:
    if spec.kind == "territory":
        places = place_names()
        return Column(spec, f"{spec.name}_id", lambda value: places.get(value, ""), "text")
    if spec.kind in {"party", "post", "reference"}:
        return Column(spec, _name_path(spec), None, "text")
    if spec.choices:
        known = {value: str(words) for value, words in spec.choices}
        return Column(spec, spec.name, lambda value: known.get(value, value), "text")
    if spec.named is not None:
        return Column(spec, spec.name, _named(spec.named), "text")
    if spec.kind == "flag":
        yes, no = str(YES), str(NO)
        return Column(spec, spec.name, lambda value: "" if value is None else yes if value else no, "text")
    kinds = {"number": "number", "whole_number": "number", "date": "date", "instant": "instant"}
    convert = str if spec.kind == "identifier" else None
    return Column(spec, spec.name, convert, kinds.get(spec.kind, "text"))


def place_names() -> dict[Any, str]:
    """Return every place by its id as it is written in tables: county/township/village, from the city down."""
    rows = list(Territory.objects.order_by("path").values_list("pk", "path", "name", "level"))
    by_path: dict[str, str] = {}
    names: dict[Any, str] = {}
    for pk, path, name, level in rows:
        above = by_path.get(path.rstrip("/").rsplit("/", 1)[0] + "/", "")
        by_path[path] = "" if level in {"province", "city"} else f"{above}/{name}" if above else name
        names[pk] = by_path[path] or name
    return names


def _name_path(spec: FieldSpec) -> str:
    """Return the path to the name of what a field refers to."""
    target: Any = spec.target
    if target is Party:
        return f"{spec.name}__name"
    if target is Post:
        return f"{spec.name}__title"
    if issubclass(target, Matter):
        return f"{spec.name}__number"
    if issubclass(target, Register):
        return f"{spec.name}__{target.kept.heading}"
    return f"{spec.name}_id"


def _named(named: Callable[[Any], Words | None]) -> Convert:
    """Return a conversion to the code and its words, remembered: there are few codes and many rows."""
    known: dict[Any, Any] = {}

    def convert(value: Any) -> Any:
        if value not in known:
            words = named(value) if value else None
            text = str(words) if words is not None else value
            known[value] = text if text is None or str(value) in str(text) else f"{value} {text}"
        return known[value]

    return convert


@dataclass
class Reading:
    """Turns tuples of the database into tuples of cells for one reader."""

    table: Table
    columns: Sequence[Column]

    def __post_init__(self) -> None:
        """See which columns hide something, and what must be read to decide it."""
        self.hiding = [n for n, column in enumerate(self.columns) if column.spec.sensitivity >= PERSONAL]
        self.sources = [column.source for column in self.columns]
        if self.hiding:
            self.sources += SCOPE_COLUMNS
        self.converting = [(n, c.convert) for n, c in enumerate(self.columns) if c.convert is not None]

    def cells(self, row: Sequence[Any], actor: Actor) -> list[Any]:
        """Return the cells of one row."""
        count = len(self.columns)
        cells = list(row[:count])
        for n, convert in self.converting:
            cells[n] = convert(cells[n])
        if self.hiding:
            self._hide(cells, row[count:], actor)
        return cells

    def _hide(self, cells: list[Any], scope: Sequence[Any], actor: Actor) -> None:
        where = SimpleNamespace(**dict(zip(SCOPE_COLUMNS, scope, strict=True)), _meta=self.table.model._meta)
        for n in self.hiding:
            if cells[n] not in (None, "") and not may_see_field(actor, where, self.columns[n].spec):
                cells[n] = HIDDEN
