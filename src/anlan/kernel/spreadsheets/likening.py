"""Rows of a table that are held back because they may be registered already, or be the same as a row above them.

What stands is asked for in one question a chunk. The rows of one chunk do not stand yet when it is asked: they are compared with
each other here, by the marks their register tells of them. Rows of the chunks before stand already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

from anlan.kernel.registers.bulk import MustBeOne, Prepared, Ready
from anlan.kernel.registers.declaration import Likeness, Register
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

# Rows of one mark that are told apart: with more, a table of one name would be compared all with all.
MOST_COMPARED = 50
_REGISTERED = Words("可能已登记：{what}（{why}）", "May be registered already: {what} ({why})")
_ELSEWHERE = Words("管辖范围之外的记录", "a record outside your scope")
_ABOVE = Words("可能与本表第 {n} 行重复（{why}）", "May be the same as row {n} of this table ({why})")


class Row(Protocol):
    """A row on its way: its number in the sheet, and what the form is brought."""

    number: int
    data: dict[str, Any]


def held_back(
    model: type[Register], actor: Actor, rows: Sequence[Row], ready: Mapping[int, Prepared]
) -> dict[int, dict[str, list[str]]]:
    """Return the rows that may be registered already or stand above in the table, with where and why."""
    found: dict[int, Words] = {}
    likenesses = model.likenesses_many(actor, [row.data for row in rows])
    for row, alike in zip(rows, likenesses, strict=True):
        if alike:
            found[row.number] = _registered(alike[0])
    found |= _like_one_above(model, [row for row in rows if row.number not in found], ready)
    return {number: {"": [str(reason)]} for number, reason in found.items()}


def _registered(alike: Likeness) -> Words:
    what = str(alike.row) if alike.row is not None else _ELSEWHERE
    why = Words("；".join(one.zh for one in alike.reasons), "; ".join(one.en for one in alike.reasons))
    return _REGISTERED.filled(what=what, why=why)


def _like_one_above(
    model: type[Register], rows: Sequence[Row], ready: Mapping[int, Prepared]
) -> dict[int, Words]:
    """Return the rows that may be the same as one above them that goes in itself.

    A row that the form refuses is none of them, nor one that repeats what must be one: it is that very row again, edited where
    that was asked for and else refused.
    """
    sound = [(row, one.row) for row in rows if isinstance(one := ready[row.number], Ready)]
    marks = {row.number: model.alike_by(row.data) for row, _ in sound}
    shared = Counter(chain.from_iterable(marks.values()))
    sound = [(row, one) for row, one in sound if any(shared[mark] > 1 for mark in marks[row.number])]
    if not sound:
        return {}
    ones = MustBeOne(model, [one for _, one in sound])
    above: dict[Hashable, list[Row]] = defaultdict(list)
    found: dict[int, Words] = {}
    for place, (row, _) in enumerate(sound):
        if ones.repeated(place) is not None:
            continue
        reason = _met(model, row, marks[row.number], above)
        if reason is not None:
            found[row.number] = reason
            continue
        ones.take(place)
        for mark in marks[row.number]:
            if len(above[mark]) < MOST_COMPARED:
                above[mark].append(row)
    return found


def _met(
    model: type[Register], row: Row, marks: Mapping[Hashable, Words], above: Mapping[Hashable, Sequence[Row]]
) -> Words | None:
    for mark, why in marks.items():
        for other in above[mark]:
            if not model.are_told_apart(other.data, row.data):
                return _ABOVE.filled(n=other.number, why=why)
    return None
