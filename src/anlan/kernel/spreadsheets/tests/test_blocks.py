"""A sheet read in blocks of rows is the sheet read whole; what cannot be cut safely is read whole."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from anlan.kernel.spreadsheets import blocks, reading
from anlan.kernel.spreadsheets.errors import SheetRefused
from anlan.kernel.spreadsheets.reading import opened

NAMES = ("目录", "企业", "其他")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.sampled_from([0.1, 1e20, 43.500001]),
    st.sampled_from([date(2026, 3, 5), datetime(2026, 3, 5, 8, 30), "=1+1", "</row>", "<sheetData>", "0012", " 甲 ", "甲\n乙"]),
    st.text(st.characters(exclude_categories=["C"]), max_size=12),
)  # fmt: skip
PLACES = st.dictionaries(st.tuples(st.integers(1, 60), st.integers(1, 6)), VALUES, max_size=40)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 300)


def written(folder: Path, cells: dict[tuple[int, int], Any], *, merged: str = "") -> Path:
    book = Workbook()
    book.active.title = NAMES[0]
    sheet = book.create_sheet(NAMES[1])
    book.create_sheet(NAMES[2])
    book[NAMES[2]]["A1"] = "x"
    for (row, column), value in cells.items():
        sheet.cell(row, column).value = value
    if merged:
        sheet.merge_cells(merged)
    path = folder / "表.xlsx"
    book.save(path)
    return path


def shared(folder: Path, cells: dict[tuple[int, int], Any]) -> Path:
    """The same by another writer, which puts texts aside and lets cells share them, as spreadsheets do."""
    path = folder / "共.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        first, sheet, last = (book.add_worksheet(name) for name in NAMES)
        first.write(0, 0, "另有")
        last.write(0, 0, "x")
        for (row, column), value in sorted(cells.items()):
            if isinstance(value, date):
                sheet.write_datetime(row - 1, column - 1, value, day)
            else:
                sheet.write(row - 1, column - 1, value)
    return path


def bare(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows without the empty cells at their right end: how wide a sheet is a block cannot know."""
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    return rows


def both(path: Path, name: str = NAMES[1]) -> tuple[list[list[Any]], list[list[Any]]]:
    found = bare(list(opened(path).rows(name)))
    with pytest.MonkeyPatch.context() as change:
        change.setattr(reading, "_blocks", lambda *_: None)
        return found, bare(list(opened(path).rows(name)))


def rewritten(path: Path, before: bytes, after: bytes) -> None:
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    found = next(name for name, text in parts.items() if before in text and "sheet2" in name)
    parts[found] = parts[found].replace(before, after)
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=PLACES)
def test_blocks_give_the_rows_of_the_whole(tmp_path: Path, cells: dict[tuple[int, int], Any]) -> None:
    path = written(tmp_path, cells)
    assert blocks.blocks_of(path, NAMES[1], reading._read) is not None or not cells
    for one in (path, shared(tmp_path, cells)):
        in_blocks, whole = both(one)
        assert in_blocks == whole


def test_shared_texts_stand_in_the_cells_that_bear_them(tmp_path: Path) -> None:
    path = shared(tmp_path, {(row, 1): f"第{row % 7}行<&>" for row in range(1, 101)})
    found = blocks.blocks_of(path, NAMES[1], reading._read)
    assert found is not None
    assert found.texts is not None
    told = found.texts.put_into(b'<row r="1"><c r="A1" s="2" t="s"><v>0</v></c></row>')
    assert told == '<row r="1"><c r="A1" s="2" t="inlineStr"><is><t>另有</t></is></c></row>'.encode()
    assert found.texts.put_into(b'<c t="s"><v>99</v></c>') is None
    rewritten(path, b't="s"', b"t = 's'")
    in_blocks, whole = both(path)
    assert in_blocks == whole == [[f"第{row % 7}行<&>"] for row in range(1, 101)]


def test_many_rows_are_many_blocks(tmp_path: Path) -> None:
    path = written(tmp_path, {(row, 1): f"第{row}行" for row in range(1, 101)})
    found = blocks.blocks_of(path, NAMES[1], reading._read)
    assert found is not None
    assert len(list(found.sheets(reading._read, NAMES[1]))) > 10
    assert both(path)[0] == [[f"第{row}行"] for row in range(1, 101)]


def test_rows_keep_their_number_below_empty_ones(tmp_path: Path) -> None:
    path = written(tmp_path, {(4, 2): "甲", (6, 2): "乙"})
    in_blocks, whole = both(path)
    assert in_blocks == whole == [[], [], [], [None, "甲"], [], [None, "乙"]]


def test_merged_cells_are_read_from_the_whole(tmp_path: Path) -> None:
    path = written(tmp_path, {(2, 1): "甲", (30, 2): "乙"}, merged="A2:B9")
    in_blocks, whole = both(path)
    assert in_blocks == whole
    assert whole[8] == ["甲", "甲"]
    assert opened(path).has_merged(NAMES[1])
    assert not opened(path).has_merged(NAMES[2])


@pytest.mark.parametrize(("before", "after"), [
    (b"</sheetData>", b"<!-- </row><row r='1'> --></sheetData>"), (b'<row r="50"', b'<row s="50"'),
    (b"<sheetData>", b"<sheetData >"), (b'<row r="9">', b"<row r='9'>"),
])  # fmt: skip
def test_what_is_written_otherwise_is_read_as_ever(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = written(tmp_path, {(row, 1): f"第{row}行" for row in range(1, 101)})
    rewritten(path, before, after)
    in_blocks, whole = both(path)
    assert in_blocks == whole
    assert len(whole) == 100


def test_rows_out_of_their_order_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {(row, 1): f"第{row}行" for row in range(1, 101)})
    rewritten(path, b'r="90"', b'r="7"')
    rewritten(path, b'r="A90"', b'r="A7"')
    with pytest.raises(SheetRefused):
        list(opened(path).rows(NAMES[1]))


def test_a_refusal_is_told_to_another_process() -> None:
    import pickle

    told = pickle.loads(pickle.dumps(SheetRefused("broken", reading.BROKEN)))
    assert (told.code, told.words) == ("broken", reading.BROKEN)
