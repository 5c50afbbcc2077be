"""Rows of a register or a loop that answer a question: in order, in pages, with facets, and within a bounded time.

A frequent pair of characters may stand in hundreds of thousands of rows. So what is counted is counted up to a thousand, and
says so; and a question the database cannot order in time is answered with the first rows met, and says that too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import OperationalError, models
from django.db.models import Q

from anlan.kernel.finding.asking import keys_of
from anlan.kernel.finding.frequency import Frequency
from anlan.kernel.finding.narrowing import Narrowed
from anlan.kernel.finding.probing import holding
from anlan.kernel.finding.question import Question
from anlan.kernel.finding.sampling import sample
from anlan.kernel.finding.tallying import (
    COUNTED,
    LIMIT_MILLISECONDS,
    Met,
    is_broken_off,
    patient,
    tally,
    within,
)
from anlan.kernel.registers.listing import Listing
from anlan.kernel.registers.searching import grams_of
from anlan.kernel.scope import NOBODY
from anlan.kernel.scope.kept_reading import KeptReading

EXACT, APART = "exact", "apart"
FEW = 100  # so many hits are looked up by their keys: the words were sought once and need not be again
OFTEN = 0.3  # a rank that holds such a share of those counted is frequent


@dataclass
class FoundRows:
    """What was found of one kind. ``more`` is the cursor of the next page; counts beyond COUNTED are not exact."""

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
    nothing = {slug: FoundRows() for slug in listings}
    try:
        with patient(LIMIT_MILLISECONDS):
            return nothing | _found(asked, question, narrowed, each, after)
    except OperationalError as fault:
        if not is_broken_off(fault):
            raise
    # What has no answer of its own for being late, as the rows of known keys, was late once: asked again without that limit.
    return nothing | _found(asked, question, narrowed, each, after)


def _found(
    asked: Mapping[str, Listing], question: Question, narrowed: Narrowed, each: int, after: str
) -> dict[str, FoundRows]:
    held = holding(asked, question)
    asked = {slug: listing for slug, listing in asked.items() if slug in held}
    wanted = {slug: _wanted(listing, question, narrowed) for slug, listing in asked.items()}
    first = FEW if after else each
    told = _sampled(asked, question, narrowed)
    counted = {**told, **_counted({slug: one for slug, one in wanted.items() if slug not in told}, first)}
    found = {}
    for slug, listing in asked.items():
        hits = counted[slug]
        if hits is not None and not hits.count:
            continue
        if hits is not None and hits.is_all and not after:
            found[slug] = _rows_of(wanted[slug][0], hits, each)
        else:
            are_few = hits is not None and hits.is_all and hits.count <= FEW
            known = [hit.pk for hit in hits.first] if hits is not None and are_few else None
            found[slug] = find_rows(
                listing, question, narrowed, each, after=after, known=known, frequent=_frequent(hits)
            )
        _count(found[slug], hits)
    return found


def _counted(wanted: Mapping[str, tuple[Listing, Q]], first: int) -> Mapping[str, Met | None]:
    """Return what is met of each kind; where all together take too long each by itself, so that one alone stays unknown."""
    together = tally(wanted, first)
    if together is not None:
        return together
    return {slug: (tally({slug: one}, first) or {}).get(slug) for slug, one in wanted.items()}


def _sampled(asked: Mapping[str, Listing], question: Question, narrowed: Narrowed) -> dict[str, Met]:
    """Return what a sample says of the kinds in which a question is so frequent that one answers it."""
    if replace(narrowed, kind="") != Narrowed() or question.is_code:
        return {}
    words, found = " ".join(question.words) or question.exact, {}
    for slug, listing in asked.items():
        frequent = Frequency.of(listing.model).frequent(words, _seen(listing, narrowed))
        if frequent is None:
            continue
        meets = Q() if grams_of(words) == [frequent.pair] else Q(search__holds=words)
        exact = _wanted(listing, question, narrowed)[1]
        if (met := sample(_narrowed(listing, meets), exact, *frequent)) is not None:
            found[slug] = met
    return found


def _wanted(listing: Listing, question: Question, narrowed: Narrowed) -> tuple[Listing, Q]:
    """Return the list of all rows that answer, whatever their rank, and what makes a hit an exact one (nothing: all are)."""
    met = _met(listing, question, narrowed)
    exact = (
        _tiers(listing.model, question, lambda words: Q(search__finds=words))[0][1] if question.words else Q()
    )
    return _narrowed(listing, met), exact


def _rows_of(listing: Listing, met: Met, each: int) -> FoundRows:
    """Return the first rows of hits that were all counted: their keys and their order are known, no word is sought again."""
    keys = [hit.pk for hit in met.first[:each]]
    found = FoundRows(rows=_read(listing, keys))
    if met.count > each and found.rows:
        tier = EXACT if met.first[len(keys) - 1].is_exact else APART
        found.more = f"{tier}:{listing.cursor_after(found.rows[-1])}"
    return found


def _read(listing: Listing, keys: Sequence[Any]) -> list[Any]:
    """Return rows by their keys, in that order, with what a hit shows of them."""
    rows = {row.pk: row for row in listing.model.seen_some(listing.actor, keys, _HITS)}
    return [rows[key] for key in keys if key in rows]


def _as_hits(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return Listing(rows.model, NOBODY, (), (), "pk", shown=_told(rows.model)).drawn(rows)


_HITS = KeptReading(_as_hits)


def _frequent(met: Met | None) -> Sequence[str]:
    """Return the ranks of which so many rows are among those counted that the next rows of the order will hold them soon."""
    if met is None or met.is_all:
        return ()
    counts = {EXACT: met.exact, APART: met.count - met.exact}
    return [tier for tier, count in counts.items() if count >= OFTEN * met.count]


def find_rows(
    listing: Listing,
    question: Question,
    narrowed: Narrowed,
    each: int,
    *,
    after: str = "",
    known: Sequence[Any] | None = None,
    frequent: Collection[str] = (),
) -> FoundRows:
    """Return one page of the rows of a listing that answer the question, exact runs first, uncounted.

    ``after`` is the ``more`` of the page before; ``known``: the keys of all that answer, where they are few, so that only these
    are looked up and no more once all are found; ``frequent``: the ranks whose rows are looked for along the order of the list
    instead of by the words. Raises Invalid for a cursor that was tampered with.
    """
    condition = narrowed.condition(listing.model)
    if condition is None or not question:
        return FoundRows()
    if known is not None:
        condition &= Q(pk__in=known)
    found = FoundRows()
    tier, _, cursor = after.partition(":")
    ranks = _tiers(listing.model, question, lambda words: _meets(listing, words, narrowed))
    tiers = [name for name, _ in ranks]
    along = dict(_tiers(listing.model, question, lambda words: Q(search__holds=words))) if frequent else {}
    for name, meets in ranks:
        if tier in tiers and tiers.index(name) < tiers.index(tier):
            continue
        wanted, place = each - len(found.rows), cursor if name == tier else ""
        part = _narrowed(listing, condition & meets)
        rows, more, ordered = _page(
            part,
            wanted,
            place,
            along=_narrowed(listing, condition & along[name]) if name in frequent else part,
        )
        found.rows += rows
        found.is_ordered &= ordered
        if more:
            found.more = f"{name}:{more}"
        elif ordered and len(found.rows) >= each and name == EXACT and len(ranks) > 1:
            found.more = _more_apart(listing, condition & ranks[-1][1])
        if len(found.rows) >= each or (known is not None and len(found.rows) == len(known)):
            break
    return found


def _more_apart(listing: Listing, condition: Q) -> str:
    """Return the cursor of the first row whose words stand apart, where a page ended with the last exact one."""
    any_of_them = _narrowed(listing, condition).filtered({}).order_by().values_list("pk", flat=True)[:1]
    return "" if within(LIMIT_MILLISECONDS, lambda: list(any_of_them)) == [] else f"{APART}:"


def _tiers(model: type[Any], question: Question, met: Callable[[str], Q]) -> Sequence[tuple[str, Q]]:
    """Return the conditions in order of rank: the exact run (or the beginning of a number), then all words apart.

    ``met`` gives the condition that some words are held.
    """
    exact = met(question.exact)
    if question.is_code and hasattr(model, "loop"):
        exact |= Q(number__startswith=question.text.upper())
    if not question.words:
        return [(EXACT, exact)]
    apart = met(" ".join(question.words)) & ~Q(search__finds=question.exact)
    return [(EXACT, exact), (APART, apart)]


def _narrowed(listing: Listing, condition: Q) -> Listing:
    return Listing(
        model=listing.model, actor=listing.actor, facets=listing.facets, sorts=listing.sorts, order=listing.order,
        base=listing.base & condition, with_archived=listing.with_archived, shown=_told(listing.model),
    )  # fmt: skip


def _told(model: type[Any]) -> tuple[str, ...]:
    """Return what a hit tells beside its own columns: where it is, whose it is, what it refers to by name."""
    return ("territory", "holder", *model.searched, *getattr(model, "titled_by", ()))


def _page(listing: Listing, wanted: int, cursor: str, *, along: Listing) -> tuple[list[Any], str, bool]:
    """Return rows of one tier, the cursor beyond them, and whether they are in order.

    ``along``: the same list as it is read in order; the first rows met, where that is not done in time, are the index's.
    """
    keys = within(LIMIT_MILLISECONDS, lambda: keys_of(along, wanted + 1, cursor))
    if keys is not None:
        rows = _read(along, keys[:wanted])
        return rows, along.cursor_after(rows[-1]) if rows and len(keys) > wanted else "", True
    any_of_them = listing.filtered({}).order_by().values_list("pk", flat=True)[:wanted]
    return _read(listing, within(LIMIT_MILLISECONDS, lambda: list(any_of_them)) or []), "", False


def _met(listing: Listing, question: Question, narrowed: Narrowed) -> Q:
    """Return the condition of every row that answers, whatever its rank."""
    meets = _meets(listing, " ".join(question.words) or question.exact, narrowed)
    if question.is_code:
        if question.words:
            meets |= Q(search__finds=question.exact)
        if hasattr(listing.model, "loop"):
            meets |= Q(number__startswith=question.text.upper())
    return (narrowed.condition(listing.model) or Q()) & meets


def _meets(listing: Listing, words: str, narrowed: Narrowed) -> Q:
    """Return the condition of words all held: the index is asked for the rarest pairs, the rows it names for the rest."""
    telling = Frequency.of(listing.model).telling(words, _seen(listing, narrowed))
    return Q(search__grams=telling) & Q(search__holds=words) if telling else Q(search__finds=words)


def _seen(listing: Listing, narrowed: Narrowed) -> float:
    """Return about which share of the rows of a list is looked through."""
    known = Frequency.of(listing.model)
    seen = known.beneath({grant.path for grant in listing.actor.grants})
    if narrowed.county:  # it may be wider than what its reader sees, and narrower
        seen = min(seen, known.beneath([narrowed.county]))
    return seen


def _count(found: FoundRows, met: Met | None) -> None:
    """Tell how many hits there are by facet, as far as they were counted."""
    if met is None:
        found.count, found.count_is_exact = len(found.rows), False
        return
    found.count, found.count_is_exact = met.count if met.is_all else COUNTED, met.is_all
    found.facets = met.facets
