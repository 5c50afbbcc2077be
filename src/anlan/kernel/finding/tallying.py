"""How much there is to find: the hits of every kind by one question to the database, within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows, so of each kind no more than a thousand and one are
read, and of these only the columns that facets count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, CharField, F, IntegerField, Q, Value
from django.db.models.functions import Cast, ExtractYear

from anlan.kernel.finding.narrowing import year_column
from anlan.kernel.registers.listing import Listing

COUNTED = 1000
LIMIT_MILLISECONDS = 150

T = TypeVar("T")


class Hit(NamedTuple):
    """A row by its key, with what facets count; ``state`` is empty and ``is_open`` None where the kind has none.

    ``is_exact``: it holds the run as written, or its number begins with it, and not the words of it apart alone.
    """

    pk: Any
    path: str
    sector: str
    year: int
    state: str
    is_open: bool | None
    is_exact: bool


def tally(asked: Mapping[str, tuple[Listing, Q]]) -> dict[str, list[Hit]] | None:
    """Return the hits of some lists, of each a thousand and one at most; None if the database was not done in time.

    With each list goes the condition of an exact hit. Hits come in the order they are shown in: exact ones first, then by the
    list's own order. A thousand and one are any: which of more are the first they do not tell.
    """
    found: dict[str, list[Hit]] = {slug: [] for slug in asked}
    parts, params = [], []
    for slug, (listing, exact) in asked.items():
        with suppress(EmptyResultSet):
            sql, values = _part(listing, exact)
            parts.append(sql)
            params += [slug, *values]
    if not parts:
        return found

    def ask() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            return list(cursor.fetchall())

    rows = within(LIMIT_MILLISECONDS, ask)
    if rows is None:
        return None
    for slug, _, *hit in sorted(rows, key=itemgetter(0, 1)):
        found[slug].append(Hit(*hit))
    return found


def _part(listing: Listing, exact: Q) -> tuple[str, tuple[Any, ...]]:
    """Return the question for the hits of one list, each with its place among them."""
    is_matter = hasattr(listing.model, "loop")
    column, descends = listing.order.lstrip("-"), listing.order.startswith("-")
    rows = listing.filtered({}).order_by()
    rows = rows.annotate(
        hit_pk=F("pk"),
        hit_year=Cast(ExtractYear(year_column(listing.model)), IntegerField()),
        hit_state=F("state") if is_matter else Cast(Value(""), CharField()),
        hit_open=Q(closed_at=None) if is_matter else Cast(Value(None), BooleanField()),
        hit_exact=exact if exact else Value(True),
        hit_place=F(column),
    ).values("hit_pk", "path", "sector", "hit_year", "hit_state", "hit_open", "hit_exact", "hit_place")
    sql, params = rows[: COUNTED + 1].query.sql_with_params()
    way = "DESC" if descends else "ASC"
    place = f"row_number() OVER (ORDER BY hit_exact DESC, hit_place {way} NULLS LAST, hit_pk {way})"
    told = "hit_pk, path, sector, hit_year, hit_state, hit_open, hit_exact"
    return f"SELECT %s::text, {place}, {told} FROM ({sql}) AS hits", params  # noqa: S608 - written by Django, values apart


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
