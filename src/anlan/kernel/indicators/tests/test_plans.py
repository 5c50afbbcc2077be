"""What figures ask of the database is answered by an index."""

from __future__ import annotations

import pytest
from django.db import connection

from anlan.kernel.indicators.tallies import all_countings


@pytest.mark.django_db
def test_every_date_a_figure_is_counted_by_begins_an_index() -> None:
    """A day is read off an index: else each write of a row costs the whole table at the next roll-up."""
    dates = {
        (one.model._meta.db_table, one.model._meta.get_field(one.on).column)
        for one in all_countings().values()
    }
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT table_of.relname, first.attname
              FROM pg_index JOIN pg_class AS table_of ON table_of.oid = indrelid
              JOIN pg_attribute AS first ON first.attrelid = indrelid AND first.attnum = indkey[0]
             WHERE indisvalid
        """)
        indexed = set(cursor.fetchall())
    assert dates - indexed == set()
