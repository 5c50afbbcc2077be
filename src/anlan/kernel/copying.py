"""Making and writing new rows: what a model's constructor makes and ``bulk_create`` writes, at several times their speed;
many by COPY, a few by one INSERT.
"""

from __future__ import annotations

import inspect
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeVar

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import signals
from django.db.models.base import ModelState
from django.db.models.query_utils import DeferredAttribute
from psycopg import sql
from psycopg.types.json import Jsonb

from anlan.kernel.gathering import send_waiting, write

M = TypeVar("M", bound=models.Model)


def new_row(model: type[M], values: Mapping[str, Any]) -> M:
    """Return ``model(**values)``; where thousands are made, its asking each field again each time is what costs."""
    defaults = _defaults_of(model)
    if defaults is None or not values.keys() <= defaults.names:
        return model(**values)
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(defaults.same)
    for name, make in defaults.made:
        if name not in values:
            row.__dict__[name] = make()
    row.__dict__.update(values)
    for name in defaults.related & values.keys():
        del row.__dict__[name]
        setattr(row, name, values[name])
    return row


@dataclass(frozen=True)
class _Defaults:
    """What stands in a row nobody gave anything: the same in each, or made anew; what may be given, and what of it is more
    than a value in its column.
    """

    same: Mapping[str, Any]
    made: Sequence[tuple[str, Callable[[], Any]]]
    names: frozenset[str]
    related: frozenset[str]


@cache
def _defaults_of(model: type[models.Model]) -> _Defaults | None:
    """Return the defaults of a model, or None for one that does more when a row is made."""
    is_watched = signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model)
    if is_watched or model.__init__ is not models.Model.__init__:
        return None
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    made = [f for f in fields if f.has_db_default() or callable(f.default)]
    same = {field.attname: field.get_default() for field in fields if field not in made}
    names = {name for field in fields for name in (field.name, field.attname)}
    related = {name for name in names if type(inspect.getattr_static(model, name)) is not DeferredAttribute}
    makers = [(field.attname, field.get_default) for field in made]
    return _Defaults(same, makers, frozenset(names), frozenset(related))


def copy_new(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Write new rows of a model in one COPY, each field by its own conversion; inside the caller's transaction.

    A column whose value the database computes or gives by default is left to it. Raises Django's errors, as any write does.
    """
    if not rows:
        return
    readers = _shape_of(model).readers
    send_waiting()
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.cursor.copy(_copy_into(model)) as copy,
    ):
        for row in rows:
            copy.write_row([read(row) for read in readers])
    _are_written(rows)


def lines_of(model: type[models.Model], rows: Sequence[models.Model]) -> list[bytes]:
    """Return new rows as the lines that ``copy_lines`` writes, each field by its own conversion; needs no database."""
    readers = _shape_of(model).readers
    return [("\t".join([_as_text(read(row)) for read in readers]) + "\n").encode() for row in rows]


class LineLike:
    """The lines of new rows that say nearly the same as one of them: only what differs is written out anew."""

    def __init__(self, row: models.Model) -> None:
        """Take the row that stands for all."""
        shape = _shape_of(type(row))
        self._texts = [_as_text(read(row)) for read in shape.readers]
        self._places = {name: place for place, name in enumerate(shape.attributes)}

    def line(self, differing: Mapping[str, Any]) -> bytes:
        """Return the line of a row with these values of its own, each as the column takes it (JSON as ``Jsonb``)."""
        texts = self._texts.copy()
        for name, value in differing.items():
            texts[self._places[name]] = _as_text(value)
        return ("\t".join(texts) + "\n").encode()


class LinesLike:
    """The lines of many new rows that say nearly the same as one of them, told by the columns in which they differ."""

    def __init__(self, row: models.Model, differing: Sequence[str]) -> None:
        """Take the row that stands for all, and the columns in which the rows differ."""
        shape = _shape_of(type(row))
        strange = set(differing) - set(shape.attributes)
        if strange:
            raise ValueError(f"{type(row).__name__} writes no {', '.join(sorted(strange))}")
        # What is the same stands between what differs, tabs included.
        self._between, text = [], ""
        self._differing = []
        for place, (name, read) in enumerate(zip(shape.attributes, shape.readers, strict=True)):
            text += "\t" if place else ""
            if name in differing:
                self._between.append(text)
                self._differing.append(name)
                text = ""
            else:
                text += _as_text(read(row))
        self._end = text + "\n"

    def lines(self, texts: Mapping[str, Sequence[str]]) -> bytes:
        """Return the lines of rows, given the texts of each differing column as COPY takes them."""
        parts: list[Iterable[str]] = []
        for between, name in zip(self._between, self._differing, strict=True):
            parts += [repeat(between), texts[name]]
        return "".join(map("".join, zip(*parts, repeat(self._end), strict=False))).encode()


def column_text(value: Any) -> str:
    """Return a value of a plain column as COPY reads it from text; raises TypeError for one whose text is not told here."""
    return _as_text(value)


def is_plain(field: Any) -> bool:
    """Say whether a column's value in Python is what is written: nothing has to be converted."""
    return type(field) in _PLAIN


def copy_lines(model: type[models.Model], lines: Sequence[bytes]) -> None:
    """Write new rows of a model in one COPY from their lines; inside the caller's transaction."""
    if lines:
        send_waiting()
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.cursor.copy(_copy_into(model)) as copy,
        ):
            copy.write(b"".join(lines))


def _copy_into(model: type[models.Model]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(map(sql.Identifier, _shape_of(model).columns)),
    )


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = re.compile(r"[\\\t\n\r]")


def _as_text(value: Any) -> str:
    """Return a value as COPY reads it from text; raises TypeError for one whose text is not told here."""
    text = _TEXTS.get(type(value))
    if text is not None:
        return text(value)
    for kind, text in _TEXTS.items():  # a choice is a str, a folder of rows a UUID: kinds of these
        if isinstance(value, kind):
            return text(value)
    raise TypeError(f"{type(value).__name__} has no text for COPY here")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED) if _SPECIAL.search(text) else text


def _as_json(value: Jsonb) -> str:
    try:
        return _escaped(orjson.dumps(value.obj).decode())
    except (TypeError, ValueError):  # an integer beyond 64 bits
        return _escaped(json.dumps(value.obj, ensure_ascii=False))


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    type(None): lambda _: "\\N",
    uuid.UUID: str,
    bool: str,
    int: str,
    Decimal: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    Jsonb: _as_json,
}


def insert_new(
    model: type[models.Model], rows: Sequence[models.Model], *, ignore_conflicts: bool = False
) -> None:
    """Write a few new rows in one INSERT, each field by its own conversion; inside the caller's transaction.

    The statement is not put together anew each time, which costs more than writing a row. For models whose columns take
    their values as they are. Raises Django's errors; the transaction is then to be rolled back.
    """
    if not rows:
        return
    shape = _shape_of(model)
    places = ", ".join([shape.places] * len(rows))
    command = f"{shape.insert} {places}{' ON CONFLICT DO NOTHING' if ignore_conflicts else ''}"
    write(command, [read(row) for row in rows for read in shape.readers])
    _are_written(rows)


def rewrite_one(row: models.Model, names: Sequence[str]) -> None:
    """Write some columns of a row that is there, each field by its own conversion.

    For a row whose lock the caller's transaction holds: that it is still there is not looked at.
    """
    command, readers = _rewriting(type(row), tuple(names))
    write(command, [read(row) for read in readers])


@lru_cache(maxsize=512)
def _rewriting(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[str, tuple[Callable[[Any], Any], ...]]:
    """Return the statement that writes some columns of a row found by its key, and what reads its values off the row."""
    key: Any = model._meta.pk
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    to = ", ".join(f"{quote(field.column)} = {_place(field)}" for field in fields)
    command = f"UPDATE {quote(model._meta.db_table)} SET {to} WHERE {quote(key.column)} = %s"  # noqa: S608 - our names
    return command, tuple(_reader(field, is_new=False) for field in (*fields, key))


def rewrite(model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write some columns of many rows that are there, each field by its own conversion, in one statement.

    For rows whose lock the caller's transaction holds. Raises Django's errors, and LookupError where a row is gone.
    """
    if not rows or not names:
        return
    fields: list[Any] = [model._meta.pk, *map(model._meta.get_field, names)]
    quote = connection.ops.quote_name
    columns = [quote(field.column) for field in fields]
    # The first row of VALUES gives the types of all.
    places = [f"({', '.join(f'%s::{_type_of(field)}' for field in fields)})"]
    places += [f"({', '.join(['%s'] * len(fields))})"] * (len(rows) - 1)
    to, key = ", ".join(f"{column} = new.{column}" for column in columns[1:]), columns[0]
    command = f"UPDATE {quote(model._meta.db_table)} AS old SET {to} FROM (VALUES {', '.join(places)})"  # noqa: S608 - our names
    readers = [_reader(field, is_new=False) for field in fields]
    with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        cursor.execute(
            f"{command} AS new ({', '.join(columns)}) WHERE old.{key} = new.{key}",
            [read(row) for row in rows for read in readers],
        )
        if cursor.rowcount != len(rows):
            raise LookupError(f"{len(rows) - cursor.rowcount} rows of {model._meta.label} are gone")


def _type_of(field: Any) -> str:
    """Return the type of a field's column, without a length: a longer text is to be refused, not cut."""
    return (
        str(field.db_type(connection)).partition("(")[0]
        if type(field) is models.CharField
        else str(field.db_type(connection))
    )


def _are_written(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@dataclass(frozen=True)
class _Shape:
    """The columns of a model that are written, what reads them off a row, and the beginning of its INSERT."""

    columns: tuple[str, ...]
    attributes: tuple[str, ...]
    readers: tuple[Callable[[Any], Any], ...]
    insert: str
    places: str


@cache
def _shape_of(model: type[models.Model]) -> _Shape:
    """Return how rows of a model are written; a column whose value the database computes or gives is left to it."""
    fields: list[Any] = [
        field for field in model._meta.concrete_fields if not (field.has_db_default() or field.generated)
    ]
    columns = tuple(str(field.column) for field in fields)
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    places = ", ".join(_place(field) for field in fields)
    return _Shape(
        columns,
        tuple(str(field.attname) for field in fields),
        tuple(_reader(field) for field in fields),
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES",
        f"({places})",
    )


def _place(field: Any) -> str:
    """Return the place of a field's value in a statement, with the cast it asks for."""
    with_cast = getattr(field, "get_placeholder", None)
    return str(with_cast(None, None, connection)) if with_cast is not None else "%s"


# Columns whose value in Python is what the driver writes: nothing has to be converted.
_PLAIN = (
    models.CharField, models.TextField, models.UUIDField, models.BooleanField, models.IntegerField, models.BigIntegerField,
    models.PositiveIntegerField, models.PositiveSmallIntegerField, models.DecimalField, models.DateField,
    models.DateTimeField, models.ForeignKey, models.OneToOneField,
)  # fmt: skip


def _reader(field: Any, *, is_new: bool = True) -> Callable[[Any], Any]:
    """Return what reads a field off a row, ready to be written."""
    if (
        type(field) in _PLAIN
        and not getattr(field, "auto_now", False)
        and not getattr(field, "auto_now_add", False)
    ):
        read: Callable[[Any], Any] = attrgetter(field.attname)
        return read
    if type(field) is models.JSONField and field.encoder is None:
        held: Callable[[Any], Any] = attrgetter(field.attname)
        return lambda row: None if held(row) is None else Jsonb(held(row))
    if type(field) is ArrayField and type(field.base_field) is models.CharField:
        several: Callable[[Any], Any] = attrgetter(field.attname)
        return lambda row: None if several(row) is None else list(several(row))
    pre_save, prepared, at = field.pre_save, field.get_db_prep_save, connection
    return lambda row: prepared(pre_save(row, is_new), at)
