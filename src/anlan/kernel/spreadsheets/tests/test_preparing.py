"""Rows prepared in a second process are entered as they would be in one; the second process may end whenever it likes."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import ledger
from anlan.kernel.scope.parties import Remit
from anlan.kernel.spreadsheets import preparing
from anlan.kernel.spreadsheets.models import ImportedRow
from anlan.kernel.spreadsheets.tests.brought import HEAD, bring, done, firm

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [HEAD, firm(201), firm(202, code="123"), firm(201, name="重复厂"), firm(203, industry="0000", employees="很多"),
        firm(204, name='长春"引号\\厂'), firm(205, place="榆树市/五棵树镇/远村"), firm(206, ammonia="√")]  # fmt: skip


@pytest.fixture(autouse=True)
def _aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process finds the tests' own database, and is worth while for a few rows."""
    words = connection.get_connection_params()
    url = f"postgresql://{words['user']}:{words.get('password', '')}@/{words['dbname']}?host={words['host']}"
    url += f"&port={words['port']}" if words.get("port") else ""
    for name in ("ANLAN_DATABASE_URL", "ANLAN_OWNER_DATABASE_URL", "ANLAN_APPLICATION_DATABASE_URL"):
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("ANLAN_DATA", str(settings.ANLAN_DATA))
    monkeypatch.setenv("ANLAN_CITY", settings.ANLAN_CITY)
    monkeypatch.setattr(preparing, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(preparing.os, "cpu_count", lambda: 2)


@pytest.fixture
def asides(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the second processes that were begun."""
    begun: list[Any] = []
    begin = preparing._Aside.__init__

    def note(self: Any, *given: Any) -> None:
        begin(self, *given)
        begun.append(self)

    monkeypatch.setattr(preparing._Aside, "__init__", note)
    return begun


def came_of(found: Any) -> list[tuple[int, str, Any]]:
    rows = ImportedRow.objects.filter(source=found).order_by("number")
    return [(row.number, row.outcome, row.reasons) for row in rows]


def test_aside_and_here_enter_the_same(city: Any, asides: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    found = bring(city.officer, ROWS)
    done(city.officer, found)
    aside = came_of(found)
    assert len(asides) == 1
    assert asides[0]._process.exitcode is not None
    made = list(Enterprise.unscoped("a test counts").filter(pk__in=_records(found)).order_by("name"))
    assert [row.name for row in made] == ['长春"引号\\厂', "长春第201机械厂", "长春第206机械厂"]
    assert all(row.holder.name == row.name and row.territory == city.village for row in made)
    assert [entry.act for row in made for entry in ledger.history(row.pk)] == ["created"] * 3
    assert ledger.verify().sound

    monkeypatch.setattr(preparing, "_may_go_aside", lambda: False)
    later = bring(city.second_officer, [HEAD, *(_renamed(row) for row in ROWS[1:])])
    done(city.second_officer, later)
    assert len(asides) == 1
    assert came_of(later) == aside


def _records(found: Any) -> list[Any]:
    return [pk for pk in found.outcomes.values_list("record", flat=True) if pk]


def _renamed(row: list[Any]) -> list[Any]:
    from world import credit_code

    later = {f"长春第{n}机械厂": credit_code(n + 100) for n in range(201, 207)}
    code = (
        row[1] if row[1] == "123" else credit_code(300 + [firm(n)[1] for n in range(201, 207)].index(row[1]))
    )
    assert later
    return [f"{row[0]}二", code, *row[2:]]


def test_a_second_process_that_ends_by_itself_leaves_nothing_out(
    city: Any, asides: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Any) -> Any:
        self._process.kill()
        self._process.join()
        raise EOFError

    monkeypatch.setattr(preparing._Aside, "next", killed)
    found = bring(city.officer, ROWS)
    done(city.officer, found)
    assert len(asides) == 1
    assert found.counts == {"created": 3, "wrong": 4}
    assert [number for number, _, _ in came_of(found)] == list(range(2, 9))


def test_who_regulates_may_change_between_preparing_and_writing(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = preparing._Aside.next

    def meanwhile(self: Any) -> Any:
        chunk = taken(self)
        Remit.objects.filter(role="direct").delete()
        return chunk

    before = _sector_of(city, 210)
    monkeypatch.setattr(preparing._Aside, "next", meanwhile)
    found = bring(city.officer, [HEAD, firm(211)])
    done(city.officer, found)
    (pk,) = _records(found)
    assert before
    assert Enterprise.unscoped("a test reads").get(pk=pk).sector == "work_safety"


def _sector_of(city: Any, serial: int) -> str:
    found = bring(city.officer, [HEAD, firm(serial)])
    done(city.officer, found)
    (pk,) = _records(found)
    return str(Enterprise.unscoped("a test reads").get(pk=pk).sector)
