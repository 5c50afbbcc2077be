"""Rows fetched ahead are the rows fetched in turn: all of them, in order, of one snapshot; whoever stops early stops both."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError

from anlan.kernel.scope.models import Territory
from anlan.kernel.spreadsheets import fetching

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "CHUNK", 2)


def rows() -> Any:
    return Territory.objects.order_by("pk").values_list("pk", "name")


def fetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "export-rows"]


def test_the_same_rows_in_the_same_order(city: Any) -> None:
    ahead = list(fetching.ahead(rows()))
    assert ahead == list(fetching.in_turn(rows()))
    assert [row for chunk in ahead for row in chunk] == list(rows())
    assert not fetchers()


def test_what_is_written_meanwhile_does_not_show(city: Any) -> None:
    there = list(rows())
    fetched = fetching.ahead(rows())
    first = next(fetched)
    Territory.objects.filter(pk=there[-1][0]).update(name="改了名")
    assert [*first, *(row for chunk in fetched for row in chunk)] == there


def test_whoever_stops_early_ends_the_fetching(city: Any) -> None:
    fetched = fetching.ahead(rows())
    next(fetched)
    assert fetchers()
    fetched.close()
    assert not fetchers()


def test_a_fault_of_the_database_is_told_to_the_reader(city: Any) -> None:
    broken = rows().extra(where=["1 / 0 = 1"])
    with pytest.raises(DatabaseError):
        list(fetching.ahead(broken))
    assert not fetchers()
