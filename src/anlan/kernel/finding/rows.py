"""Rows of a register or a loop that answer a question: in order, in pages, with facets, and within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows. So what is counted is counted up to a thousand, and
says so; and a question the database cannot order in time is answered with the first rows met, and says that too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from anlan.kernel.finding.narrowing import Narrowed, year_column
from anlan.kernel.finding.question import Question
from anlan.kernel.registers.listing import Listing

COUNTED = 1000
LIMIT_MILLISECONDS = 150
EXACT, APART = "exact", "apart"

T = TypeVar("T")


@dataclass
class FoundRows:
    """What was found of one kind. ``more`` is the cursor of the next page; counts beyond a thousand are not exact."""

    rows: list[Any] = field(default_factory=list)
    more: str = ""
    count: int = 0
    count_is_exact: bool = True
    is_ordered: bool = True
    facets: dict[str, Counter[Any]] = field(default_factory=dict)


def find_rows(
    listing: Listing, question: Question, narrowed: Narrowed, each: int, *, after: str = "", with_facets: bool = True
) -> FoundRows:  # fmt: skip
    """Return one page of the rows of a listing that answer the question, exact runs first.

    ``after`` is the ``more`` of the page before. Raises Invalid for a cursor that was tampered with.
    """
    condition = narrowed.condition(listing.model)
    if condition is None or not question:
        return FoundRows()
    found = FoundRows()
    tier, _, cursor = after.partition(":")
    tiers = [name for name, _ in _tiers(listing.model, question)]
    for name, meets in _tiers(listing.model, question):
        if tier in tiers and tiers.index(name) < tiers.index(tier):
            continue
        part = _narrowed(listing, condition & meets)
        wanted = each - len(found.rows)
        rows, more, ordered = _page(part, wanted, cursor if name == tier else "")
        found.rows += rows
        found.is_ordered &= ordered
        if more:
            found.more = f"{name}:{more}"
        if len(found.rows) >= each:
            break
    if with_facets:
        _count(found, listing, question, condition)
    return found


def _tiers(model: type[Any], question: Question) -> Sequence[tuple[str, Q]]:
    """Return the conditions in order of rank: the exact run (or the beginning of a number), then all words apart."""
    exact = Q(search__finds=question.exact)
    if question.is_code and hasattr(model, "loop"):
        exact |= Q(number__startswith=question.text.upper())
    if not question.words:
        return [(EXACT, exact)]
    apart = Q(search__finds=" ".join(question.words)) & ~Q(search__finds=question.exact)
    return [(EXACT, exact), (APART, apart)]


def _narrowed(listing: Listing, condition: Q) -> Listing:
    return Listing(
        model=listing.model, actor=listing.actor, facets=listing.facets, sorts=listing.sorts, order=listing.order,
        base=listing.base & condition, with_archived=listing.with_archived,
    )  # fmt: skip


def _page(listing: Listing, wanted: int, cursor: str) -> tuple[list[Any], str, bool]:
    """Return rows of one tier, the cursor beyond them, and whether they are in order."""
    found = within(LIMIT_MILLISECONDS, lambda: listing.stretch(wanted, cursor))
    if found is not None:
        return (*found, True)
    rows = listing.filtered({}).defer("search").select_related("territory", "holder")
    met = within(LIMIT_MILLISECONDS, lambda: list(rows.order_by()[:wanted]))
    return met or [], "", False


def _count(found: FoundRows, listing: Listing, question: Question, condition: Q) -> None:
    """Count the hits by facet, up to a thousand of them."""
    model = listing.model
    meets = Q()
    for _, one in _tiers(model, question):
        meets |= one
    if question.words:
        meets = Q(search__finds=" ".join(question.words))
        if question.is_code:
            meets |= Q(search__finds=question.exact)
    is_matter = hasattr(model, "loop")
    columns = ["path", "sector", year_column(model), *(["state", "closed_at"] if is_matter else [])]
    rows = _narrowed(listing, condition & meets).filtered({}).order_by()
    met = within(LIMIT_MILLISECONDS, lambda: list(rows.values_list(*columns)[: COUNTED + 1]))
    if met is None:
        found.count, found.count_is_exact = len(found.rows), False
        return
    found.count, found.count_is_exact = min(len(met), COUNTED), len(met) <= COUNTED
    for path, sector, at, *of_matter in met[:COUNTED]:
        _add(found, "path", path)
        _add(found, "sector", sector)
        _add(found, "year", at.year)
        if of_matter:
            _add(found, "state", of_matter[0])
            _add(found, "is_open", of_matter[1] is None)


def _add(found: FoundRows, facet: str, value: Any) -> None:
    found.facets.setdefault(facet, Counter())[value] += 1


def within(milliseconds: int, ask: Callable[[], T]) -> T | None:
    """Return the answer, or None if the database was not done in time."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            found = ask()
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") != "57014":
            raise
        return None
