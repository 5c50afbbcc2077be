"""What is said so often that a sample tells it: that there are more rows than are counted, and the facets of some of them.

The index holds all the rows of a pair; of a frequent one that is a hundred thousand, and to name them all takes thirty
milliseconds before the first is read. PostgreSQL draws among them by chance (``gin_fuzzy_search_limit``), in a sixth of that.
It does so for each pair apart, so the index is asked for one alone, and the rows that were drawn for all of the words.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import connection, transaction
from django.db.models import Q

from anlan.kernel.finding.tallying import COUNTED, LIMIT_MILLISECONDS, Met, count_hits, within
from anlan.kernel.registers.listing import Listing

SAMPLED = 400  # rows that hold the pair, about: each lies on a page of its own
READ = 250  # of them, at most, that answer
TOLD = 100  # so many must answer, for facets of some worth
CERTAIN = 2  # times more rows than are counted must be there by the sample's measure: then there are more, whatever chance did


def sample(listing: Listing, exact: Q, rows: float) -> Met | None:
    """Return what a sample tells of rows that answer; None where they are too few in it, or the database was not done in time.

    ``listing`` asks the index for a single pair, which about so many ``rows`` hold.
    """

    def ask() -> Met:
        # The setting ends with the transaction, whatever happens in it: no other question may ever be answered in part.
        with transaction.atomic():
            _draw(SAMPLED)
            met = count_hits({"": (listing, exact)}, 0, READ)[""]
            _draw(0)
        return met

    met = within(LIMIT_MILLISECONDS, ask)
    if met is None or met.count < TOLD or rows * met.count / SAMPLED < CERTAIN * COUNTED:
        return None
    return replace(met, is_all=False)


def _draw(most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gin_fuzzy_search_limit', %s, true)", [str(most)])
