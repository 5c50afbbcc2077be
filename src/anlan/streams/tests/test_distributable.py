"""The tables of readings keep what Citus asks of a table that lies on several machines, shared out by point.

Written down from its documentation (no trigger, no foreign key, every unique index holds the column the rows are shared out by);
Citus itself is not started here.
"""

from __future__ import annotations

import pytest
from django.db import connection

BY_POINT = ("streams_piece", "streams_hour", "streams_roll")
READINGS = ("streams_journal", *BY_POINT)

pytestmark = pytest.mark.django_db


def asked(sql: str, table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return [str(name) for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("table", READINGS)
def test_a_table_of_readings_has_no_trigger_and_no_foreign_key(table: str) -> None:
    assert asked("SELECT relname FROM pg_class WHERE oid = %s::regclass", table) == [table]
    assert (
        asked("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", table) == []
    )
    either_end = (
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND %s::regclass IN (conrelid, confrelid)"
    )
    assert asked(either_end, table) == []


@pytest.mark.parametrize("table", BY_POINT)
def test_what_must_be_unique_in_it_is_unique_within_a_point(table: str) -> None:
    keys = asked(
        """SELECT string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index AS i
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
            WHERE i.indrelid = %s::regclass AND i.indisunique GROUP BY i.indexrelid""",
        table,
    )
    assert keys
    assert all(key.split(",")[0] == "point" for key in keys)
