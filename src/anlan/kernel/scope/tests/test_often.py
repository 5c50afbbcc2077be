"""Questions planned once answer as those planned each time, and where nothing prepared is kept they are asked plainly."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from anlan.kernel.scope.often import ask_often

pytestmark = pytest.mark.django_db

ADDED = "SELECT %s::int + %s::int, %s::text"


def test_values_stand_in_their_places_however_often_it_is_asked(city: Any) -> None:
    for n in range(8):  # after five PostgreSQL may plan for any value
        assert ask_often(ADDED, [n, 1, "啊'%"]) == [(n + 1, "啊'%")]
    named = "SELECT %(a)s::int, %(b)s::int, %(a)s::int WHERE %(a)s::int < %(b)s::int"
    assert ask_often(named, {"b": 7, "a": 3}) == [(3, 7, 3)]
    assert ask_often(named, {"a": 9, "b": 7}) == []
    assert ask_often("SELECT 1", []) == [(1,)]


def test_what_is_wrong_is_told(city: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ask_often("SELECT 1 / %s::int", [0])
    assert ask_often(ADDED, [1, 1, ""]) == [(2, "")]


@pytest.mark.django_db(transaction=True)
def test_a_session_that_forgets_is_asked_plainly() -> None:
    assert ask_often(ADDED, [1, 2, "a"]) == [(3, "a")]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # as another session behind a pooler would stand
    assert ask_often(ADDED, [2, 2, "b"]) == [(4, "b")]
    assert ask_often(ADDED, [3, 2, "c"]) == [(5, "c")]
    connection.close()
    assert ask_often(ADDED, [4, 2, "d"]) == [(6, "d")]


@pytest.mark.django_db(transaction=True)
def test_a_driver_that_prepares_by_itself_is_asked_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    options = {**connection.settings_dict["OPTIONS"], "server_side_binding": True}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    try:
        for n in range(8):
            assert ask_often(ADDED, [n, 1, "a"]) == [(n + 1, "a")]
    finally:
        connection.close()
