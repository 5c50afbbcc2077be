"""How frequent pairs of characters are, as PostgreSQL last counted them: which of a question its index is best asked for.

A sentence is made of ten or twenty pairs, most of them in tens of thousands of rows. To lay all their lists over each other
costs far more than to take a few and to look into the rows these leave. The rows that answer are the same: each of the pairs
chosen must stand in every one of them. One that is in hardly any row is enough. Else pairs of one sentence mostly stand in the
same rows, the more so the nearer they are to each other: so three are asked for that lie apart, the first (of a sentence mostly
a place) and the rarest in each half of the rest. Digits follow each other by chance: of them the rarest.

A frequent pair is told by a sample: so many rows hold it that a page in order is soon found, and facets count some of them.

Whoever sees few rows is asked for one pair alone. PostgreSQL takes pairs for independent of each other and so a sentence for
rare: it would look into every row of the city that holds it. Of one pair it knows how frequent it is, and lays its list over
the few rows of a township.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from django.db import connection

from anlan.kernel.finding.sampling import SAMPLED, TOLD
from anlan.kernel.registers.searching import grams_of

KEPT_SECONDS = 900
MOST_PAIRS = 4
RARE = 0.005  # of all rows
APART = 3  # pairs of a sentence
COMMON = 0.2  # of all rows: a pair in more of them tells little, and its list is long
LONG_SENTENCE = 6  # pairs
ROWS_LEFT = 200  # so few rows are looked into sooner than another list is read
MANY = 20_000  # so many rows hold a pair that a sample of them is drawn sooner than all are named
NARROW = 0.03  # of all rows: whoever sees no more of them, as in a township, is asked for one pair


class Frequent(NamedTuple):
    """The rarest pair of a frequent question, and about how many rows of the table hold it."""

    pair: str
    rows: float


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

    def rarest(self, text: str) -> str | None:
        """Return the rarest pair of a text where it is rare; None where every pair is frequent, or nothing is known.

        A text of single characters has no pair at all.
        """
        pairs = grams_of(text)
        if self.shares is None or not pairs:
            return None
        share, pair = min((self.shares.get(pair, 0.0), pair) for pair in pairs)
        return pair if share <= RARE else None

    def telling(self, text: str, seen: float = 1.0) -> tuple[str, ...]:
        """Return the pairs of a text that the index is asked for; none where all of them should be.

        ``seen``: the share of the rows that is looked through.
        """
        pairs = grams_of(text)
        if self.shares is None or len(pairs) <= 1:
            return ()
        ranked = sorted((self.shares.get(pair, self.rare), pair) for pair in pairs)
        share, rarest = ranked[0]
        if seen <= NARROW or share * self.rows <= ROWS_LEFT:
            return (rarest,)
        if text.isascii():
            return self._rarest(ranked)
        if share > RARE and len(pairs) <= APART:
            return ()
        return self._apart(pairs)

    def frequent(self, text: str, seen: float = 1.0) -> Frequent | None:
        """Return the rarest pair of a short text where it stands in so many rows that a sample of them is likely to answer.

        ``seen``: the share of the rows that is looked through. None for a sentence: mostly few rows hold all of it.
        """
        pairs = grams_of(text)
        if (
            self.shares is None
            or not pairs
            or len(pairs) >= LONG_SENTENCE
            or not self.shares.keys() >= {*pairs}
        ):
            return None
        share, pair = min((self.shares[pair], pair) for pair in pairs)
        rows = share * self.rows
        return Frequent(pair, rows) if rows >= MANY and SAMPLED * seen >= 2 * TOLD else None

    def _rarest(self, ranked: list[tuple[float, str]]) -> tuple[str, ...]:
        """Return so many of the rarest pairs as leave few rows, if they stood there by chance."""
        found: list[str] = []
        left = float(self.rows)
        for share, pair in ranked:
            found.append(pair)
            left *= share
            if left <= ROWS_LEFT or len(found) == MOST_PAIRS:
                break
        return tuple(found)

    def _apart(self, pairs: list[str]) -> tuple[str, ...]:
        """Return the first pair and the rarest in each half of the rest, passing over what stands in every fifth row."""
        shares = {pair: (self.shares or {}).get(pair, self.rare) for pair in pairs}
        first, *rest = [pair for pair in pairs if shares[pair] <= COMMON] or pairs
        halves = (rest[: len(rest) // 2], rest[len(rest) // 2 :])
        return (first, *(min(half, key=lambda pair: shares[pair]) for half in halves if half))


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
        told: Any = cursor.fetchone()
    if told is None:  # never analysed
        return Frequency()
    rows, pairs, shares, places = told
    if not pairs:  # no pair is frequent, as where the rows hold no words
        return Frequency(rows, {}, places=tuple(places or ()))
    # Behind the shares stand the smallest and the largest of them.
    known = dict(zip(pairs, shares, strict=False))
    return Frequency(rows, known, min(shares[: len(pairs)]) / 2, tuple(places or ()))
