"""How much there is to find: the hits of every kind by one question to the database, within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows, so of each kind no more than a thousand and one are
read, and of these only the columns that facets count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, CharField, F, Q, Value
from django.db.models.functions import Cast, ExtractYear

from anlan.kernel.finding.narrowing import year_column
from anlan.kernel.registers.listing import Listing

COUNTED = 1000
LIMIT_MILLISECONDS = 150

T = TypeVar("T")


class Hit(NamedTuple):
    """A row by its key, with what facets count; ``state`` is empty and ``is_open`` None where the kind has none."""

    pk: Any
    path: str
    sector: str
    year: int
    state: str
    is_open: bool | None


def tally(listings: Mapping[str, Listing]) -> dict[str, list[Hit]] | None:
    """Return the hits of some lists, of each a thousand and one at most; None if the database was not done in time."""
    parts = [_part(slug, listing) for slug, listing in listings.items()]
    found: dict[str, list[Hit]] = {slug: [] for slug in listings}
    if not parts:
        return found
    every = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    rows = within(LIMIT_MILLISECONDS, lambda: list(every))
    if rows is None:
        return None
    for slug, *hit in rows:
        found[slug].append(Hit(*hit))
    return found


def _part(slug: str, listing: Listing) -> Any:
    is_matter = hasattr(listing.model, "loop")
    rows = listing.filtered({}).order_by()
    rows = rows.annotate(
        hit_of=Cast(Value(slug), CharField()),
        hit_year=ExtractYear(year_column(listing.model)),
        hit_state=F("state") if is_matter else Cast(Value(""), CharField()),
        hit_open=Q(closed_at=None) if is_matter else Cast(Value(None), BooleanField()),
    )
    return rows.values_list("hit_of", "pk", "path", "sector", "hit_year", "hit_state", "hit_open")[
        : COUNTED + 1
    ]


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
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


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
        if getattr(fault.__cause__, "sqlstate", "") != "57014":
            raise
        return None
