"""How much there is to find: the hits of every kind by one question to the database, within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows, so of each kind no more than a thousand and one are
read. The database counts them by facet and tells the keys of the first; the rows themselves stay where they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.finding.asking import seen_of, written
from anlan.kernel.finding.narrowing import year_column
from anlan.kernel.registers.listing import Listing

# So many are counted exactly. Among a million rows reading as many takes as long as looking for a page of fewer in order.
COUNTED = 1000
LIMIT_MILLISECONDS = 150

T = TypeVar("T")


class Hit(NamedTuple):
    """A row by its key. ``is_exact``: it holds the run as written or its number begins with it, and not its words apart alone."""

    pk: Any
    is_exact: bool


@dataclass
class Met:
    """What was met of one kind: how many rows, how many of them exact, how many by facet, and the first of them.

    Where it ``is_all`` there is, the first come in the order they are shown in: exact ones, then by the list's own order. Of more
    than COUNTED any rows are met, and which are the first they do not tell.
    """

    first: list[Hit] = field(default_factory=list)
    count: int = 0
    exact: int = 0
    facets: dict[str, Counter[Any]] = field(default_factory=dict)
    is_all: bool = True


def tally(asked: Mapping[str, tuple[Listing, Q]], first: int) -> dict[str, Met] | None:
    """Return what is met of some lists, with the ``first`` so many hits; None if the database was not done in time.

    With each list goes the condition of an exact hit.
    """
    return within(LIMIT_MILLISECONDS, lambda: count_hits(asked, first))


def count_hits(asked: Mapping[str, tuple[Listing, Q]], first: int, most: int = COUNTED + 1) -> dict[str, Met]:
    """Return the same however long it takes, reading ``most`` rows of each list."""
    found: dict[str, Met] = {slug: Met() for slug in asked}
    parts, params = [], []
    for slug, (listing, exact) in asked.items():
        with suppress(EmptyResultSet):
            sql, values = _part(listing, exact, most)
            parts.append(sql)
            params += [slug, *values]
    if not parts:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_BY_FACET.format(hits=" UNION ALL ".join(parts)), [*params, first])
        rows = cursor.fetchall()
    for slug, which, number, key, value in sorted(rows, key=itemgetter(2)):
        _take(found[slug], which, number, key, value)
    return found


_FACETS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "path": ("path", str), "sector": ("sector", str), "hit_year": ("year", int), "hit_state": ("state", str),
    "hit_open": ("is_open", lambda value: value == "true"), "hit_exact": ("is_exact", lambda value: value == "true"),
}  # fmt: skip
_EACH = ", ".join(_FACETS)
# What GROUPING says of a row that is grouped by one column: a bit for each of the others.
_WHICH = {
    2 ** len(_FACETS) - 1 - 2 ** (len(_FACETS) - 1 - place): facet
    for place, facet in enumerate(_FACETS.values())
}
_ALL = 2 ** len(_FACETS) - 1
_FIRST = -1
_BY_FACET = f"""
    WITH hits AS MATERIALIZED ({{hits}})
    SELECT kind, {_FIRST}, hit_rank, hit_pk, hit_exact::text FROM hits WHERE hit_rank <= %s
    UNION ALL
    SELECT kind, GROUPING({_EACH}), count(*), NULL, coalesce({", ".join(f"{name}::text" for name in _FACETS)})
      FROM hits GROUP BY GROUPING SETS ((kind), {", ".join(f"(kind, {name})" for name in _FACETS)})
"""  # noqa: S608 - names of our own


def _take(met: Met, which: int, number: int, key: Any, value: str | None) -> None:
    """Put one row of the answer where it belongs: one of the first hits, how many there are, or how many of a facet."""
    if which == _FIRST:
        met.first.append(Hit(key, value == "true"))
    elif which == _ALL:
        met.count, met.is_all = number, number <= COUNTED
    elif value:  # a kind that ends nowhere has no state, and is neither open nor ended
        name, read = _WHICH[which]
        if name != "is_exact":
            met.facets.setdefault(name, Counter())[read(value)] += number
        elif read(value):
            met.exact = number


def _part(listing: Listing, exact: Q, most: int) -> tuple[str, tuple[Any, ...]]:
    """Return the question for the hits of one list, each with its place among them."""
    model, is_matter = listing.model, hasattr(listing.model, "loop")
    column, descends = listing.order.lstrip("-"), listing.order.startswith("-")
    seen, seen_values = seen_of(listing)
    met, met_values = written(model, listing.base)
    is_exact, exact_values = written(model, exact)
    way = "DESC" if descends else "ASC"
    rank = f"row_number() OVER (ORDER BY hit_exact DESC, hit_place {way} NULLS LAST, hit_pk {way})"
    state, is_open = ("state", "closed_at IS NULL") if is_matter else ("''", "NULL::boolean")
    sql = f"""
        SELECT %s::text AS kind, {rank} AS hit_rank, hit_pk, {_EACH} FROM (
            SELECT id AS hit_pk, path, sector, {state} AS hit_state, {is_open} AS hit_open, {is_exact} AS hit_exact,
                   EXTRACT(YEAR FROM {year_column(model)} AT TIME ZONE %s)::integer AS hit_year, "{column}" AS hit_place
              FROM {seen} WHERE {met} LIMIT {most}
        ) AS found
    """  # noqa: S608 - names of our own, and what Django wrote, values apart
    return sql, (*exact_values, clock.CHINA.key, *seen_values, *met_values)


TRIES = 5
_PATIENCE: ContextVar[int] = ContextVar("patience", default=0)


@contextmanager
def patient(milliseconds: int) -> Iterator[None]:
    """Set the limit of ``within`` once for many questions, so that none needs a transaction of its own.

    Inside a transaction each question sets it for itself as ever: one that is broken off must not take the others along.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(milliseconds)])
    token = _PATIENCE.set(milliseconds)
    try:
        yield
    finally:
        _PATIENCE.reset(token)
        _end_limit()


def _end_limit() -> None:
    """Take the limit off this connection: itself a statement under it, so asked again where the machine stood still meanwhile."""
    for _ in range(TRIES):
        try:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
        except OperationalError as fault:
            if not is_broken_off(fault):
                raise
        else:
            return
    connection.close()


def is_broken_off(fault: OperationalError) -> bool:
    """Say whether a statement ended because its time was over."""
    return getattr(fault.__cause__, "sqlstate", "") == "57014"


def within(milliseconds: int, ask: Callable[[], T]) -> T | None:
    """Return the answer, or None if the database was not done in time."""
    is_within_another = connection.in_atomic_block
    try:
        if not is_within_another and _PATIENCE.get() == milliseconds:
            return ask()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            found = ask()
            if is_within_another:  # else the limit ends with the transaction
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError as fault:
        if not is_broken_off(fault):
            raise
        return None
