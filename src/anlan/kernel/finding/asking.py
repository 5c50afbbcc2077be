"""How the rows of a list are asked for by words: what scope says of an actor is written out once, the words stand beside it.

Django takes a millisecond to write what a person sees of a kind, and a search asks five kinds twice. Of the same actor (the same
posts, bodies and grants) it is the same sentence each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.db.models.sql import Query

from anlan.kernel.finding.narrowing import year_column
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope.actor import Actor

Written = tuple[str, tuple[Any, ...]]


def seen_of(listing: Listing) -> Written:
    """Return the question for what the actor of a list sees of its kind, as a table of the same name.

    What the list is narrowed to is not part of it. It tells the columns by which rows are found, narrowed, counted and ordered.
    """
    column = listing.order.lstrip("-")
    return _seen(listing.model, listing.actor, column, with_archived=listing.with_archived)


@lru_cache(maxsize=1024)
def _seen(model: type[Any], actor: Actor, column: str, *, with_archived: bool) -> Written:
    # Kept as a sentence, never as an answer: what changes with time (who awaits a duty, who is in a group) the database looks up.
    names = dict.fromkeys(("id", "path", "sector", "search", year_column(model), column))
    if hasattr(model, "loop"):
        names |= dict.fromkeys(("number", "state", "closed_at"))
    rows = Listing(model, actor, (), (), column, with_archived=with_archived).filtered({}).order_by()
    sql, params = rows.values(*names).query.sql_with_params()
    return f"({sql}) AS {connection.ops.quote_name(model._meta.db_table)}", params


def written(model: type[Any], condition: Q) -> Written:
    """Return a condition on columns of a row, each under the name of its table.

    Raises EmptyResultSet where no row can meet it.
    """
    if not condition:
        return "true", ()
    query = Query(model)
    sql, params = query.build_where(condition).as_sql(query.get_compiler(connection=connection), connection)
    return sql or "true", tuple(params)


def keys_of(listing: Listing, most: int, after: str = "") -> list[Any]:
    """Return the keys of so many rows in the list's own order, beyond a cursor. Raises Invalid for one that was tampered with."""
    try:
        met, values = written(listing.model, listing.base & listing.beyond(after))
        seen, seen_values = seen_of(listing)
    except EmptyResultSet:
        return []
    sql = f"SELECT id FROM {seen} WHERE {met} ORDER BY {_order(listing)} LIMIT {most}"  # noqa: S608 - Django's and our own
    with connection.cursor() as cursor:
        cursor.execute(sql, [*seen_values, *values])
        return [key for (key,) in cursor.fetchall()]


def _order(listing: Listing) -> str:
    column, way = listing.order.lstrip("-"), "DESC" if listing.order.startswith("-") else "ASC"
    # Said only where a column may be empty: an index is read along the order as it was made.
    last = " NULLS LAST" if listing.model._meta.get_field(column).null else ""
    return f'"{column}" {way}{last}, id {way}'
