"""Templates: every table has one, it says what each column wants, and filled in it is imported without a correction."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from openpyxl import load_workbook
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.jobs import working
from anlan.kernel.spreadsheets import every_table, importing
from anlan.kernel.spreadsheets.guessing import guessed
from anlan.kernel.spreadsheets.tables import table_named
from anlan.kernel.spreadsheets.templates import write_template

ENTERED = [table for table in every_table() if table.asks]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("table", ENTERED, ids=lambda table: table.slug)
def test_every_table_has_a_template_whose_headings_are_understood(
    table: Any, language: str, city: Any, tmp_path: Path
) -> None:
    path = tmp_path / "t.xlsx"
    with translation.override(language):
        write_template(table, city.officer, path)
    book = load_workbook(path)
    heads = list(book.worksheets[0][1])
    assert guessed(table, [cell.value for cell in heads]) == {name: n for n, name in enumerate(table.asks)}
    assert language == "zh-hans" or not any(sign in cell.value for cell in heads for sign in "（）：、")
    assert all(cell.comment and len(cell.comment.text) > 5 for cell in heads)
    starred = {table.asks[n] for n, cell in enumerate(heads) if cell.value.endswith("*")}
    assert starred == {name for name in table.asks if table.required(name)}
    offered = {
        str(rule.sqref).split(":")[0].rstrip("0123456789")
        for rule in book.worksheets[0].data_validations.dataValidation
    }
    wanted = {
        heads[n].column_letter
        for n, name in enumerate(table.asks)
        if table.spec(name).kind in {"choice", "flag", "territory"}
    }
    assert wanted <= offered
    assert book.worksheets[2].sheet_state == "hidden"
    assert book.worksheets[1].max_row > len(table.asks)


def test_a_filled_template_is_imported_as_it_is(city: Any, tmp_path: Path) -> None:
    table = table_named("enterprises")
    assert table is not None
    path = tmp_path / "t.xlsx"
    write_template(table, city.officer, path)
    book = load_workbook(path)
    rules = {str(rule.sqref)[0]: rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}
    assert "南关区/南岭街道/测试社区" in rules["C"]
    assert "榆树" not in rules["C"]
    assert rules["G"].startswith("'选项'!")
    assert book.worksheets[2].max_row > 100
    row = {"name": "长春模板厂", "credit_code": credit_code(77), "territory": "南关区/南岭街道/测试社区", "industry": "3489",
           "scale": "大型", "uses_ammonia": "是", "employees": 30}  # fmt: skip
    for name, value in row.items():
        book.worksheets[0].cell(2, table.asks.index(name) + 1, value)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    found = importing.receive(city.officer, "enterprises", out, "t.xlsx")
    importing.run(city.officer, found.pk)
    working.work()
    found.refresh_from_db()
    assert found.counts == {"created": 1}
    made = Enterprise.unscoped("a test reads").get(name="长春模板厂")
    assert (made.scale, made.uses_ammonia, made.employees) == ("large", True, 30)
