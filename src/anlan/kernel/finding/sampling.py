"""What is said so often that a sample tells it: that there are more rows than are counted, and the facets of some of them.

The index holds all the rows of a pair; of a frequent one that is a hundred thousand, and to name them all takes thirty
milliseconds before the first is read. PostgreSQL draws among them by chance (``gin_fuzzy_search_limit``), in a sixth of that.
It does so for each pair apart, so the index is asked for one alone, and by itself: asked together with scope PostgreSQL may read
the table or the index of a sector, where nothing is drawn, and take the few rows there for a part of many. It draws some
thousands where it takes a list for shorter than it is: of these as many are looked into as were wanted.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from anlan.kernel.finding.tallying import COUNTED, LIMIT_MILLISECONDS, Met, count_hits, within
from anlan.kernel.registers.listing import Listing

SAMPLED = 400  # rows that hold the pair, at most: each lies on a page of its own
READ = 250  # of them, at most, that answer
TOLD = 100  # so many must answer, for facets of some worth
CERTAIN = 2  # times more rows than are counted must be there by the sample's measure: then there are more, whatever chance did


def sample(listing: Listing, exact: Q, pair: str, rows: float) -> Met | None:
    """Return what a sample tells of rows that answer; None where they are too few in it, or the database was not done in time.

    ``pair``: one that every row which answers holds, and about so many ``rows`` of the table.
    """

    def ask() -> Met:
        some = replace(listing, base=listing.base & Q(pk__any=_drawn(listing.model, pair)))
        return count_hits({"": (some, exact)}, 0, READ)[""]

    met = within(LIMIT_MILLISECONDS, ask)
    if met is None or met.count < TOLD or rows * met.count / SAMPLED < CERTAIN * COUNTED:
        return None
    return replace(met, is_all=False)


def _drawn(model: type[Any], pair: str) -> list[Any]:
    """Return the keys of some rows that hold a pair, drawn by chance; who may see which of them is not asked here."""
    # The settings end with the transaction, whatever happens in it: no other question may ever be answered in part.
    with transaction.atomic():
        _draw(SAMPLED)
        rows = model.unscoped(
            "a draw among all rows of a pair: scope is asked of those drawn, before any is counted"
        )
        rows = rows.filter(search__grams=(pair,)).order_by()
        keys = list(rows.values_list("pk", flat=True))
        _draw(0)
    return Random(0).sample(keys, SAMPLED) if len(keys) > SAMPLED else keys  # noqa: S311 - nothing is kept secret by it


def _draw(most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gin_fuzzy_search_limit', %s, true)", [str(most)])
        # The table itself is not read: whole, it takes longer than the index.
        cursor.execute(f"SET LOCAL enable_seqscan TO {'off' if most else 'DEFAULT'}")
