"""The benches of spreadsheets run on a small city: every row of their workbook passes the form, every file is written."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bench import exporting, importing

from anlan.kernel.jobs import working
from anlan.kernel.jobs.models import DONE, Task
from anlan.kernel.scope.models import Territory
from anlan.kernel.spreadsheets import importing as imports

ROWS = 25


@pytest.fixture
def placed(city: Any) -> Any:
    """The small world with its villages on the map, so that enterprises may stand there."""
    Territory.objects.filter(level="village").update(longitude=Decimal("125.3"), latitude=Decimal("43.9"))
    return city


def test_every_row_of_the_workbook_is_entered_and_no_two_runs_meet(placed: Any) -> None:
    for seed in ("a", "b"):
        book = importing.workbook(ROWS, seed)
        found = imports.receive(placed.city_officer, "enterprises", io.BytesIO(book), importing.NAME)
        task = imports.run(placed.city_officer, found.pk)
        working.work()
        found.refresh_from_db()
        assert Task.objects.get(pk=task.pk).state == DONE
        assert {name: n for name, n in found.counts.items() if n} == {"created": ROWS}


@pytest.mark.parametrize("form", list(exporting.FORMS))
def test_every_form_of_file_is_written_and_measured(
    form: str, placed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    placed.reports()
    monkeypatch.setattr(exporting, "_officer", lambda: placed.city_officer)
    monkeypatch.setattr(exporting, "_as_of_now", lambda _officer: lambda _count: placed.city_officer)
    made = exporting._write(form)
    assert made.rows == 1
    assert made.bytes > 100
    assert len(made.rates) == exporting.MOST_TIMES
    assert exporting._copy_alone() > 0
