"""Many rows of a register at once: the very checks of ``create``, with what can be looked up for all looked up once.

Form, preparation, authority and faults are those of ``keeping``; only the writing is done in sets: one insert, one ledger
append. Where a set meets a conflict it did not foresee, the rows are entered one by one, so that the outcome is always
that of entering them one by one, in order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.base import ModelState

from anlan.kernel import clock, ledger
from anlan.kernel.copying import copy_new
from anlan.kernel.ledger.writing import Begun, NewEntry, append_begun, begin_chains
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import Invalid, KeepingError
from anlan.kernel.registers.forms import RowForm
from anlan.kernel.registers.keeping import (
    SAME_RECORD,
    create,
    entry_parts,
    made,
    must_be_entered,
    repeated,
    subject_of,
    with_every_fault,
)
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.responsibility import remembering
from anlan.kernel.scope.touched import note_many

Result = Register | KeepingError


@dataclass(frozen=True)
class Entering:
    """One row to enter: what a form would bring, and the key that makes entering it twice harmless."""

    data: Mapping[str, Any]
    key: uuid.UUID


@dataclass(frozen=True)
class Ready:
    """A row that passed every check but what the database decides, and the sealed entry its chain begins with."""

    row: Register
    begun: Begun

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell it to another process: the values of the row alone, in a fraction of the time a model takes to be told."""
        values = dict(self.row.__dict__)
        return _told, (type(self.row), values.pop("_state").fields_cache, values, self.begun)


def _told(model: type[Register], related: dict[str, Any], values: dict[str, Any], begun: Begun) -> Ready:
    row = model.__new__(model)
    row.__dict__.update(values)
    row._state = ModelState()
    row._state.fields_cache = related
    return Ready(row, begun)


Prepared = Ready | KeepingError


def create_many(
    model: type[Register], actor: Actor, rows: Sequence[Entering], *, form: RowForm | None = None
) -> list[Result]:
    """Enter rows and return for each, in order, the row or the refusal. One transaction; call it in chunks."""
    with transaction.atomic(), remembering():
        return write_many(model, actor, rows, prepare_many(model, actor, rows, form=form))


def prepare_many(
    model: type[Register], actor: Actor, rows: Sequence[Entering], *, form: RowForm | None = None
) -> list[Prepared]:
    """Hold rows to everything but what the database decides, and seal their entries; nothing is written.

    Rows do not look at each other here: they may be prepared before the rows above them are written.
    """
    must_be_entered(model)
    now = clock.now()
    form = form or RowForm(model, model.kept.asks, actor)
    found: list[Register | KeepingError] = []
    entries: list[NewEntry] = []
    for entering in rows:
        try:
            values = with_every_fault(model, partial(form.cleaned, entering.data))
            row = made(model, actor, values, now, now)
        except KeepingError as refusal:
            found.append(refusal)
            continue
        shared, sealed = entry_parts(model, values)
        entries.append(NewEntry(row.pk, shared, sealed, entering.key, row.is_demo, is_plain=True))
        found.append(row)
    begun = iter(begin_chains(subject_of(model), "created", actor, entries, at=now, received_at=clock.now()))
    return [one if isinstance(one, KeepingError) else Ready(one, next(begun)) for one in found]


def write_many(
    model: type[Register], actor: Actor, rows: Sequence[Entering], prepared: Sequence[Prepared]
) -> list[Result]:
    """Write what was prepared of some rows and return for each, in order, the row or the refusal. One transaction."""
    with transaction.atomic(), remembering():
        results: list[Result | None] = [None] * len(rows)
        ready: list[tuple[int, Ready]] = []
        known = ledger.LedgerEntry.objects.filter(key__in=[row.key for row in rows])
        replayed = set(known.values_list("key", flat=True))
        for place, (row, one) in enumerate(zip(rows, prepared, strict=True)):
            before = repeated(model, row.key, actor, "created") if row.key in replayed else None
            if before is not None:
                results[place] = before
            elif isinstance(one, KeepingError):
                results[place] = one
            else:
                ready.append((place, one))
        for place, result in _written(model, actor, rows, ready):
            results[place] = result
    return [result for result in results if result is not None]


def _written(
    model: type[Register], actor: Actor, rows: Sequence[Entering], ready: list[tuple[int, Ready]]
) -> Iterator[tuple[int, Result]]:
    """Write the rows that passed; in sets where they do not meet, else one by one."""
    clashes = _clashes(model, [one.row for _, one in ready])
    free = [one for n, one in enumerate(ready) if n not in clashes]
    for n, field in clashes.items():
        yield ready[n][0], Invalid({field: [SAME_RECORD]})
    try:
        with transaction.atomic():
            _write_set(model, actor, [one for _, one in free])
    except IntegrityError:
        for place, _one_ready in free:
            yield place, _one(model, actor, rows[place])
        return
    yield from ((place, one.row) for place, one in free)


def _one(model: type[Register], actor: Actor, row: Entering) -> Result:
    try:
        return create(model, actor, row.data, key=row.key)
    except KeepingError as refusal:
        return refusal


def _write_set(model: type[Register], actor: Actor, ready: Sequence[Ready]) -> None:
    rows = [one.row for one in ready]
    model.before_write_many(rows, actor)
    note_many(model, [row.pk for row in rows], is_new=True)
    copy_new(model, rows)
    append_begun([one.begun for one in ready])
    for row in rows:
        row.after_write(actor)


class MustBeOne:
    """Of some rows in their order, which repeat what must be one: of a row that stands, or of one above that was taken."""

    def __init__(self, model: type[Register], rows: Sequence[Register]) -> None:
        """Take the rows; one question for each set of columns that together must be one."""
        self._sets = []
        for names, condition in unique_sets(model):
            values = [tuple(getattr(row, _column(model, n)) for n in names) for row in rows]
            self._sets.append((names[0], values, standing(model, names, values, condition)))

    def repeated(self, place: int) -> str | None:
        """Return the field in which the row at a place repeats another, if it does."""
        return next((name for name, values, taken in self._sets if values[place] in taken), None)

    def take(self, place: int) -> None:
        """Count the row at a place among those that stand."""
        for _, values, taken in self._sets:
            if None not in values[place]:
                taken.add(values[place])


def _clashes(model: type[Register], rows: Sequence[Register]) -> dict[int, str]:
    """Return which rows repeat what must be one, among themselves or with what stands: place → field at fault."""
    found: dict[int, str] = {}
    ones = MustBeOne(model, rows)
    for place in range(len(rows)):
        field = ones.repeated(place)
        if field is not None:
            found[place] = field
        else:
            ones.take(place)
    return found


def unique_sets(model: type[models.Model]) -> Iterator[tuple[tuple[str, ...], Q]]:
    """Yield the columns that together must be one, and the condition under which they must."""
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.name,), Q()
    for constraint in model._meta.constraints:
        # A new row is never archived: of conditions, this one is met.
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition in (
            None,
            Q(archived_at=None),
        ):
            yield tuple(constraint.fields), constraint.condition or Q()


def standing(
    model: type[Register], names: tuple[str, ...], values: Sequence[tuple[Any, ...]], condition: Q
) -> set[tuple[Any, ...]]:
    """Return which of some values of columns that must be one are taken."""
    rows = model.unscoped("what must be one must be one in the whole city").filter(condition)
    first = _column(model, names[0])
    wanted = {value[0] for value in values if value[0] is not None}
    columns = [_column(model, name) for name in names]
    if not wanted:
        return set()
    is_text = isinstance(model._meta.get_field(names[0]), models.CharField)
    among = {f"{first}__any": sorted(wanted)} if is_text else {f"{first}__in": wanted}
    return set(rows.filter(**among).values_list(*columns))


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.attname)
