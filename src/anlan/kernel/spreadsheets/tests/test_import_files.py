"""What is sent as a table: no table at all, what would burst, hidden sheets, every common encoding."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest

from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.spreadsheets import importing, preparing, reading
from anlan.kernel.spreadsheets.models import ImportedRow
from anlan.kernel.spreadsheets.tests.brought import HEAD, TOPIC, bring, done, firm, named, workbook


def refused(actor: Any, content: bytes, name: str = "x.xlsx") -> str:
    with pytest.raises(KeepingError) as refusal:
        importing.receive(actor, "enterprises", io.BytesIO(content), name)
    return str(refusal.value.words)


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_files_that_are_no_tables_are_refused_in_clear_words(city: Any) -> None:
    officer = city.officer
    assert "空的" in refused(officer, b"")
    assert "空的" in refused(officer, workbook([]).getvalue())
    assert "不是表格" in refused(officer, packed({"word/document.xml": b"<x/>"}))
    assert "不是表格" in refused(officer, b"\x00\x01\x02binary\x00" * 50, "x.csv")
    assert "编码" in refused(officer, b"\xff\x81\x30\xff\xff,\xfe" * 20, "x.csv")
    assert "损坏" in refused(officer, b"PK\x03\x04" + b"junk" * 200)
    assert "损坏" in refused(officer, packed({"xl/workbook.xml": b"<no", "xl/worksheets/sheet1.xml": b"<"}))
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    assert "密码" in refused(officer, ole + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600)
    assert "损坏" in refused(officer, ole + b"\x00" * 4000, "x.xls")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 a,b", "不是表格"),
        (b"\x89PNG\r\n", "不是表格"),
        (b"{\\rtf1 a,b}", "不是表格"),
        (b"\xff\xd8\xff\xe0 picture", "不是表格"),
        ("名称,代码\x00\n甲,1".encode("utf-16"), "不是表格"),
        (b"\xff\xfe\x00\x00\x01\x02\xff", "编码"),
        ("<html><table><tr><td>甲</td></tr></table></html>".encode(), "另存为 .xlsx"),
        ('\n <?xml version="1.0"?><Workbook/>'.encode("gb18030"), "另存为 .xlsx"),
        ("<!DOCTYPE html>".encode("utf-16"), "另存为 .xlsx"),
    ],
)
def test_what_would_pass_for_a_text_is_refused_in_clear_words(city: Any, content: bytes, said: str) -> None:
    assert said in refused(city.officer, content, "x.xls")


def test_what_no_database_stores_is_left_out_of_cells(city: Any) -> None:
    held = sheet_of({"A1": "t='inlineStr'><is><t>企业_x0000_名称</t></is>", "A2": "t='inlineStr'><is><t>_x0000_</t></is>",
                     "A3": "t='inlineStr'><is><t>甲_x0000_厂</t></is>"})  # fmt: skip
    found = importing.receive(city.officer, "enterprises", io.BytesIO(held), "x.xlsx")
    assert [row[0] if row else None for row in found.sample] == ["企业名称", "", "甲厂"]


def test_a_zip_bomb_is_not_opened(city: Any) -> None:
    bomb = packed({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * (60 * 1024 * 1024)})
    assert len(bomb) < 200_000
    assert "解压后过大" in refused(city.officer, bomb)


def sheet_of(cells: dict[str, str], strings: str = "") -> bytes:
    """A workbook with these cells, each written as it stands: ``r`` → what is in the tag."""
    book = workbook([HEAD]).getvalue()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rows = "".join(
        f"<row r='{''.join(filter(str.isdigit, at))}'><c r='{at}' {inner}</c></row>"
        for at, inner in cells.items()
    )
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    parts["xl/worksheets/sheet1.xml"] = f"{head}{rows}</sheetData></worksheet>".encode()
    if strings:
        parts["xl/sharedStrings.xml"] = (
            f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{strings}</t></si></sst>'.encode()
        )
    return packed(parts)


@pytest.mark.parametrize(
    ("corner", "said"),
    [("XFD1048576", "行数太多"), ("A1048576", "行数太多"), ("XFD2", "列数太多"), ("SA200000", "范围太大")],
)
def test_few_cells_far_apart_are_refused_before_a_reader_lays_out_all_between(
    city: Any, corner: str, said: str
) -> None:
    far = sheet_of({"A1": "><v>1</v>", corner: "><v>2</v>"})
    assert len(far) < 20_000
    assert said in refused(city.officer, far)


def test_one_long_text_that_many_cells_share_is_refused(city: Any) -> None:
    shared = sheet_of({f"A{n}": 't="s"><v>0</v>' for n in range(1, 50_000)}, "字" * 10_000)
    assert len(shared) < 1_000_000
    assert "解压后过大" in refused(city.officer, shared)
    honest = sheet_of({f"A{n}": 't="s"><v>0</v>' for n in range(1, 50_000)}, "企业名称")
    assert importing.receive(city.officer, "enterprises", io.BytesIO(honest), "x.xlsx").rows == 49_998


def test_a_sheet_of_a_million_rows_is_refused_before_it_is_read(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "HIGHEST_RATIO", 10_000)
    row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    sheet = b"<worksheet><sheetData>" + row * 1_048_576 + b"</sheetData></worksheet>"
    assert "200,000" in refused(
        city.officer, packed({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": sheet})
    )


def test_hidden_sheets_merged_cells_formulas_and_macros(city: Any) -> None:
    def change(book: Any) -> None:
        sheet = book.active
        sheet.title = "台账"
        sheet.merge_cells("C2:C3")
        book.create_sheet("秘密").append(HEAD)
        book["秘密"].sheet_state = "hidden"
        book.create_sheet("第二张").append(HEAD)
        sheet["E2"] = "=1+1"

    content = workbook([HEAD, firm(901), firm(902, place=None)], change).getvalue()
    found = importing.receive(city.officer, "enterprises", io.BytesIO(content), "x.xlsx")
    said = "".join(words["zh"] for words in found.remarks)
    assert "隐藏的工作表不导入：秘密" in said
    assert "第二张" in said
    assert "合并单元格" in said
    assert "没有保存结果的格子按空白读取" in said
    plain = importing.receive(city.officer, "enterprises", workbook([HEAD, firm(903)]), "x.xlsx")
    assert plain.remarks == []
    done(city.officer, found)
    assert found.counts == {"created": 2}
    assert named("长春第902机械厂").territory == city.village
    assert named("长春第901机械厂").employees is None  # a formula nobody has computed has no value
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    macros = packed({**parts, "xl/vbaProject.bin": b"x"})
    told = importing.receive(city.officer, "enterprises", io.BytesIO(macros), "x.xlsm")
    assert any("宏未运行" in words["zh"] for words in told.remarks)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_text_tables_in_every_common_encoding(city: Any, encoding: str, sign: str) -> None:
    lines = [HEAD, [str(cell) for cell in firm(950, place="'=x")], ["'-1", "a"]]
    content = "\r\n".join(sign.join(line) for line in lines).encode(encoding)
    found = importing.receive(city.officer, "enterprises", io.BytesIO(content), "x.csv")
    assert (found.kind, found.rows, len(found.plan["fields"])) == ("csv", 2, 6)
    rows = [cells for _, cells in preparing.data_rows(found)]
    assert rows[0][2] == "=x"
    assert rows[1][0] == "-1"


def test_an_export_of_our_own_comes_back_in(city: Any, tmp_path: Any) -> None:
    from anlan.kernel.spreadsheets import Export, write_export

    for form, name in (("xlsx", "a.xlsx"), ("csv", "a.csv"), ("csv-gb18030", "b.csv")):
        path = tmp_path / name
        write_export(Export("enterprises", {}, None, form), path, lambda _count: city.officer)
        with path.open("rb") as stream:
            found = importing.receive(city.officer, "enterprises", stream, name)
        found = importing.replan(city.officer, found.pk, {"update": True})
        done(city.officer, found)
        assert found.rows == 1  # what the file says of itself above its headings is none of its rows
        assert found.counts == {"same": 1}, list(
            ImportedRow.objects.filter(source=found).values_list("reasons")
        )


def test_rows_are_those_below_the_headings_whatever_stands_above_or_between(city: Any) -> None:
    lines = [
        "# 导出说明",
        "# 条件：无",
        "",
        "2026年台账",
        ",".join(HEAD),
        *([",".join(map(str, firm(960)))] * 3),
        ",,",
        "另一行",
    ]
    found = importing.receive(city.officer, "enterprises", io.BytesIO("\r\n".join(lines).encode()), "x.csv")
    assert (found.plan["header"], found.rows) == (4, 4)
    assert found.rows == sum(1 for _ in preparing.data_rows(found))
    other = importing.choose_sheet(city.officer, found.pk, "CSV", header=6)
    assert other.rows == 2


def test_times_of_a_workbook_are_times_of_day_and_others_are_refused_in_clear_words(city: Any) -> None:
    head = ["事故名称", "发生日期", "发生时刻", "所在地", "行业领域", "统计类别"]
    cells = [time(14, 20), "下午2:20", "14：20", "上午9点", None, "下午"]
    rows = [
        [f"第{n}起", date(2026, 3, 1), cell, "测试社区", "work_safety", "road"]
        for n, cell in enumerate(cells)
    ]
    found = bring(city.officer, [head, *rows], "accidents", constants={"sector": "work_safety"})
    done(city.officer, found)
    made = AccidentRecord.unscoped("a test reads").order_by("name").values_list("occurred_time", flat=True)
    assert list(made) == ["14:20", "14:20", "14:20", "09:00", ""]
    (reasons,) = found.outcomes.filter(outcome="wrong").values_list("reasons", flat=True)
    assert reasons == {"occurred_time": ["看不出是几点几分。写成 14:20 或下午2:20，不知道就留空。"]}


def test_dates_of_a_workbook_are_days_in_china(city: Any) -> None:
    rows = [
        ["企业", "类别", "隐患描述", "发现日期"],
        [city.workshop.name, TOPIC, "甲", datetime(2026, 3, 1, 23, 30)],
    ]
    found = bring(city.officer, rows, "hidden-dangers")
    done(city.officer, found)
    assert HiddenDanger.unscoped("a test reads").get(description="甲").found_on == date(2026, 3, 1)
