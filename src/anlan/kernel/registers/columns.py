"""Many plain rows of a register column by column, from the values of its form to the lines that COPY takes.

Rows made one by one cost most in what is the same for all of them: a model instance, its defaults, its checks, its entry. Here a
column is worked through at once and a row exists only as lines. A register that can say in columns what it says of a row
(``Register.in_columns``) is entered this way; rows it would refuse, or knows nothing of, are left to ``bulk``, which alone
refuses and says why.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, repeat
from typing import Any

import h3
from django.db import models, transaction

from anlan.kernel import clock
from anlan.kernel.copying import LinesLike, column_text, copy_lines, is_plain, new_row
from anlan.kernel.ids import new_ids
from anlan.kernel.ledger.beginning import Beginnings, quoted
from anlan.kernel.ledger.canonical import canonical
from anlan.kernel.ledger.writing import append_lines, is_private_person, keys_known
from anlan.kernel.registers.bulk import standing, unique_sets
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.fields import plain, sensitivity_of
from anlan.kernel.registers.hexagons import RESOLUTION
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.registers.record import Record
from anlan.kernel.registers.searching import vector_of
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.touched import note_many
from anlan.kernel.vault import EncryptedText
from anlan.kernel.vault.cipher import seal_many

Columns = dict[str, list[Any]]


@dataclass
class PlainRows:
    """Rows of a register that passed every check but what the database decides, as the lines of all the tables they go into."""

    numbers: list[int]
    ids: list[str]
    keys: list[str]
    unique: list[list[tuple[Any, ...]]]
    likened: Columns
    lines: list[tuple[type[models.Model], bytes]]
    entries: tuple[bytes, bytes]
    cells: bytes = field(default=b"")

    def without(self, numbers: set[int]) -> PlainRows:
        """Return the rows but for some."""
        kept = [number not in numbers for number in self.numbers]

        def of(values: list[Any]) -> list[Any]:
            return list(compress(values, kept))

        def lines(text: bytes) -> bytes:
            return b"".join(compress(text.splitlines(keepends=True), kept))

        return PlainRows(
            of(self.numbers), of(self.ids), of(self.keys), [of(values) for values in self.unique],
            {name: of(values) for name, values in self.likened.items()},
            [(model, lines(text)) for model, text in self.lines],
            (lines(self.entries[0]), lines(self.entries[1])), self.cells,
        )  # fmt: skip

    def raw(self) -> list[Any]:
        """Return the rows as they were read, all that were plain when they were prepared."""
        return list(pickle.loads(self.cells))  # noqa: S301 (of our own process)


def goes_by_columns(model: type[Register], actor: Actor) -> bool:
    """Say whether rows of a register can be entered by columns, by this actor."""
    rows_alone = (Register.after_write, Record.settle, Record.words_to_find)
    is_usual = (model.after_write, model.settle, model.words_to_find) == rows_alone
    fields = [model._meta.get_field(name) for name in model.kept.asks]
    is_told = all(is_plain(one) or isinstance(one, EncryptedText) for one in fields)
    has_columns = getattr(model.in_columns, "__func__", None) is not getattr(
        Register.in_columns, "__func__", None
    )
    return (
        has_columns
        and is_usual
        and is_told
        and model.kept.writers.is_of_place()
        and not is_private_person(actor)
    )


class ColumnForm:
    """Makes plain rows of the columns of a register's form."""

    def __init__(self, model: type[Register], actor: Actor) -> None:
        """Take the register and who enters."""
        self._model, self._actor = model, actor
        self._fields: dict[str, Any] = {name: model._meta.get_field(name) for name in model.kept.asks}
        open_names = [name for name in self._fields if sensitivity_of(model, name) < PERSONAL]
        self._open = sorted(open_names)
        self._sealed = sorted(set(self._fields) - set(open_names))
        self._may: dict[tuple[str, str], bool] = {}

    def plain_rows(
        self, values: Columns, numbers: list[int], keys: list[str], raw: Sequence[Any]
    ) -> tuple[PlainRows | None, set[int]]:
        """Return the rows of these columns that are sound, and the numbers of those that are to be entered by themselves."""
        now, actor, model = clock.now(), self._actor, self._model
        settled = model.in_columns(values, actor, now)
        told = {**values, **settled.columns}
        may = map(self._may_write, told["territory"], told["sector"])
        sound = [not unusual and may_write for unusual, may_write in zip(settled.unusual, may, strict=True)]
        left = {number for number, is_sound in zip(numbers, sound, strict=True) if not is_sound}
        if left:
            told, values = _compressed(told, sound), _compressed(values, sound)
            numbers, keys, raw = (list(compress(one, sound)) for one in (numbers, keys, raw))
        if not numbers:
            return None, left
        ids = new_ids(len(numbers))
        beside = settled.beside(told) if settled.beside is not None else []
        lines = self._lines(told, ids, now)
        data, private = self._objects(self._open, values), None
        if self._sealed:
            private = self._objects(self._sealed, values)
        begun = Beginnings(
            subject_of(model), "created", actor, at=now, received_at=clock.now(), is_demo=actor.is_demo
        )
        unique = [list(zip(*(_column(told, model, name, len(ids)) for name in names), strict=True))
                  for names, _ in unique_sets(model)]  # fmt: skip
        likened = {name: values[name] for name in model.likened}
        rows = PlainRows(numbers, ids, keys, unique, likened, [*beside, (model, lines)],
                         begun.lines(ids, keys, data, private), pickle.dumps(raw, pickle.HIGHEST_PROTOCOL))  # fmt: skip
        return rows, left

    def _may_write(self, place: Any, sector: str) -> bool:
        """Say whether the actor may enter a row of a sector at a place, which is all that decides it."""
        known = self._may.get((place.path, sector))
        if known is None:
            row = new_row(self._model, {"territory": place, "path": place.path, "sector": sector})
            known = self._model.kept.writers.allows(self._actor, row, self._model._meta.app_label)
            self._may[place.path, sector] = known
        return known

    def _lines(self, told: Columns, ids: list[str], now: datetime) -> bytes:
        """Return the lines of the rows themselves; what no column tells is as it is in any new row."""
        model, places = self._model, told["territory"]
        row = new_row(model, {"created_at": now, "updated_at": now, "is_demo": self._actor.is_demo})
        texts: dict[str, list[str]] = {"id": ids, "path": [place.path for place in places]}
        texts["cell"] = _cells(told["longitude"], told["latitude"])
        words = [told[name] for name in model.searched]
        texts["search"] = [vector_of(" ".join(map(str, filter(None, found))))
                           for found in zip(*words, [place.name for place in places], strict=True)]  # fmt: skip
        for name, values in told.items():
            of: Any = model._meta.get_field(name)
            texts[of.attname] = _texts_of(of, values)
        return LinesLike(row, [*texts]).lines(texts)

    def _objects(self, names: Sequence[str], values: Columns) -> list[str]:
        """Return canonical JSON objects with the values of some columns, whose names are in order."""
        parts: list[Any] = []
        for place, name in enumerate(names):
            parts += [repeat(f"{',' if place else '{'}{quoted(name)}:"), _written(_json_of, values[name])]
        return [f"{joined}}}" for joined in map("".join, zip(*parts, strict=False))]


def _texts_of(of: Any, values: list[Any]) -> list[str]:
    """Return the values of a column as COPY takes them, sealed where they are kept so."""
    if isinstance(of, EncryptedText):
        sealed = iter(seal_many([value for value in values if value], of.purpose))
        return [next(sealed) if value else "" for value in values]
    if isinstance(of, models.ForeignKey):
        return [str(getattr(value, "pk", value)) for value in values]
    return _written(column_text, values)


def _written(write: Callable[[Any], str], values: list[Any]) -> list[str]:
    """Return what is written for each value of a column; where few differ, each of them is written once."""
    different = set(values)
    if len(different) * 2 > len(values):
        return list(map(write, values))
    known = {value: write(value) for value in different}
    return [known[value] for value in values]


def _json_of(value: Any) -> str:
    told = plain(value)
    return quoted(told) if type(told) is str else canonical(told).decode()


def _cells(longitudes: list[Any], latitudes: list[Any]) -> list[str]:
    return [
        h3.latlng_to_cell(float(lat), float(lng), RESOLUTION) if lng is not None and lat is not None else ""
        for lng, lat in zip(longitudes, latitudes, strict=True)
    ]


def _column(told: Columns, model: type[Register], name: str, count: int) -> list[Any]:
    return told[name] if name in told else [new_row(model, {}).__dict__.get(name)] * count


def _compressed(columns: Mapping[str, list[Any]], kept: list[bool]) -> Columns:
    return {name: list(compress(values, kept)) for name, values in columns.items()}


# --- writing


def that_meet(
    model: type[Register], actor: Actor, rows: PlainRows, others: Sequence[Register], *, anyway: bool
) -> set[int]:
    """Return the numbers of rows that meet another: of the chunk, of the register, one like it, or themselves entered before."""
    met: set[int] = set()
    before = keys_known(rows.keys)
    met.update(number for number, key in zip(rows.numbers, rows.keys, strict=True) if key in before)
    if not anyway and rows.likened:
        said = [dict(zip(rows.likened, one, strict=True)) for one in zip(*rows.likened.values(), strict=True)]
        alike = model.likenesses_many(actor, said)
        met.update(number for number, found in zip(rows.numbers, alike, strict=True) if found)
        met.update(_sharing_a_mark(model, rows.numbers, said, others))
    for (names, condition), values in zip(unique_sets(model), rows.unique, strict=True):
        stands = standing(model, names, values, condition)
        stands.update(tuple(getattr(row, name) for name in names) for row in others)
        first: dict[tuple[Any, ...], int] = {}
        for number, value in zip(rows.numbers, values, strict=True):
            if None in value:
                continue
            if value in stands or value in first:
                met.update((number, first.get(value, number)))
            first.setdefault(value, number)
    return met


def _sharing_a_mark(
    model: type[Register],
    numbers: Sequence[int],
    said: Sequence[Mapping[str, Any]],
    others: Sequence[Register],
) -> set[int]:
    """Return the numbers of rows that may be the same as another of the chunk: which of them go in is told row by row."""
    first: dict[Any, int | None] = {}
    for row in others:
        first.update(dict.fromkeys(model.alike_by({name: getattr(row, name) for name in model.likened})))
    met: set[int] = set()
    for number, values in zip(numbers, said, strict=True):
        for mark in model.alike_by(values):
            if mark in first:
                met.add(number)
                met.update({first[mark]} - {None})  # type: ignore[arg-type]
            else:
                first[mark] = number
    return met


def write_plain(model: type[Register], rows: PlainRows) -> None:
    """Write rows that meet nothing, all in one go or none; raises IntegrityError where one met another after all."""
    with transaction.atomic():
        note_many(model, rows.ids, is_new=True)
        for table, lines in rows.lines:
            copy_lines(table, [lines])
        append_lines(*rows.entries)
