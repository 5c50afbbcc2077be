"""How frequent pairs of characters are, as PostgreSQL last counted them: which of a question its index is best asked for.

A sentence is made of ten or twenty pairs, most of them in tens of thousands of rows. To lay all their lists over each other
costs far more than to take the few rarest and to look into the rows these leave. The rows that answer are the same: each of
the pairs chosen must stand in every one of them. Pairs of one sentence mostly stand in the same rows, so without a rare one
among them all of a short sentence are asked for, and half of a long one: a pair and its neighbour tell much the same, but the
first, mostly a place, has a neighbour on one side alone. Digits follow each other by chance.

Whoever sees few rows is asked for one pair alone. PostgreSQL takes pairs for independent of each other and so a sentence for
rare: it would look into every row of the city that holds it. Of one pair it knows how frequent it is, and lays its list over
the few rows of a township.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection

from anlan.kernel.registers.searching import grams_of

KEPT_SECONDS = 900
MOST_PAIRS = 4
RARE = 0.005  # of all rows
LONG_SENTENCE = 6  # pairs
ROWS_LEFT = 200  # so few rows are looked into sooner than another list is read
NARROW = 0.03  # of all rows: whoever sees no more of them, as in a township, is asked for one pair


@dataclass(frozen=True)
class Frequency:
    """Of one table: how many rows it has, of its frequent pairs the share of rows each stands in, and where its rows lie.

    ``places`` are paths, each of which stands for as many rows as any other.
    """

    rows: int = 0
    shares: Mapping[str, float] | None = None
    rare: float = 0.0
    places: tuple[str, ...] = ()

    _kept: ClassVar[dict[str, tuple[float, Frequency]]] = {}

    @classmethod
    def of(cls, model: type[Any]) -> Frequency:
        """Return what is known of a table, read anew every quarter of an hour."""
        table, now = model._meta.db_table, time.monotonic()
        until, known = cls._kept.get(table, (0.0, cls()))
        if now >= until:
            known = _read(table)
            cls._kept[table] = (now + KEPT_SECONDS, known)
        return known

    def beneath(self, paths: Collection[str]) -> float:
        """Return about which share of the rows lies beneath any of some paths; all of it where that is not known."""
        if not self.places:
            return 1.0
        beginnings = tuple(paths)
        return sum(place.startswith(beginnings) for place in self.places) / len(self.places)

    def telling(self, text: str, seen: float = 1.0) -> tuple[str, ...]:
        """Return the pairs of a text that the index is asked for; none where all of them should be.

        ``seen``: the share of the rows that is looked through.
        """
        pairs = grams_of(text)
        if self.shares is None or len(pairs) <= 1:
            return ()
        found: list[str] = []
        left = float(self.rows)
        ranked = sorted((self.shares.get(pair, self.rare), pair) for pair in pairs)
        if seen <= NARROW:
            return (ranked[0][1],)
        if ranked[0][0] > RARE and not text.isascii():
            return self._spread(pairs)
        for share, pair in ranked:
            found.append(pair)
            left *= share
            if left <= ROWS_LEFT or len(found) == MOST_PAIRS:
                break
        return tuple(found)

    def _spread(self, pairs: list[str]) -> tuple[str, ...]:
        """Return of a long sentence its first pair and the rarer of each two that follow; none of a short one."""
        if len(pairs) < LONG_SENTENCE or self.shares is None:
            return ()
        shares, rest = self.shares, pairs[1:]
        twos = (rest[n : n + 2] for n in range(0, len(rest), 2))
        return (pairs[0], *(min(two, key=lambda pair: shares.get(pair, self.rare)) for two in twos))


def _read(table: str) -> Frequency:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reltuples::bigint, s.most_common_elems::text::text[], s.most_common_elem_freqs::float8[],"
            " p.histogram_bounds::text::text[]"
            " FROM pg_class c JOIN pg_stats s ON s.schemaname = c.relnamespace::regnamespace::text"
            " AND s.tablename = c.relname AND s.attname = 'search'"
            " LEFT JOIN pg_stats p ON p.schemaname = s.schemaname AND p.tablename = s.tablename AND p.attname = 'path'"
            " WHERE c.oid = to_regclass(%s)",
            [connection.ops.quote_name(table)],
        )
        told: Any = cursor.fetchone() or (0, None, None, None)
    rows, pairs, shares, places = told
    if not pairs:
        return Frequency()
    # Behind the shares stand the smallest and the largest of them.
    known = dict(zip(pairs, shares, strict=False))
    return Frequency(rows, known, min(shares[: len(pairs)]) / 2, tuple(places or ()))
