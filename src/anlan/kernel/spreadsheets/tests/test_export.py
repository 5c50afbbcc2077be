"""Exports: what the list shows and nothing else, as files that spreadsheets read as meant."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import jobs
from anlan.kernel.identity.models import Account
from anlan.kernel.jobs import working
from anlan.kernel.jobs.results import reach_of
from anlan.kernel.spreadsheets import Export, ask_export, every_table, write_export, xlsx
from anlan.kernel.spreadsheets.csvs import text_of


def made(export: Export, actor: Any, path: Path) -> Any:
    write_export(export, path, lambda _count: actor)
    return load_workbook(path) if export.form == "xlsx" else path.read_bytes()


def sheet_rows(book: Any) -> list[dict[str, Any]]:
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("table", list(every_table()), ids=lambda table: table.slug)
@pytest.mark.parametrize("form", ["xlsx", "csv", "csv-gb18030"])
def test_every_table_goes_out_with_its_filter_written_in(
    table: Any, form: str, city: Any, tmp_path: Path
) -> None:
    city.reports(description="安全出口堵塞")
    found = made(Export(table.slug, {}, None, form), city.city_officer, tmp_path / f"x.{form}")
    count = table.model.seen_by(city.city_officer).count()
    if form == "xlsx":
        assert len(sheet_rows(found)) == count
        about = "\n".join(
            str(cell) for row in found.worksheets[1].iter_rows(values_only=True) for cell in row
        )
    else:
        text = found.decode("utf-8-sig" if form == "csv" else "gb18030")
        lines = list(csv.reader(io.StringIO(text)))
        head = [line[0] for line in lines if line[0].startswith("# ")]
        assert len(lines) - len(head) == count + 1
        about = "\n".join(head)
    for words in (str(table.words), "筛选", "无（全部）", city.city_officer.name, "UTC+8", str(count)):
        assert words in about


def test_codes_dates_and_dangerous_texts_arrive_as_they_are(city: Any, tmp_path: Path) -> None:
    city.reports(description='=HYPERLINK("http://x")', location="007", found_on="2026-03-02")
    book = made(Export("hidden-dangers", {}, None), city.officer, tmp_path / "x.xlsx")
    (row,) = sheet_rows(book)
    assert row["隐患描述"] == '=HYPERLINK("http://x")'
    assert row["部位"] == "007"
    assert row["发现日期"] == datetime(2026, 3, 2)
    cells = [cell for line in book.worksheets[0].iter_rows(min_row=2) for cell in line]
    assert "f" not in {cell.data_type for cell in cells}
    text = made(Export("hidden-dangers", {}, None, "csv"), city.officer, tmp_path / "x.csv").decode(
        "utf-8-sig"
    )
    assert "'=HYPERLINK" in text
    assert "2026-03-02" in text
    firms = made(Export("enterprises", {}, None), city.officer, tmp_path / "y.xlsx")
    assert sheet_rows(firms)[0]["统一社会信用代码"] == city.workshop.credit_code


def test_filter_order_place_and_scope_hold(city: Any, tmp_path: Path) -> None:
    def names(export: Export, actor: Any) -> list[str]:
        return [row["企业名称"] for row in sheet_rows(made(export, actor, tmp_path / "x.xlsx"))]

    near, far = city.workshop.name, city.far_shop.name
    assert set(names(Export("enterprises", {}), city.city_officer)) == {near, far}
    assert names(Export("enterprises", {"sort": ["-name"]}), city.city_officer) == sorted(
        [near, far], reverse=True
    )
    assert names(Export("enterprises", {}), city.officer) == [near]
    assert names(Export("enterprises", {"q": ["粮油"]}), city.officer) == []
    assert names(Export("enterprises", {}, str(city.far_county.pk)), city.city_officer) == [far]
    assert names(Export("enterprises", {}, str(city.far_county.pk)), city.officer) == []


def test_a_scope_that_changes_during_the_export_leaves_no_row_of_before(city: Any, tmp_path: Path) -> None:
    asked: list[int] = []

    def tick(count: int) -> Any:
        asked.append(count)
        return city.city_officer if len(asked) == 1 else city.officer

    path = tmp_path / "x.xlsx"
    written = write_export(Export("enterprises", {}), path, tick)
    assert [row["企业名称"] for row in sheet_rows(load_workbook(path))] == [city.workshop.name]
    assert (written.count, written.reach) == (1, reach_of(city.officer))
    turns = [city.officer, city.city_officer]

    def unsteady(count: int) -> Any:
        turns.reverse()
        return turns[0]

    with pytest.raises(jobs.TaskStopped):
        write_export(Export("enterprises", {}), path, unsteady)


def test_what_is_personal_shows_as_dots_to_whoever_may_not_see_it(
    city: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    Enterprise.unscoped("a test writes a telephone").filter(pk=city.workshop.pk).update(
        legal_representative="王某"
    )
    kept = replace(Enterprise.kept, columns=(*Enterprise.kept.columns, "safety_phone"))
    monkeypatch.setattr(Enterprise, "kept", kept)
    row = Enterprise.unscoped("a test writes a telephone").get(pk=city.workshop.pk)
    row.safety_phone = "0431-1234567"
    row.save()
    for actor, shown in (
        (city.officer, "0431-1234567"),
        (city.city_leader, "…"),
        (city.safety_officer, "0431-1234567"),
    ):
        rows = sheet_rows(made(Export("enterprises", {"q": ["机械"]}), actor, tmp_path / "x.xlsx"))
        assert rows[0]["安全负责人电话"] == shown, actor.post_kind


def test_more_rows_than_a_sheet_holds_go_into_further_sheets(
    city: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    book = made(Export("enterprises", {}), city.city_officer, tmp_path / "x.xlsx")
    assert book.sheetnames == ["企业", "企业 (2)", "导出说明"]
    assert any("分为 2 张表" in str(row) for row in book.worksheets[2].iter_rows(values_only=True))


def test_a_large_list_becomes_a_task_and_its_file_is_the_persons_alone(city: Any, monkeypatch: Any) -> None:
    from anlan.kernel.spreadsheets import exporting

    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    Account.objects.update(is_demo=True)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    first = client.get("/enterprises/export?form=csv", follow=True)
    assert "已在后台导出" in first.content.decode()
    client.get("/enterprises/export?form=csv")
    (task,) = jobs.tasks_of(city.officer)
    assert working.work() == 1
    body = b"".join(client.get(f"/tasks/{task.pk}/file").streaming_content).decode("utf-8-sig")
    assert city.workshop.name in body
    assert city.far_shop.name not in body
    assert ask_export(Export("enterprises", {}), city.far_officer).person == city.far_officer.person_id


def test_twenty_people_at_once_get_each_their_own_file_of_their_own_scope(city: Any) -> None:
    near, far = (
        [city.person("county_officer", bureau, f"{name}_{n}") for n in range(10)]
        for name, bureau in (("near", city.bureau), ("far", city.far_bureau))
    )
    people = [person for pair in zip(near, far, strict=True) for person in pair]
    tasks = [ask_export(Export("enterprises", {}, None, "csv"), person) for person in people]
    assert [jobs.position_of(task) for task in tasks] == list(range(1, 21))
    # Whoever is impatient gets the same task again, and no second file.
    assert [ask_export(Export("enterprises", {}, None, "csv"), person) for person in people] == tasks
    assert working.work() == 20
    for person, task in zip(people, tasks, strict=True):
        task.refresh_from_db()
        text = jobs.result_of(task, person).read_text("utf-8-sig")
        assert (city.workshop.name in text, city.far_shop.name in text) == (person in near, person in far)
        with pytest.raises(jobs.TaskRefused):
            jobs.cancel(people[0] if person is not people[0] else people[1], task.pk)
    assert {task.attempt for task in tasks} == {1}


def test_a_wrong_filter_is_told_before_anything_is_written(city: Any) -> None:
    Account.objects.update(is_demo=True)
    client = Client()
    client.force_login(Account.objects.get(pk=city.officer.account_id))
    for query in ("sort=password", "territory=999999", "scale=huge"):
        assert client.get(f"/enterprises/export?{query}").status_code == 400
    assert client.get("/enterprises/export?form=../../etc").status_code == 200


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
@example("\r\n")
def test_any_text_survives_a_workbook_and_is_never_a_formula(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.xlsx"
        book = xlsx.Workbook(path)
        sheet = book.sheet("表\x01/", ["a", "b", "c"], [9, 9, 9], ["text", "date", "number"])
        sheet.row([text, date(2026, 3, 5), 7])
        book.close()
        row = next(iter(load_workbook(path).worksheets[0].iter_rows(min_row=2)))
        held = "".join(
            c
            for c in text.replace("\r\n", "\n").replace("\r", "\n")
            if c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
        )
        assert (row[0].value or "") == held
        assert row[0].data_type in {"s", "n", "inlineStr"}
        assert (row[1].value, row[2].value) == (datetime(2026, 3, 5), 7)
    assert not text_of(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_large_sheet_is_packed_whole(tmp_path: Path) -> None:
    book = xlsx.Workbook(tmp_path / "x.xlsx")
    sheet = book.sheet("表", ["a", "b"], [9, 9], ["text", "number"])
    for number in range(20_000):
        sheet.row([f"长应急隐患〔2026〕{number}号", number])
    book.close()
    with zipfile.ZipFile(tmp_path / "x.xlsx") as whole:
        assert whole.testzip() is None
        packed = whole.getinfo("xl/worksheets/sheet1.xml")
        assert packed.compress_type == zipfile.ZIP_DEFLATED
        assert packed.compress_size * 5 < packed.file_size
