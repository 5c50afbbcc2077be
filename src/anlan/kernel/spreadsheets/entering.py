"""Entering a chunk of rows: cells → form input → the checks of the form → rows, matters and their ledger.

Registers go through ``prepare_many`` and ``write_many`` (the checks of ``create``), or ``edit`` where the row is already
there and the person asked for that; loops through the engine. Each row has a key of its own, so that a row entered once is
not entered again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction

from anlan.kernel.loops import open_matter
from anlan.kernel.registers import edit, restore
from anlan.kernel.registers.bulk import Entering, Prepared, Ready, prepare_many, write_many
from anlan.kernel.registers.columns import ColumnForm, PlainRows, goes_by_columns, that_meet, write_plain
from anlan.kernel.registers.errors import Invalid, KeepingError
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.registers.forms import RowForm
from anlan.kernel.registers.keeping import SAME_RECORD
from anlan.kernel.scope import Actor
from anlan.kernel.scope.responsibility import read_from
from anlan.kernel.spreadsheets.columnwise import Columnwise
from anlan.kernel.spreadsheets.coordinates import POINT, of_a_point, shift
from anlan.kernel.spreadsheets.guessing import bare
from anlan.kernel.spreadsheets.likening import held_back
from anlan.kernel.spreadsheets.models import ALIKE, CREATED, EDITED, RESTORED, SAME, WRONG
from anlan.kernel.spreadsheets.planning import GCJ02
from anlan.kernel.spreadsheets.references import Places, resolved
from anlan.kernel.spreadsheets.remembered import Remembered
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.spreadsheets.values import Untranslatable, number_input, plain_text, translation_of
from anlan.kernel.words import Words

REFERENCES = {"party", "post", "reference"}
UNDONE_BY_IMPORT = "撤销导入"


@dataclass
class Outcome:
    """What became of one row."""

    number: int
    outcome: str
    record: uuid.UUID | None = None
    version: int | None = None
    reasons: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Row:
    """One row on its way: its number in the sheet, what the form is brought, what could not be translated."""

    number: int
    data: dict[str, Any]
    faults: dict[str, list[Words | str]] = field(default_factory=dict)


@dataclass
class PreparedChunk:
    """A chunk of rows held to every check but what the database decides; what passed of a register is sealed already.

    ``plain`` are the rows that went through by columns, ``rows`` those that went by themselves.
    """

    rows: list[Row]
    ready: dict[int, Prepared]
    actor: Actor
    read_from: tuple[Any, ...]
    last: int
    plain: PlainRows | None = None


class Enterer:
    """Enters chunks of one import."""

    def __init__(self, table: Table, plan: Mapping[str, Any], source: uuid.UUID, reason: str) -> None:
        """Take the table, the plan, the import's id (keys follow from it) and the reason of edits."""
        self.table, self.plan, self.source, self.reason = table, plan, source, reason
        self.specs = {name: table.spec(name) for name in [*plan["fields"], *plan["constants"]]}
        self._inputs = [
            (name, plan["fields"].get(name), plan["constants"].get(name), self._input(name, spec))
            for name, spec in self.specs.items()
        ]
        self._places: Places | None = None
        self._made: tuple[Actor, RowForm, Columnwise | None] | None = None

    def key(self, number: int) -> uuid.UUID:
        """Return the key of a row: the same however often the row is tried."""
        return uuid.uuid5(self.source, f"row {number}")

    def prepare(self, actor: Actor, chunk: Sequence[tuple[int, Sequence[Any]]]) -> PreparedChunk:
        """Hold (number, cells) to every check but what the database decides; nothing is written."""
        last, plain = chunk[-1][0], None
        by_columns = self._forms(actor)[1] if self.table.loop is None else None
        if by_columns is not None:
            plain, chunk = by_columns.sifted(chunk, self.source)
        one_by_one = self._one_by_one(actor, chunk)
        one_by_one.last, one_by_one.plain = last, plain
        return one_by_one

    def _one_by_one(self, actor: Actor, chunk: Sequence[tuple[int, Sequence[Any]]]) -> PreparedChunk:
        rows = [self._row(number, cells) for number, cells in chunk]
        self._resolve(rows, actor)
        if self.table.loop is None:
            self._tell_all([row for row in rows if row.faults], actor)
        ready = self._ready(actor, rows) if self.table.loop is None else {}
        return PreparedChunk(rows, ready, actor, read_from(), rows[-1].number if rows else 0)

    def _tell_all(self, refused: Sequence[Row], actor: Actor) -> None:
        """Add what the form says of the other cells of rows that are refused: each is corrected in one go."""
        for row in refused:
            try:
                self._forms(actor)[0].cleaned(row.data)
            except Invalid as refusal:
                row.faults = {**refusal.errors, **row.faults}

    def _ready(self, actor: Actor, rows: Sequence[Row]) -> dict[int, Prepared]:
        sound = [row for row in rows if not row.faults]
        prepared = prepare_many(self.table.model, actor, self._entering(sound), form=self._forms(actor)[0])
        return {row.number: one for row, one in zip(sound, prepared, strict=True)}

    def write(self, prepared: PreparedChunk) -> list[Outcome]:
        """Enter what was prepared and return what became of each row, in one transaction of the caller's."""
        actor = prepared.actor
        if self.table.loop is None and prepared.read_from != read_from():
            # Who is responsible where has changed since.
            prepared.ready = self._ready(actor, prepared.rows)
            self._set_apart(prepared, set(prepared.plain.numbers if prepared.plain else ()))
        if prepared.plain is not None:
            others = [one.row for one in prepared.ready.values() if isinstance(one, Ready)]
            anyway = bool(self.plan["anyway"])
            self._set_apart(
                prepared, that_meet(self.table.model, actor, prepared.plain, others, anyway=anyway)
            )
        rows, plain = prepared.rows, prepared.plain
        sound = [row for row in rows if not row.faults]
        found = {
            row.number: Outcome(row.number, WRONG, reasons=_texts(row.faults)) for row in rows if row.faults
        }
        if self.table.loop is not None:
            found.update({outcome.number: outcome for outcome in self._open_all(actor, sound)})
        elif sound:
            entered = self._create_all(actor, sound, prepared.ready)
            found.update({outcome.number: outcome for outcome in entered})
        if plain is not None:
            found.update({outcome.number: outcome for outcome in self._write_plain(actor, plain)})
        return [found[number] for number in sorted(found)]

    def _set_apart(self, prepared: PreparedChunk, numbers: set[int]) -> None:
        """Let some rows of those that are plain go by themselves after all, each in its place."""
        if prepared.plain is None or not numbers:
            return
        again = self._one_by_one(prepared.actor, [one for one in prepared.plain.raw() if one[0] in numbers])
        prepared.rows = sorted([*prepared.rows, *again.rows], key=lambda row: row.number)
        prepared.ready |= again.ready
        plain = prepared.plain.without(numbers)
        prepared.plain = plain if plain.numbers else None

    def _write_plain(self, actor: Actor, plain: PlainRows) -> list[Outcome]:
        try:
            write_plain(self.table.model, plain)
        except IntegrityError:  # another act was quicker
            own = set(plain.numbers)
            again = self._one_by_one(actor, [one for one in plain.raw() if one[0] in own])
            return self._create_all(actor, [row for row in again.rows if not row.faults], again.ready)
        return [
            Outcome(number, CREATED, pk, 1)
            for number, pk in zip(plain.numbers, map(uuid.UUID, plain.ids), strict=True)
        ]

    def enter(self, actor: Actor, chunk: Sequence[tuple[int, Sequence[Any]]]) -> list[Outcome]:
        """Enter (number, cells) and return what became of each, in one transaction of the caller's."""
        return self.write(self.prepare(actor, chunk))

    def _forms(self, actor: Actor) -> tuple[RowForm, Columnwise | None]:
        """Return the form for the rows of an actor, and for columns of them, made once for as long as it is the same."""
        if self._made is None or self._made[0] != actor:
            model = self.table.model
            form = RowForm(model, model.kept.asks, actor)
            self._made = actor, form, self._columnwise(actor, form)
        return self._made[1:]

    def _columnwise(self, actor: Actor, form: RowForm) -> Columnwise | None:
        """Return what takes rows by columns, or None where each has to go by itself."""
        model = self.table.model
        is_usual = self.plan["coordinates"] != GCJ02 and self.specs.keys() <= form.fields.keys()
        refers = any(spec.kind in REFERENCES for spec in self.specs.values())
        if not is_usual or refers or not goes_by_columns(model, actor):
            return None
        places = self._places_of(actor).found

        def found(name: str) -> Callable[[Any], Any] | None:
            return places if self.specs[name].kind == "territory" else None

        return Columnwise(form, ColumnForm(model, actor), self._inputs, found)

    def _places_of(self, actor: Actor) -> Places:
        self._places = self._places or Places(actor.home_path)
        return self._places

    def _entering(self, rows: Sequence[Row]) -> list[Entering]:
        return [Entering(row.data, self.key(row.number)) for row in rows]

    # --- from cells to input

    def _row(self, number: int, cells: Sequence[Any]) -> Row:
        row = Row(number, {})
        width = len(cells)
        for name, column, constant, translate in self._inputs:
            cell = cells[column] if column is not None and column < width else None
            if cell is None or cell == "":
                cell = constant
            if cell is None or cell == "":
                continue
            try:
                row.data[name] = translate(cell)
            except Untranslatable as fault:
                row.faults[name] = [fault.words]
        if self.plan["coordinates"] == GCJ02:
            shift(row.data)
        return row

    def _input(self, name: str, spec: FieldSpec) -> Callable[[Any], Any]:
        """Return what makes the input of a form of a cell of a field, as the plan says; references are looked up later."""
        values, factor = self.plan["values"].get(name), self.plan["units"].get(name)
        translate: Callable[[Any], Any] = translation_of(spec)
        if spec.kind == "territory" or spec.kind in REFERENCES:
            translate, factor = _as_it_is, None
        elif name in POINT:
            translate, factor = of_a_point(translate), None
        if factor:
            translate = _in_unit(translate, factor)
        if values:
            return _remembering(lambda cell: translate(values.get(bare(plain_text(cell)), cell)))
        has_few = bool(spec.choices or spec.suggestions or spec.named) or spec.kind == "flag"
        return _remembering(translate) if has_few else translate

    def _resolve(self, rows: Sequence[Row], actor: Actor) -> None:
        """Put rows in the place of what refers to them; a name that cannot be told is a fault of the cell."""
        for name, spec in self.specs.items():
            if spec.kind == "territory":
                places = self._places_of(actor)
                for row in rows:
                    if name in row.data:
                        _put(row, name, places.found(row.data[name]), plain_text(row.data[name]))
            elif spec.kind in REFERENCES:
                known = resolved(spec, (row.data.get(name) for row in rows), actor)
                for row in rows:
                    if name in row.data:
                        text = plain_text(row.data[name])
                        _put(row, name, known.get(text), text)

    # --- registers

    def _create_all(self, actor: Actor, rows: Sequence[Row], ready: Mapping[int, Prepared]) -> list[Outcome]:
        model = self.table.model
        alike = {} if self.plan["anyway"] else held_back(model, actor, rows, ready)
        held = [row for row in rows if row.number in alike]
        rows = [row for row in rows if row.number not in alike]
        results = write_many(model, actor, self._entering(rows), [ready[row.number] for row in rows])
        outcomes = [Outcome(row.number, ALIKE, reasons=alike[row.number]) for row in held]
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, KeepingError):
                outcomes.append(self._refused(actor, row, result))
            else:
                outcomes.append(Outcome(row.number, CREATED, result.pk, result.version))
        return outcomes

    def _refused(self, actor: Actor, row: Row, refusal: KeepingError) -> Outcome:
        """Turn a refusal into an outcome; of a row that is already there, edit it where that was asked for."""
        if isinstance(refusal, Invalid) and len(refusal.errors) == 1:
            name, reasons = next(iter(refusal.errors.items()))
            if reasons == [SAME_RECORD] and name in self.table.asks:
                existing = self._existing(actor, name, row.data)
                if existing is not None:
                    return self._edited(actor, row, existing)
        return Outcome(row.number, WRONG, reasons=_reasons(refusal))

    def _existing(self, actor: Actor, name: str, data: Mapping[str, Any]) -> Any:
        """Return the row that holds a unique value already, if it may be edited by this import."""
        columns = _unique_columns(self.table.model, name)
        if not columns:
            return None
        rows = self.table.model.seen_by(actor)
        for column in columns:
            text = plain_text(data.get(column))
            rows = rows.filter(**{f"{column}__in": {text, bare(text).upper()}})
        existing = rows.first()
        if existing is None:
            return None
        was_undone = existing.is_archived and existing.archive_reason.startswith(UNDONE_BY_IMPORT)
        return existing if was_undone or (self.plan["update"] and not existing.is_archived) else None

    def _edited(self, actor: Actor, row: Row, existing: Any) -> Outcome:
        model, before, outcome = self.table.model, existing.version, EDITED
        try:
            with transaction.atomic():
                if existing.is_archived:
                    key = uuid.uuid5(self.source, f"restore {row.number}")
                    existing, outcome = restore(model, existing.pk, actor, self.reason, key=key), RESTORED
                data = {name: value for name, value in row.data.items() if name in model.kept.asks}
                changed = edit(model, existing.pk, actor, data, reason=self.reason, key=self.key(row.number))
        except KeepingError as refusal:
            return Outcome(row.number, WRONG, reasons=_reasons(refusal))
        if changed.version == before:
            outcome = SAME
        return Outcome(row.number, outcome, changed.pk, changed.version)

    # --- loops

    def _open_all(self, actor: Actor, rows: Sequence[Row]) -> list[Outcome]:
        outcomes = []
        for row in rows:
            try:
                with transaction.atomic():
                    entry = open_matter(self.table.loop, actor, row.data, key=self.key(row.number))
                outcomes.append(Outcome(row.number, CREATED, entry.chain, 1))
            except KeepingError as refusal:
                outcomes.append(Outcome(row.number, WRONG, reasons=_reasons(refusal)))
        return outcomes


def _unique_columns(model: Any, name: str) -> tuple[str, ...]:
    """Return the columns that together must be one, the first of them given; texts alone, for only these can be compared."""
    if model._meta.get_field(name).unique:
        return (name,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields[:1] == (name,):
            are_texts = all(
                isinstance(model._meta.get_field(one), models.CharField) for one in constraint.fields
            )
            return tuple(constraint.fields) if are_texts and constraint.condition is None else ()
    return ()


def _put(row: Row, name: str, found: Any, text: str) -> None:
    if isinstance(found, Words):
        row.faults[name] = [found]
    else:
        row.data[name] = found if found is not None else text


def _remembering(translate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the translation of a column of few values, each text translated once."""
    known = Remembered(translate)
    return lambda cell: known[cell] if type(cell) is str else translate(cell)


def _as_it_is(cell: Any) -> Any:
    return cell


def _in_unit(translate: Callable[[Any], Any], factor: str) -> Callable[[Any], Any]:
    return lambda cell: _scaled(translate(cell), factor)


def _scaled(text: str, factor: str) -> str:
    """Return a number in the field's own unit."""
    try:
        return format((Decimal(number_input(text)) * Decimal(factor)).normalize(), "f")
    except ArithmeticError:
        return text


def _reasons(refusal: KeepingError) -> dict[str, list[str]]:
    if isinstance(refusal, Invalid):
        return _texts(refusal.errors)
    return {"": [str(refusal.words)]}


def _texts(faults: Mapping[str, Sequence[Words | str]]) -> dict[str, list[str]]:
    return {name: list(dict.fromkeys(str(reason) for reason in reasons)) for name, reasons in faults.items()}
