"""Rows of a register or a loop that answer a question: in order, in pages, with facets, and within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows. So what is counted is counted up to a thousand, and
says so; and a question the database cannot order in time is answered with the first rows met, and says that too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from anlan.kernel.finding.narrowing import Narrowed
from anlan.kernel.finding.probing import holding
from anlan.kernel.finding.question import Question
from anlan.kernel.finding.tallying import COUNTED, LIMIT_MILLISECONDS, Hit, patient, tally, within
from anlan.kernel.registers.listing import Listing

EXACT, APART = "exact", "apart"
FEW = 100  # so many hits are looked up by their keys: the words were sought once and need not be again


@dataclass
class FoundRows:
    """What was found of one kind. ``more`` is the cursor of the next page; counts beyond a thousand are not exact."""

    rows: list[Any] = field(default_factory=list)
    more: str = ""
    count: int = 0
    count_is_exact: bool = True
    is_ordered: bool = True
    facets: dict[str, Counter[Any]] = field(default_factory=dict)


def find_all(
    listings: Mapping[str, Listing], question: Question, narrowed: Narrowed, each: int, *, after: str = ""
) -> dict[str, FoundRows]:
    """Return one page of each kind that answers the question, with its facets; of kinds without a hit an empty one.

    One question to the database says which kinds hold the words at all, a second one what of them is seen, so that the others
    are asked nothing more.
    """
    asked = {
        slug: one for slug, one in listings.items() if question and narrowed.condition(one.model) is not None
    }
    with patient(LIMIT_MILLISECONDS):
        return {slug: FoundRows() for slug in listings} | _found(asked, question, narrowed, each, after)


def _found(
    asked: Mapping[str, Listing], question: Question, narrowed: Narrowed, each: int, after: str
) -> dict[str, FoundRows]:
    held = holding(asked, question)
    asked = {slug: listing for slug, listing in asked.items() if slug in held}
    conditions = {slug: narrowed.condition(listing.model) for slug, listing in asked.items()}
    met = tally({slug: _narrowed(one, _met(one, question, conditions[slug])) for slug, one in asked.items()})
    found = {}
    for slug, listing in asked.items():
        hits = met[slug] if met is not None else _hits_alone(listing, question, conditions[slug])
        if hits is None or hits:
            known = None if hits is None or len(hits) > FEW else [hit.pk for hit in hits]
            found[slug] = find_rows(listing, question, narrowed, each, after=after, known=known)
            _count(found[slug], hits)
    return found


def find_rows(
    listing: Listing,
    question: Question,
    narrowed: Narrowed,
    each: int,
    *,
    after: str = "",
    known: Sequence[Any] | None = None,
) -> FoundRows:
    """Return one page of the rows of a listing that answer the question, exact runs first, uncounted.

    ``after`` is the ``more`` of the page before; ``known``: the keys of all that answer, where they are few, so that only these
    are looked up and no more once all are found. Raises Invalid for a cursor that was tampered with.
    """
    condition = narrowed.condition(listing.model)
    if condition is None or not question:
        return FoundRows()
    if known is not None:
        condition &= Q(pk__in=known)
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
        if len(found.rows) >= each or (known is not None and len(found.rows) == len(known)):
            break
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
        base=listing.base & condition, with_archived=listing.with_archived, shown=_told(listing.model),
    )  # fmt: skip


def _told(model: type[Any]) -> tuple[str, ...]:
    """Return what a hit tells beside its own columns: where it is, whose it is, what it refers to by name."""
    return ("territory", "holder", *model.searched, *getattr(model, "titled_by", ()))


def _page(listing: Listing, wanted: int, cursor: str) -> tuple[list[Any], str, bool]:
    """Return rows of one tier, the cursor beyond them, and whether they are in order."""
    found = within(LIMIT_MILLISECONDS, lambda: listing.stretch(wanted, cursor))
    if found is not None:
        return (*found, True)
    rows = listing.drawn(listing.filtered({}).order_by())
    met = within(LIMIT_MILLISECONDS, lambda: list(rows[:wanted]))
    return met or [], "", False


def _met(listing: Listing, question: Question, condition: Q | None) -> Q:
    """Return the condition of every row that answers, whatever its rank."""
    meets = Q()
    for _, one in _tiers(listing.model, question):
        meets |= one
    if question.words:
        meets = Q(search__finds=" ".join(question.words))
        if question.is_code:
            meets |= Q(search__finds=question.exact)
    return (condition or Q()) & meets


def _hits_alone(listing: Listing, question: Question, condition: Q | None) -> list[Hit] | None:
    found = tally({"": _narrowed(listing, _met(listing, question, condition))})
    return None if found is None else found[""]


def _count(found: FoundRows, hits: list[Hit] | None) -> None:
    """Count the hits by facet, up to a thousand of them."""
    if hits is None:
        found.count, found.count_is_exact = len(found.rows), False
        return
    found.count, found.count_is_exact = min(len(hits), COUNTED), len(hits) <= COUNTED
    counted = hits[:COUNTED]
    found.facets = {
        "path": Counter(hit.path for hit in counted),
        "sector": Counter(hit.sector for hit in counted),
        "year": Counter(hit.year for hit in counted),
        "state": Counter(hit.state for hit in counted if hit.state),
        "is_open": Counter(hit.is_open for hit in counted if hit.is_open is not None),
    }
