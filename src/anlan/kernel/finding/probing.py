"""Which kinds hold the words at all: asked beforehand, so that only those are asked under scope.

Of some thirty kinds a question meets rows in two or three. To put a question under scope together for all of them takes the
longer part of a search; this one is written out, the same for everybody, and says no more than which kinds need not be asked.
It tells nobody anything: what is shown and counted comes from ``seen_by`` alone. A large kind is asked for the rarest pair of
the question alone, and where none is rare not at all: looking twice would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from django.db import connection

from anlan.kernel.finding.frequency import Frequency
from anlan.kernel.finding.question import Question
from anlan.kernel.finding.tallying import LIMIT_MILLISECONDS, within
from anlan.kernel.registers.listing import Listing
from anlan.kernel.registers.searching import query_of

LARGE_BYTES = 32 * 1024 * 1024


def holding(listings: Mapping[str, Listing], question: Question) -> Collection[str]:
    """Return the kinds that may hold a row which answers: all of them if the database was not done in time."""
    kinds = tuple((slug, listing.model) for slug, listing in listings.items())
    if not kinds:
        return ()
    sql, numbered = _question(kinds, question.is_code)
    literals = filter(None, (query_of(question.exact), query_of(" ".join(question.words))))
    meets = " | ".join(f"({literal})" for literal in literals)
    begins = f"{question.text.upper()}%"  # a code holds no sign that means something to LIKE
    words, params = " ".join(question.words) or question.exact, []
    for (_, model), is_numbered in zip(kinds, numbered, strict=True):
        pair = Frequency.of(model).rarest(words)
        params += [
            pair and query_of(pair),
            pair and query_of(pair),
            meets,
            *([begins] if is_numbered else []),
        ]

    def ask() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list((cursor.fetchone() or ([],))[0])

    found = within(LIMIT_MILLISECONDS, ask)
    return listings.keys() if found is None else set(found)


@lru_cache(maxsize=128)
def _question(kinds: tuple[tuple[str, Any], ...], is_code: bool) -> tuple[str, tuple[bool, ...]]:
    """Return the question for some kinds, and of each whether it is asked for the beginning of a number too."""
    numbered = tuple(is_code and hasattr(model, "loop") for _, model in kinds)
    parts = [
        _part(slug, model, is_numbered) for (slug, model), is_numbered in zip(kinds, numbered, strict=True)
    ]
    return f"SELECT array_remove(ARRAY[{', '.join(parts)}]::text[], NULL)", numbered


def _part(slug: str, model: Any, is_numbered: bool) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    met = f"EXISTS (SELECT 1 FROM {table} WHERE search @@ %s::tsquery)"  # noqa: S608 - names of our own
    numbered = f" OR EXISTS (SELECT 1 FROM {table} WHERE number LIKE %s)" if is_numbered else ""  # noqa: S608 - as above
    is_large = f"pg_relation_size('{table}') > {LARGE_BYTES}"
    held = f"CASE WHEN {is_large} THEN %s::tsquery IS NULL OR {met} ELSE {met} END{numbered}"
    return f"CASE WHEN {held} THEN '{slug}' END"
