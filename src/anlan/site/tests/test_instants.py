"""Instants are read as the driver reads them, whatever the database holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.postgres import types
from psycopg.pq import Format

pytestmark = pytest.mark.django_db


def read(text: str, zone: str = "UTC") -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('timezone', %s, true), %s::timestamptz", [zone, text])
        return cursor.fetchone()[1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_an_instant_comes_back_to_the_microsecond(instant: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [instant])
        found = cursor.fetchone()[0]
    assert found == instant
    assert found.utcoffset() == timedelta(0)


def test_the_fast_reader_is_the_one_in_use_and_says_what_the_driver_says() -> None:
    connection.ensure_connection()
    raw = connection.connection
    fast = raw.adapters.get_loader(types["timestamptz"].oid, Format.TEXT)
    assert fast.reads_fast
    reader, slow = fast(0, raw), fast.__mro__[1](0, raw)
    for text in (
        b"2026-11-26 08:08:55+00",
        b"2026-11-26 08:08:55.1+00",
        b"0001-01-01 00:00:00+00",
        b"2026-11-26 08:08:55.5+08",
    ):
        assert reader.load(memoryview(text)) == slow.load(memoryview(text))
        assert reader.load(text).tzinfo is slow.load(text).tzinfo


def test_what_python_cannot_hold_is_refused_in_the_drivers_words() -> None:
    with pytest.raises(DataError, match="too large"):
        read("infinity")
