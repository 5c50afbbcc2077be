"""Counting a tally whole, in the database: every day it has rows or cells on, compared with what was kept.

What ``rolling`` does day by day for what was just written is done here in one statement for all of the past: a new figure over
a million rows, or a check of all of them, takes a minute and not an hour. Both ways count the same; a test compares them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models import Sum as Total

from anlan.kernel import clock
from anlan.kernel.indicators.lists import condition_of
from anlan.kernel.indicators.models import DAY, MONTH
from anlan.kernel.indicators.places import PlacesOf
from anlan.kernel.indicators.tallies import Counting, bucket_expression, day_expression

_KEYS = "day, place, sector, sensitivity, bucket"
_SAME = " AND ".join(f"kept.{name} = fresh.{name}" for name in _KEYS.split(", "))
# A group of rows counts in every place above it, for all sectors and, where a place is kept by sector, for its own.
_COMPARED = f"""
    WITH places AS MATERIALIZED (
        SELECT * FROM unnest(%(paths)s::text[], %(places)s::text[], %(by_sector)s::boolean[]) AS p (path, place, by_sector)
    ), counted AS (
        {{counted}}
    ), fresh AS MATERIALIZED (
        SELECT counted.d AS day, places.place, each.sector, counted.sensitivity, left(coalesce({{bucket}}, ''), 24) AS bucket,
               sum({{value}})::numeric(20, 2) AS value, sum(counted.row_count)::int AS rows
          FROM counted JOIN places USING (path)
          CROSS JOIN LATERAL (VALUES ('', true), (counted.sector, places.by_sector)) AS each (sector, holds)
         WHERE each.holds
         GROUP BY 1, 2, 3, 4, 5
    ), gone AS (
        DELETE FROM indicators_rollup AS kept
         WHERE tally_id = %(tally)s AND grain = '{DAY}' {{within}} AND NOT EXISTS (SELECT 1 FROM fresh WHERE {_SAME})
        RETURNING 1
    ), put AS (
        INSERT INTO indicators_rollup AS old (tally_id, grain, {_KEYS}, value, rows, computed_at)
        SELECT %(tally)s, '{DAY}', fresh.day, fresh.place, fresh.sector, fresh.sensitivity, fresh.bucket, fresh.value,
               fresh.rows, %(now)s
          FROM fresh LEFT JOIN indicators_rollup AS kept ON kept.tally_id = %(tally)s AND kept.grain = '{DAY}' AND {_SAME}
         WHERE kept.value IS DISTINCT FROM fresh.value OR kept.rows IS DISTINCT FROM fresh.rows
         ORDER BY fresh.day, fresh.place, fresh.sector  -- as days come one after the other: a day lies together
        ON CONFLICT (tally_id, grain, place, sector, day, sensitivity, bucket)
        DO UPDATE SET value = EXCLUDED.value, rows = EXCLUDED.rows, computed_at = EXCLUDED.computed_at
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""  # noqa: S608 - names of our own
_MONTHS = f"""
    INSERT INTO indicators_rollup (tally_id, grain, day, place, sector, sensitivity, bucket, value, rows, computed_at)
    SELECT tally_id, '{MONTH}', date_trunc('month', day)::date, place, sector, sensitivity, bucket, sum(value), sum(rows),
           %(now)s
      FROM indicators_rollup WHERE tally_id = %(tally)s AND grain = '{DAY}' {{within}}
     GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(rows) <> 0
"""  # noqa: S608 - names of our own


_WITHIN = "AND place = ANY(%(within)s::text[])"


def fill(tally: int, counting: Counting, within: Collection[str] | None = None) -> int:
    """Count every day of a tally from the rows and write what differs; returns how many cells of days were wrong.

    ``within``: the cells of these places alone (zones whose members changed).
    """
    places = _places(counting.model, within)
    sql, params = _counted(counting, None if within is None else sorted({*places["paths"]}))
    total = "coalesce(counted.total, 0)" if counting.total else "counted.row_count"
    bucket = "counted.bucket" if counting.split else "''"
    statement = _COMPARED.format(
        counted=_named(sql, len(params)), value=total, bucket=bucket, within="" if within is None else _WITHIN
    )
    answers = {f"p{n}": value for n, value in enumerate(params)}
    narrowed = {} if within is None else {"within": list(within)}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**answers, **places, **narrowed, "tally": tally, "now": clock.now()})
        (wrong,) = cursor.fetchone() or (0,)
    rebuild_months(tally, within)
    return int(wrong)


def rebuild_months(tally: int, within: Collection[str] | None = None) -> None:
    """Add the months of a tally up anew from its days; ``within``: those of these places alone."""
    which = "" if within is None else _WITHIN
    answers: dict[str, Any] = {"tally": tally, "now": clock.now(), "month": MONTH}
    if within is not None:
        answers["within"] = list(within)
    with connection.cursor() as cursor:
        gone = f"DELETE FROM indicators_rollup WHERE tally_id = %(tally)s AND grain = %(month)s {which}"  # noqa: S608 - ours
        cursor.execute(gone, answers)
        cursor.execute(_MONTHS.format(within=which), answers)


def _counted(counting: Counting, paths: Sequence[str] | None) -> tuple[str, tuple[Any, ...]]:
    """Return the question that counts the rows by day, path, sector, sensitivity and bucket; of some paths where given."""
    rows = counting.model.unscoped("the roll-up counts every row of the city").order_by()
    rows = rows.filter(condition_of(counting.rows), **{f"{counting.on}__isnull": False})
    if paths is not None:
        rows = rows.filter(path__in=paths or [""])  # none: nothing is counted
    rows = rows.annotate(d=day_expression(counting.model, counting.on))
    groups = ["d", "path", "sector", "sensitivity"]
    if counting.split:
        rows, groups = rows.annotate(bucket=bucket_expression(counting)), [*groups, "bucket"]
    rows = rows.values(*groups).annotate(row_count=Count("pk"))
    if counting.total:
        rows = rows.annotate(total=Total(counting.total))
    found: tuple[str, tuple[Any, ...]] = rows.query.sql_with_params()
    return found


def _named(sql: str, count: int) -> str:
    """Turn the places of parameters into names, so that they can stand beside others."""
    parts = sql.split("%s")
    if len(parts) != count + 1:
        raise ValueError("a question whose parameters cannot be told apart")
    return "".join(part if n == 0 else f"%(p{n - 1})s{part}" for n, part in enumerate(parts))


def _places(model: Any, within: Collection[str] | None) -> dict[str, list[Any]]:
    paths = (
        model.unscoped("the roll-up counts every row of the city").order_by().values_list("path", flat=True)
    )
    of = PlacesOf().of
    found = [(path, place, by_sector) for path in paths.distinct() for place, by_sector in of(path)]
    if within is not None:
        found = [row for row in found if row[1] in within]
    return {name: [row[n] for row in found] for n, name in enumerate(("paths", "places", "by_sector"))}
