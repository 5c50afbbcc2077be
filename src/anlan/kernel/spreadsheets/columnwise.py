"""From the columns of a sheet to the columns of a form: the rows of which every cell is plain, all at once.

A cell is translated and cleaned by the very steps a row by itself goes through; here each step takes a whole column, and a text
that comes again is not looked at again. A row with any cell that does not pass is left to go through them by itself, which tells
why. Nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha1
from itertools import compress, zip_longest
from typing import Any
from uuid import UUID

from anlan.kernel.registers.columns import ColumnForm, PlainRows
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.forms import NOT_PLAIN, RowForm
from anlan.kernel.spreadsheets.values import Untranslatable
from anlan.kernel.words import Words

Cells = tuple[int, Sequence[Any]]
Take = Callable[[Any], Any]
NO_COLUMN = -1


class Columnwise:
    """Takes the plain rows out of chunks of one import, for one actor."""

    def __init__(
        self, form: RowForm, columns: ColumnForm, inputs: Sequence[tuple[str, int | None, Any, Take]],
        found: Callable[[str], Callable[[Any], Any] | None],
    ) -> None:  # fmt: skip
        """Take the form and how a cell becomes its input; ``found`` gives, for a reference, what looks up its row."""
        self._form, self._columns = form, columns
        asked = {name: (column, constant, translate) for name, column, constant, translate in inputs}
        self._fields: list[tuple[str, int, Any, Take]] = []
        for name in form.fields:
            left_out = form.left_out(name)
            if name not in asked:
                self._fields.append((name, NO_COLUMN, left_out, _nothing))
                continue
            column, constant, translate = asked[name]
            take = _taking(translate, found(name), form.plainly(name))
            otherwise = left_out if constant in (None, "") else take(constant)
            self._fields.append((name, NO_COLUMN if column is None else column, otherwise, take))

    def sifted(self, chunk: Sequence[Cells], source: UUID) -> tuple[PlainRows | None, list[Cells]]:
        """Return the plain rows of a chunk and the others, as they were read."""
        sheet = list(zip_longest(*(cells for _, cells in chunk)))
        values: dict[str, list[Any]] = {}
        is_plain = [True] * len(chunk)
        for name, column, otherwise, take in self._fields:
            is_there = 0 <= column < len(sheet)
            taken = _taken(sheet[column], take, otherwise) if is_there else [otherwise] * len(chunk)
            values[name] = taken
            if any(value is NOT_PLAIN for value in taken):
                is_plain = [
                    plain and value is not NOT_PLAIN for plain, value in zip(is_plain, taken, strict=True)
                ]
        others = [cells for cells, plain in zip(chunk, is_plain, strict=True) if not plain]
        if others:
            chunk = list(compress(chunk, is_plain))
            values = {name: list(compress(column, is_plain)) for name, column in values.items()}
        if not chunk:
            return None, others
        numbers = [number for number, _ in chunk]
        rows, left = self._columns.plain_rows(values, numbers, keys_of(source, numbers), chunk)
        if left:
            others = sorted(
                others + [cells for cells in chunk if cells[0] in left], key=lambda cells: cells[0]
            )
        return rows, others


def keys_of(source: UUID, numbers: Sequence[int]) -> list[str]:
    """Return ``uuid5(source, "row …")`` of many rows as texts."""
    begun, keys = sha1(source.bytes, usedforsecurity=False), []
    for number in numbers:
        digest = begun.copy()
        digest.update(b"row %d" % number)
        keys.append(str(UUID(bytes=digest.digest()[:16], version=5)))
    return keys


def _taken(cells: Sequence[Any], take: Take, otherwise: Any) -> list[Any]:
    """Return the values of a column; a text that comes again is taken once."""
    texts = {cell for cell in cells if type(cell) is str}
    if len(texts) * 2 > len(cells):
        return [otherwise if cell is None or cell == "" else take(cell) for cell in cells]
    known = {text: take(text) for text in texts} | {"": otherwise}
    return [known[cell] if type(cell) is str else otherwise if cell is None else take(cell) for cell in cells]


def _taking(translate: Take, found: Take | None, plainly: Take) -> Take:
    """Return what makes the value of a cell, or ``NOT_PLAIN``."""

    def take(cell: Any) -> Any:
        try:
            answer = translate(cell)
            if found is not None:
                answer = found(answer)
                if answer is None or isinstance(answer, Words):
                    return NOT_PLAIN
            return plainly(answer)
        except (Untranslatable, Invalid):
            return NOT_PLAIN

    return take


def _nothing(_cell: Any) -> Any:
    return NOT_PLAIN
