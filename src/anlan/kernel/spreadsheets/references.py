"""What the cells of a chunk refer to, resolved in sets: places by code or name, rows by code or name, within scope.

A name that several answer to is not guessed: the reason says so. What is not found is passed on as it stands; the form
then says what it always says of something absent or out of scope.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Party, Post, Territory
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.spreadsheets.values import folded, plain_text
from anlan.kernel.words import Words

_MANY = Words(
    "“{text}”有多个：{some}。写全上级地区或代码。",
    "Several answer to “{text}”: {some}. Write the places above it, or the code.",
)
_MANY_ROWS = Words(
    "有 {n} 条记录叫“{text}”，改填代码。", "{n} records are called “{text}”; give the code instead."
)
_ENDINGS = ("特别行政区", "自治区", "自治州", "自治县", "街道办事处", "街道", "社区居委会", "村委会", "社区", "地区",
            "省", "市", "区", "县", "镇", "乡", "村")  # fmt: skip
MOST_LISTED = 3


class Places:
    """The territory tree by code and by name, read once for an import."""

    def __init__(self, home_path: str = "") -> None:
        """Read the tree; ``home_path`` breaks ties in favour of the reader's own place."""
        self._home = home_path
        rows = list(Territory.objects.all())
        self._by_path = {row.path: row for row in rows}
        self._by_code = {row.code: row for row in rows}
        self._by_name: dict[str, list[Territory]] = defaultdict(list)
        for row in rows:
            for name in {row.name, _short(row.name), row.name_en.casefold()} - {""}:
                self._by_name[name].append(row)
        self._known: dict[str, Territory | Words | None] = {}

    def found(self, cell: Any) -> Territory | Words | None:
        """Return the place, the reason why it cannot be told, or None where there is none."""
        text = folded(plain_text(cell))
        if text not in self._known:
            self._known[text] = self._find(text)
        return self._known[text]

    def _find(self, text: str) -> Territory | Words | None:
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return self._by_code.get(text) or self._by_code.get(_bare_code(text)) or territory_of_code(text)
        steps = [
            step.strip() for step in text.replace("\\", "/").replace("·", "/").replace(">", "/").split("/")
        ]
        steps = [step for step in steps if step]
        if len(steps) == 1 and len(steps[0]) > 2:
            steps = self._split(steps[0]) or steps
        rows = self._follow(steps)
        if len(rows) > 1 and self._home:
            rows = [row for row in rows if row.path.startswith(self._home)] or rows
        if len(rows) > 1:
            places = [self._whole_name(row) for row in rows[:MOST_LISTED]]
            some = Words("、".join(places), ", ".join(places))
            return _MANY.filled(text=text, some=some)
        return rows[0] if rows else None

    def _follow(self, steps: list[str]) -> list[Territory]:
        """Return the places called like the last step that lie under all steps before it, in order."""
        rows = self._named(steps[-1])
        for step in reversed(steps[:-1]):
            above = [place.path for place in self._named(step)]
            rows = [
                row for row in rows if any(row.path.startswith(path) and row.path != path for path in above)
            ]
        return rows

    def _named(self, name: str) -> list[Territory]:
        exact = [row for row in self._by_name.get(name, ()) if row.name == name]
        return exact or self._by_name.get(name, []) or self._by_name.get(name.casefold(), [])

    def _split(self, text: str) -> list[str]:
        """Split 甲市乙区丙街道 into its steps, the longest known name first."""
        steps, rest = [], text
        while rest:
            length = next((n for n in range(len(rest), 1, -1) if rest[:n] in self._by_name), 0)
            if not length:
                return []
            steps.append(rest[:length])
            rest = rest[length:]
        return steps

    def _whole_name(self, row: Territory) -> str:
        parts = row.path.strip("/").split("/")
        paths = ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        return "/".join(self._by_path[path].name for path in paths[-3:] if path in self._by_path)


def _short(name: str) -> str:
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return ""


def _bare_code(text: str) -> str:
    """Return a twelve-digit code without the zeros that fill it, as shorter codes are kept: 220102000000 → 220102."""
    for length in (2, 4, 6, 9):
        if len(text) > length and not text[length:].strip("0"):
            return text[:length]
    return text


def resolved(spec: FieldSpec, cells: Iterable[Any], actor: Actor) -> dict[str, Any]:
    """Return for the texts of some cells the rows they refer to, or the reason why it cannot be told."""
    texts = {text for cell in cells if (text := plain_text(cell))}
    target: Any = spec.target
    if not texts:
        return {}
    if target is Party:
        return _by_columns(Party.objects.all(), ("name", "short_name", "key"), texts)
    if target is Post:
        return _by_columns(Post.objects.filter(closed_on=None).select_related("party"), ("title",), texts)
    rows = target.seen_by(actor).defer("search")
    if hasattr(target, "archived_at"):
        rows = rows.filter(archived_at=None)
    return _by_columns(rows.select_related("territory", "holder"), _columns_of(target), texts)


def _columns_of(target: Any) -> tuple[str, ...]:
    """Return the columns by which rows of a target are named: what is unique, a number of its own, then the heading."""
    unique = [f.name for f in target._meta.concrete_fields if f.unique and not f.primary_key]
    if issubclass(target, Matter):
        return tuple(dict.fromkeys(["number", *unique]))
    also: tuple[str, ...] = getattr(target, "also_called", ())
    heading = [target.kept.heading] if issubclass(target, Register) else []
    return tuple(dict.fromkeys([*unique, *also, *heading]))


def _by_columns(rows: Any, columns: tuple[str, ...], texts: set[str]) -> dict[str, Any]:
    condition, wanted = Q(), {form for text in texts for form in {text, _code(text)}}
    for column in columns:
        condition |= Q(**{f"{column}__in": wanted})
    ids = {text for text in texts if _is_uuid(text)}
    if ids:
        condition |= Q(pk__in=ids)
    found: dict[str, dict[Any, Any]] = defaultdict(dict)
    for row in rows.filter(condition):
        for name in {str(row.pk), *(str(getattr(row, column) or "") for column in columns)}:
            found[name][row.pk] = row
    answer: dict[str, Any] = {}
    for text in texts:
        same = found.get(text) or found.get(_code(text)) or {}
        if len(same) == 1:
            answer[text] = next(iter(same.values()))
        elif same:
            answer[text] = _MANY_ROWS.filled(n=len(same), text=text)
    return answer


def _code(text: str) -> str:
    return folded(text).upper().replace(" ", "").replace("-", "")


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return len(text) == 36
