"""Lists: search, filters, sort and keyset pages over anything recorded, always starting from ``seen_by``.

A page costs the same wherever it lies (no offset). Counts are exact while cheap and say "about" beyond that. The same
filter language serves lists, the map, exports and the API.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.fields import FieldSpec, spec_of
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import Record
from anlan.kernel.registers.searching import BigramField
from anlan.kernel.registers.within import WITHIN, inside
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import territory_of_code, under
from anlan.kernel.scope.tree import tree
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

PAGE_SIZES = (20, 50, 100, 200)
COUNTED_EXACTLY = 1000
CHEAP = 2_500  # in the planner's units of cost: some ten milliseconds
HOPELESS = 3  # so many times more than are counted exactly
FEW_COSTS = 800  # so little that all of them are counted: some three milliseconds
MOST_COUNTED = 10_000  # as far as this, where it is cheap, and of what awaits one person
LONGEST_CURSOR = 8000
SEARCH = "q"
_WRONG_FILTER = Words("筛选条件无效。", "This filter is not valid.")


@dataclass(frozen=True)
class Page:
    """One page of a list. ``after``/``before`` are cursors for the neighbours, empty at the ends."""

    rows: list[Any]
    after: str
    before: str
    count: int
    count_is_exact: bool
    sort: str
    size: int


@dataclass
class Listing:
    """A list of one model for one actor. ``facets`` and ``sorts`` are the allowed filters and orders; of references only those
    ``shown`` are read with the rows (none named: all)."""

    model: type[Record]
    actor: Actor
    facets: Sequence[str]
    sorts: Sequence[str]
    order: str
    base: Q = field(default_factory=Q)
    with_archived: bool = False
    shown: Sequence[str] = ()

    def filtered(self, params: Mapping[str, Sequence[str]]) -> models.QuerySet[Any]:
        """Return the rows in scope that pass the filters; raises Invalid naming the filter at fault."""
        rows = self.model.seen_by(self.actor).filter(self.base)
        words = " ".join(params.get(SEARCH, ())).strip()
        if words:
            rows = self.found(rows, words)
        condition = self.condition(params)
        return rows.filter(condition) if condition else rows

    def condition(self, params: Mapping[str, Sequence[str]]) -> Q:
        """Return the filters alone, without scope and search; raises Invalid naming the filter at fault."""
        condition = Q()
        past = any(found.with_archived and _one(params, found.name) for found in self.named_filters())
        if any(f.name == "archived_at" for f in self.model._meta.fields) and not (self.with_archived or past):
            condition &= Q(archived_at=None)
        for name in dict.fromkeys([*self.facets, *self.model.dates()]):
            if any(params.get(name + end) for end in ("", "_from", "_to")):
                condition &= self._faceted(name, params)
        for found in self.named_filters():
            text = _one(params, found.name)
            if text:
                condition &= found.condition(text, self.actor)
        area = _one(params, WITHIN)
        if area and issubclass(self.model, Record):
            condition &= inside(area)
        return condition

    def found(self, rows: models.QuerySet[Any], words: str) -> models.QuerySet[Any]:
        """Return the rows that the words find; lists of rows without a search column override it."""
        return rows.filter(search__finds=words)

    def drawn(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Return the rows with what a page of them shows and nothing heavier."""
        links = [
            f for f in self.model._meta.fields
            if isinstance(f, models.ForeignKey) and (not self.shown or f.name in self.shown)
        ]  # fmt: skip
        unread = [f"{link.name}__{name}" for link in links for name in _unread_of_link(link.related_model)]
        return rows.defer(*_unread(self.model), *unread).select_related(*(link.name for link in links))

    def in_order(
        self, rows: models.QuerySet[Any], params: Mapping[str, Sequence[str]]
    ) -> models.QuerySet[Any]:
        """Return rows in the order a list shows them by the parameter ``sort``."""
        return self._ordered(rows, self._sort(_one(params, "sort")), None, backward=False)

    def page(self, params: Mapping[str, Sequence[str]]) -> Page:
        """Return one page for the parameters ``q``, facets, ``sort``, ``size``, ``after``, ``before``."""
        rows = self.filtered(params)
        sort = self._sort(_one(params, "sort"))
        size = self._size(_one(params, "size"))
        back = _one(params, "before")
        cursor = _unpacked(back or _one(params, "after"))
        found = self._fetched(rows, sort, cursor, backward=bool(back), most=size + 1)
        more = len(found) > size
        count, exact = self.counted(params, rows) if more or cursor is not None else (len(found), True)
        found = found[:size]
        if back:
            found.reverse()
        has_before, has_after = (more, True) if back else (cursor is not None, more)
        return Page(
            rows=found,
            after=self._cursor(found[-1], sort) if found and has_after else "",
            before=self._cursor(found[0], sort) if found and has_before else "",
            count=count,
            count_is_exact=exact,
            sort=sort,
            size=size,
        )

    def named_filters(self) -> tuple[NamedFilter, ...]:
        """Return the filters that are no column; what is no record (a notice, a message) has none."""
        return self.model.filters() if issubclass(self.model, Record) else ()

    def counted(self, params: Mapping[str, Sequence[str]], rows: models.QuerySet[Any]) -> tuple[int, bool]:
        """Return how many rows pass the filters, and whether that is exact."""
        of_reader = [found.name for found in self.named_filters() if found.of_reader]
        return counted(rows, of_one=any(_one(params, name) not in {"", "0"} for name in of_reader))

    def stretch(self, size: int, after: str = "") -> tuple[list[Any], str]:
        """Return so many rows in the list's own order, uncounted, and the cursor of what comes after (empty at the end)."""
        ordered = self._ordered(self.filtered({}), self.order, _unpacked(after), backward=False)
        if self.shown:
            found = self._read(ordered, size + 1)
        else:
            found = list(ordered.defer("search").select_related("territory", "holder")[: size + 1])
        rows = found[:size]
        return rows, self._cursor(rows[-1], self.order) if rows and len(found) > size else ""

    def beyond(self, after: str) -> Q:
        """Return the condition of rows beyond a cursor in the list's own order; of no cursor none. Raises Invalid."""
        cursor = _unpacked(after)
        if cursor is None:
            return Q()
        column, descending = self.order.lstrip("-"), self.order.startswith("-")
        nullable = bool(getattr(self.model._meta.get_field(column), "null", False))
        return self._beyond(column, cursor, rising=not descending, nulls_last=True, nullable=nullable)

    def cursor_after(self, row: Any) -> str:
        """Return the cursor of what comes after a row in the list's own order."""
        return self._cursor(row, self.order)

    def facet_specs(self) -> list[FieldSpec]:
        """Return the specs of the filters, in order."""
        return [spec_of(self.model, name) for name in self.facets]

    def _faceted(self, name: str, params: Mapping[str, Sequence[str]]) -> Q:
        spec, condition = spec_of(self.model, name), Q()
        for edge, lookup in (("_from", "gte"), ("_to", "lt")):
            text = _one(params, name + edge)
            if text:
                condition &= Q(**{f"{name}__{lookup}": _edge(spec, text, edge)})
        values = [value for value in params.get(name, ()) if value != ""] if name in self.facets else []
        return condition & _condition(spec, values) if values else condition

    def _sort(self, asked: str) -> str:
        allowed = {*self.sorts, self.order.lstrip("-")}
        if asked and asked.lstrip("-") not in allowed:
            raise Invalid({"sort": [_WRONG_FILTER]})
        return asked or self.order

    @staticmethod
    def _size(asked: str) -> int:
        if asked and asked not in {str(size) for size in PAGE_SIZES}:
            raise Invalid({"size": [_WRONG_FILTER]})
        return int(asked) if asked else PAGE_SIZES[1]

    def _fetched(
        self, rows: models.QuerySet[Any], sort: str, cursor: Any, *, backward: bool, most: int
    ) -> list[Any]:
        """Return the rows of a page in the direction asked for.

        In a column that may be empty, rows with a value and rows without are asked for one after the other: then an index
        gives each in its order, which ``NULLS LAST`` prevents for one of the two directions.
        """
        column, descending = sort.lstrip("-"), sort.startswith("-")
        if not getattr(self.model._meta.get_field(column), "null", False):
            return self._read(self._ordered(rows, sort, cursor, backward=backward), most)
        rising = descending == backward
        parts = [True, False] if backward else [False, True]  # is it empty?
        if cursor is not None:
            parts = parts[parts.index(cursor[0] is None) :]
        found: list[Any] = []
        for is_empty in parts:
            part = rows.filter(**{f"{column}__isnull": is_empty})
            if cursor is not None and (cursor[0] is None) == is_empty:
                part = part.filter(
                    self._beyond(column, cursor, rising=rising, nulls_last=True, nullable=False)
                )
            order = ["pk"] if is_empty else [column, "pk"]
            part = part.order_by(*order if rising else [f"-{name}" for name in order])
            found += self._read(part, most - len(found))
            if len(found) >= most:
                break
        return found

    def _read(self, ordered: models.QuerySet[Any], most: int) -> list[Any]:
        """Return the first rows with what is shown beside them: the keys are found first, and only those rows are joined.

        Else PostgreSQL, where it has to sort, joins every row that passes before it knows which are on the page.
        """
        if ordered.query.annotations:  # what stands beside a row is asked with it
            return list(self.drawn(ordered)[:most])
        try:
            keys = RawSQL(*ordered.values("pk")[:most].query.sql_with_params())  # noqa: S611 - written by Django, values apart
        except EmptyResultSet:
            return []
        rows = self.model._base_manager.filter(pk__in=keys).order_by(*ordered.query.order_by)
        return list(self.drawn(rows))

    def _ordered(
        self, rows: models.QuerySet[Any], sort: str, cursor: Any, *, backward: bool
    ) -> models.QuerySet[Any]:
        column, descending = sort.lstrip("-"), sort.startswith("-")
        nullable = bool(getattr(self.model._meta.get_field(column), "null", False))
        rising = descending == backward  # going backward turns the order round
        if cursor is not None:
            rows = rows.filter(
                self._beyond(column, cursor, rising=rising, nulls_last=not backward, nullable=nullable)
            )
        place = {"nulls_first" if backward else "nulls_last": True} if nullable else {}
        first = F(column).asc(**place) if rising else F(column).desc(**place)
        return rows.order_by(first, "pk" if rising else "-pk")

    def _beyond(self, column: str, cursor: Any, *, rising: bool, nulls_last: bool, nullable: bool) -> Q:
        value, pk = cursor
        side = "gt" if rising else "lt"
        spec: Any = self.model._meta.get_field(column)
        try:
            typed = spec.to_python(value) if value is not None else None
            if isinstance(typed, Decimal) and not (typed.is_finite() and abs(typed.adjusted()) <= 30):
                raise ValueError(value)
            if isinstance(typed, datetime):
                typed = typed.astimezone(UTC)  # an offset or a year beyond the database's is refused here
            key = uuid.UUID(str(pk))
        except Exception as fault:  # whatever a tampered cursor may hold
            raise Invalid({"after": [_WRONG_FILTER]}) from fault
        if typed is None:
            same_null = Q(**{f"{column}__isnull": True, f"pk__{side}": key})
            return same_null if nulls_last else same_null | Q(**{f"{column}__isnull": False})
        # One bound that an index can start from, then the tie; as two alternatives a page would cost all pages before it.
        beyond = Q(**{f"{column}__{side}e": typed}) & (
            Q(**{f"{column}__{side}": typed}) | Q(**{f"pk__{side}": key})
        )
        return beyond | Q(**{f"{column}__isnull": True}) if nullable and nulls_last else beyond

    @staticmethod
    def _cursor(row: Any, sort: str) -> str:
        value = getattr(row, row._meta.get_field(sort.lstrip("-")).attname)
        text = None if value is None else str(value)
        return base64.urlsafe_b64encode(json.dumps([text, str(row.pk)]).encode()).decode()


def counted(rows: models.QuerySet[Any], *, of_one: bool = False) -> tuple[int, bool]:
    """Return how many rows, and whether that is exact: counted where that is cheap, else as the planner estimates.

    ``of_one``: rows that the duties of one person name. Of how many these are the planner has no idea, and they are few.
    """
    try:
        sql, params = (
            rows.order_by().values("pk").query.sql_with_params()
        )  # put together once for both questions
    except EmptyResultSet:
        return 0, True
    if of_one:
        exact = _as_far_as(MOST_COUNTED, sql, params)
        return min(exact, MOST_COUNTED), exact <= MOST_COUNTED
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = _plan(cursor.fetchone()[0])
    estimate, cost = int(plan["Plan Rows"]), float(plan["Total Cost"])
    # Counting ends at the limit, so that of somewhat more rows it costs only their share. Of very many it would be a guess where
    # they lie: a plan that hopes to meet them soon may read a whole table before it does.
    most = MOST_COUNTED if cost <= FEW_COSTS else COUNTED_EXACTLY
    likely = estimate <= HOPELESS * most
    if not likely or cost * min(1.0, (most + 1) / max(1, estimate)) > CHEAP:
        return max(1, estimate), False
    exact = _as_far_as(most, sql, params)
    return (exact, True) if exact <= most else (max(most, estimate), False)


def _as_far_as(most: int, sql: str, params: Sequence[Any]) -> int:
    """Count rows as far as one beyond ``most``."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql} LIMIT {most + 1}) AS counted", params)  # noqa: S608
        return int(cursor.fetchone()[0])


def _plan(told: Any) -> dict[str, Any]:
    found = json.loads(told) if isinstance(told, str) else told
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


@cache
def _unread(model: Any) -> tuple[str, ...]:
    """Return the columns that no list reads: the words to find a row by, and what is sealed."""
    heavy = (BigramField, EncryptedText)
    return tuple(f.name for f in model._meta.concrete_fields if isinstance(f, heavy))


@cache
def _unread_of_link(model: Any) -> tuple[str, ...]:
    """Return the columns of something a row refers to that no list reads: it shows what the thing is called and where it is."""
    shown = {"id", "path", "sector", "holder", "sensitivity", "is_demo", "name", "name_en", "short_name", "level", "code",
             "kind", "title", "number", "archived_at"}  # fmt: skip
    shown.add(model.kept.heading if hasattr(model, "kept") else "")
    if issubclass(model, Record) and not hasattr(model, "kept"):
        return _unread(model)  # what a matter is called it says itself
    names = (f.name for f in model._meta.concrete_fields)
    return tuple(name for name in names if name not in shown)


def _one(params: Mapping[str, Sequence[str]], name: str) -> str:
    values = params.get(name) or [""]
    return values[-1]


def _unpacked(cursor: str) -> Any:
    if not cursor:
        return None
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(cursor[:LONGEST_CURSOR].encode()))
    except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError) as fault:
        raise Invalid({"after": [_WRONG_FILTER]}) from fault
    if not (value is None or (isinstance(value, str) and is_storable(value))):
        raise Invalid({"after": [_WRONG_FILTER]})
    return value, pk


def _condition(spec: FieldSpec, values: Sequence[str]) -> Q:
    """Return the condition of a facet for its chosen values."""
    if len(values) > 100:
        raise Invalid({spec.name: [_WRONG_FILTER]})
    if spec.kind == "territory":
        return _places(spec.name, values)
    if spec.kind == "flag":
        chosen = {value.lower() for value in values}
        if not chosen <= {"1", "0", "true", "false"}:
            raise Invalid({spec.name: [_WRONG_FILTER]})
        return Q(**{f"{spec.name}__in": [value in {"1", "true"} for value in chosen]})
    if spec.choices:
        known = {str(value): value for value, _ in spec.choices}
        if not set(values) <= set(known):
            raise Invalid({spec.name: [_WRONG_FILTER]})
        return Q(**{f"{spec.name}__in": [known[value] for value in values]})
    if spec.kind in {"party", "post", "reference", "identifier"}:
        return Q(**{f"{spec.name}__in": [_uuid(spec, value) for value in values]})
    if spec.kind in {"text", "long_text"}:
        if not all(is_storable(value) for value in values):
            raise Invalid({spec.name: [_WRONG_FILTER]})
        return Q(**{f"{spec.name}__in": list(values)})
    raise Invalid({spec.name: [_WRONG_FILTER]})


def _uuid(spec: FieldSpec, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as fault:
        raise Invalid({spec.name: [_WRONG_FILTER]}) from fault


def _places(name: str, values: Sequence[str]) -> Q:
    condition = Q()
    for value in values:
        found = _bearer(value) if value.isascii() and value.isdigit() else None
        if found is None:
            try:
                found = Territory.objects.filter(pk=uuid.UUID(value)).first()
            except ValueError:
                found = None
        if found is None:
            raise Invalid({name: [Words("没有这个地区。", "There is no such place.")]})
        for prefix in found.prefixes():
            condition |= under(prefix)
    return condition


def _bearer(code: str) -> Territory | None:
    """Return the place that bears a code, or bore it: out of the tree in memory, where it stands there."""
    return tree().of_code(code) or territory_of_code(code)


def _edge(spec: FieldSpec, text: str, edge: str) -> Any:
    """Return the bound of a range filter; a day given for an instant means that whole day in China."""
    try:
        if spec.kind in {"number", "whole_number"}:
            number = Decimal(text)
            if not number.is_finite() or abs(number) > Decimal(10) ** 15 or number.adjusted() < -30:
                raise InvalidOperation
            return number
        day = date.fromisoformat(text)
        after = day + timedelta(days=1) if edge == "_to" else day
        if spec.kind == "date":
            return after
        if spec.kind == "instant":
            return datetime.combine(after, time(), clock.CHINA).astimezone(UTC)
    except (ValueError, ArithmeticError) as fault:
        raise Invalid({spec.name + edge: [_WRONG_FILTER]}) from fault
    raise Invalid({spec.name + edge: [_WRONG_FILTER]})
