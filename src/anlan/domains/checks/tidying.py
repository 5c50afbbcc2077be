"""Retention: lines older than the term are cut off; the counts of their task, failed lines and the ledger stay."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, transaction

from anlan.kernel import clock, rules

KEEP = "checks.keep_lines"
DAYS_AT_ONCE = 7  # days cut off in one transaction, so that a first run after years stays small


def tidy() -> int:
    """Cut off old lines; returns how many. Called daily."""
    last = clock.today() - timedelta(days=int(rules.parameter(KEEP, clock.today()).value))
    removed = 0
    while (first := _oldest(last)) is not None:
        removed += _cut(first, min(first + timedelta(days=DAYS_AT_ONCE - 1), last))
    return removed


_SPENT = '"result" <> 2 AND "danger" IS NULL'


def _oldest(last: date) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(day) FROM checks_checkline WHERE day <= %s AND {_SPENT}",  # noqa: S608 - names of our own
            [last],
        )
        (found,) = cursor.fetchone() or (None,)
    return found


def _cut(first: date, last: date) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM checks_checkline WHERE day BETWEEN %s AND %s AND {_SPENT}",  # noqa: S608 - names of our own
            [first, last],
        )
        return int(cursor.rowcount)
