"""Writes that wait: whoever asks finds them, an error drops them, and what is wrong with one is told before the block ends."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.kernel import gathering
from anlan.kernel.gathering import ask_with_waiting, gathered, write
from anlan.kernel.scope.often import ask_often, write_often

pytestmark = pytest.mark.django_db

ADD = "INSERT INTO kept_lines (n, words) VALUES (%s, %s)"
ALL = "SELECT n, words FROM kept_lines ORDER BY n"


@pytest.fixture
def lines(city: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept_lines (n integer PRIMARY KEY, words text) ON COMMIT DROP")


def _all() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        return list(cursor.fetchall())


@pytest.mark.usefixtures("lines")
def test_writes_go_together_and_before_whatever_is_asked() -> None:
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        gathered(),
    ):
        write(ADD, [1, "100 % '; \\ 啊"])
        write(ADD, [2, "b"])
        assert not asked.captured_queries
        assert _all() == [(1, "100 % '; \\ 啊"), (2, "b")]
        write_often(ADD, [3, "c"])
        assert ask_often("SELECT count(*), %s::int FROM kept_lines", [7]) == [(3, 7)]
        write(ADD, [4, "d"])
        with transaction.atomic():
            assert ask_with_waiting("SELECT max(n) FROM kept_lines WHERE n > %s", [0]) == [(4,)]
        write(ADD, [5, "e"])
    assert [n for n, _ in _all()] == [1, 2, 3, 4, 5]


def _together(*rows: tuple[int, str], fails: bool = False) -> None:
    with transaction.atomic(), gathered():
        for row in rows:
            write(ADD, row)
        if fails:
            raise ZeroDivisionError


def _in_a_part(*rows: tuple[int, str]) -> None:
    with transaction.atomic():
        for row in rows:
            write(ADD, row)


@pytest.mark.usefixtures("lines")
def test_what_is_wrong_is_told_and_what_waits_is_dropped_with_its_transaction() -> None:
    write(ADD, [1, "a"])
    with pytest.raises(IntegrityError):
        _together((2, "b"), (1, "again"))
    with pytest.raises(DataError):
        _together((2, "\x00"))
    with pytest.raises(ZeroDivisionError):
        _together((2, "b"), fails=True)
    assert _all() == [(1, "a")]


@pytest.mark.usefixtures("lines")
def test_a_part_that_fails_takes_only_its_own_writes_along() -> None:
    with gathered():
        write(ADD, [1, "a"])
        with pytest.raises(IntegrityError):
            _together((2, "b"), (2, "again"))
        with pytest.raises(ZeroDivisionError):  # what was wrong with a write before it is not asked any more
            _together((2, "b"), (2, "again"), fails=True)
        write(ADD, [3, "c"])
    assert [n for n, _ in _all()] == [1, 3]


@pytest.mark.usefixtures("lines")
def test_a_part_that_ends_in_a_fault_is_undone_alone() -> None:
    with gathered():
        write(ADD, [1, "a"])
        with pytest.raises(IntegrityError):
            _in_a_part((2, "b"), (2, "again"))
        assert _all() == [(1, "a")]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_forgot_is_asked_plainly_the_next_time() -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept_lines (n integer PRIMARY KEY, words text)")
    write_often(ADD, [1, "a"])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # as another session behind a pooler would stand
    for _ in range(2):
        with suppress(DatabaseError), transaction.atomic(), gathered():
            write_often(ADD, [2, "b"])
    assert _all() == [(1, "a"), (2, "b")]
    connection.close()


_ACTS = st.lists(
    st.tuples(st.sampled_from(["write", "often", "ask", "part", "fails", "ends"]), st.text(max_size=6)),
    max_size=12,
)


@pytest.mark.usefixtures("lines")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ACTS)
def test_gathered_or_not_the_same_is_seen_and_kept(acts: list[tuple[str, str]]) -> None:
    def told() -> list[Any]:
        seen: list[Any] = []
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM kept_lines")
        for number, (act, words) in enumerate(acts):
            text = words.replace("\x00", "").encode(errors="ignore").decode()
            if act == "ask":
                seen.append(ask_often("SELECT count(*), sum(n), %s::int FROM kept_lines", [number]))
                seen.append(_all())
            elif act in {"part", "fails", "ends"}:
                try:
                    with transaction.atomic():
                        write(ADD, [number, text])
                        write(ADD, [number + 1000 if act == "part" else number, text])
                        if act != "ends":
                            seen.append(_all())
                except IntegrityError:
                    seen.append("refused")
            else:
                (write if act == "write" else write_often)(ADD, [number, text])
        return seen

    plain, kept = told(), _all()
    with gathered():
        together = told()
    assert (together, _all()) == (plain, kept)


@pytest.mark.usefixtures("lines")
def test_where_values_go_apart_from_the_statement_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    with CaptureQueriesContext(connection) as asked, gathered():
        write(ADD, [1, "a"])
        assert len(asked.captured_queries) == 1
        assert gathering._waiting.get() is None
    assert _all() == [(1, "a")]
