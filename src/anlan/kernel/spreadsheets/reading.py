"""Reading an uploaded table, whatever it is: .xlsx, .xlsm, .xls, .csv in UTF-8 or GB18030. Values only; nothing is run.

Everything is judged before it is opened: what it is by its content, how large it would become, whether it is locked. Cached
results of formulas are read, never computed; macros are left out and said; hidden sheets are named and not read by default.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from anlan.kernel.spreadsheets.blocks import Blocks, blocks_of
from anlan.kernel.spreadsheets.errors import SheetRefused
from anlan.kernel.spreadsheets.sizing import MOST_CELLS, MOST_TEXT, extent_of, text_of
from anlan.kernel.words import Words

MEGABYTE = 1024 * 1024
LARGEST_FILE = 50 * MEGABYTE
LARGEST_UNPACKED = 400 * MEGABYTE
HIGHEST_RATIO = 200  # honest workbooks pack about 10 to 60 times
MOST_PARTS = 5_000
MOST_ROWS = 200_000
MOST_COLUMNS = 500
MOST_MERGES = 20_000
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
# By what a text file begins with, the encodings it may have; the mark of UTF-32 begins with that of UTF-16.
_MARKED: tuple[tuple[bytes | tuple[bytes, ...], tuple[str, ...]], ...] = (
    ((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"), ("utf-32", "utf-16")),
    ((b"\xff\xfe", b"\xfe\xff"), ("utf-16",)),
    (b"", ("utf-8-sig", "gb18030")),
)
# What is often taken for a table by mistake and would pass for a text: PDF, pictures, formatted text, other archives.
_OTHERS = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_MARKUP = re.compile(r"\s*<(?:!doctype|\?xml|html|head|body|table|meta|style|div)\b", re.IGNORECASE)
_OWN_NOTE = re.compile(r"^#\s")

EMPTY = Words("文件是空的，没有可导入的内容。", "The file is empty; there is nothing to import.")
TOO_LARGE = Words(
    "文件太大：最多 {n} MB。拆成几个文件再导入。",
    "The file is too large: at most {n} MB. Split it and import the parts.",
)
LOCKED = Words(
    "工作簿设有打开密码，无法读取。去掉密码后另存，再导入。",
    "The workbook is locked with a password. Save it without one and import again.",
)
BOMB = Words(
    "文件解压后过大，像是有意构造的压缩包，未打开。",
    "Unpacked, the file would be far too large; it looks made to do harm and was not opened.",
)
NOT_A_TABLE = Words(
    "这不是表格文件。可导入 .xlsx、.xls 和 .csv。",
    "This is not a table. .xlsx, .xls and .csv can be imported.",
)
MARKUP = Words(
    "这是网页（HTML 或 XML），不是表格文件。用电子表格打开并另存为 .xlsx，再导入。",
    "This is a web page (HTML or XML), not a table. Open it in a spreadsheet, save it as .xlsx and import that.",
)
BROKEN = Words(
    "工作簿已损坏，无法读取。用电子表格打开并另存为 .xlsx，再导入。",
    "The workbook is damaged and cannot be read. Open it in a spreadsheet, save it as .xlsx and import that.",
)
TOO_MANY_ROWS = Words(
    "行数太多：一个文件最多导入 {n} 行。拆成几个文件再导入。",
    "Too many rows: at most {n} rows a file. Split it and import the parts.",
)
TOO_MANY_COLUMNS = Words("列数太多：最多 {n} 列。", "Too many columns: at most {n}.")
TOO_VAST = Words(
    "表格范围太大：有内容的格子相隔太远。删去右侧和下方多余的格子再导入。",
    "The sheet spans too much: filled cells lie far apart. Delete what stands far to the right or below, and import again.",
)
WRONG_ENCODING = Words(
    "文字编码无法识别。另存为“CSV UTF-8”或 .xlsx，再导入。",
    "The encoding of the text is unknown. Save it as “CSV UTF-8” or .xlsx and import that.",
)
NO_SHEET = Words("工作簿中没有这张表。", "The workbook has no such sheet.")
MACROS = Words(
    "文件含有宏：宏未运行，只读取数据。", "The file holds macros: they were not run, only values are read."
)
FORMULAS = Words(
    "文件中有公式：只读取保存在文件里的结果；没有保存结果的格子按空白读取。",
    "There are formulas: only the results kept in the file are read; a cell without one is read as empty.",
)
MERGED = Words(
    "表中有合并单元格：合并区内每一格都按左上角的值读取。",
    "There are merged cells: each cell of a merged area is read as its upper left one.",
)


@dataclass(frozen=True)
class SheetName:
    """One sheet of a workbook."""

    name: str
    is_hidden: bool = False


@dataclass
class Opened:
    """A table that was opened: its sheets, remarks for the person, and how to read rows."""

    path: Path
    kind: str  # xlsx, xls, csv
    sheets: list[SheetName] = field(default_factory=list)
    remarks: list[Words] = field(default_factory=list)
    encoding: str = ""

    def first_sheet(self) -> str:
        """Return the sheet read unless another is chosen: the first that is not hidden."""
        return next((sheet.name for sheet in self.sheets if not sheet.is_hidden), "")

    def has_merged(self, sheet: str) -> bool:
        """Say whether cells of a sheet are merged."""
        if self.kind == "csv":
            return False
        if (blocks := _blocks(self.path, self.kind, sheet)) is not None:
            return bool(merged_ranges(_around(blocks, sheet)))
        with _workbook(self.path) as book:
            return bool(merged_ranges(book.get_sheet_by_name(sheet)))

    def rows(self, sheet: str) -> Iterator[list[Any]]:
        """Yield the rows of a sheet, the first row of the sheet first; raises SheetRefused."""
        if self.kind == "csv":
            yield from _text_rows(self.path, self.encoding)
        else:
            yield from _sheet_rows(self.path, self.kind, sheet)


def opened(path: Path, *, judged: bool = False) -> Opened:
    """Open a file by its content; raises SheetRefused with what is wrong and what to do.

    ``judged``: this very file was opened before, and how large it becomes need not be told again.
    """
    size = path.stat().st_size
    if size == 0:
        raise SheetRefused("empty", EMPTY)
    if size > LARGEST_FILE:
        raise SheetRefused("too_large", TOO_LARGE.filled(n=LARGEST_FILE // MEGABYTE))
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(_ZIP):
        return _opened_zip(path, judged=judged)
    if head == _OLE:
        return _opened_ole(path)
    return _opened_text(path)


def _opened_zip(path: Path, *, judged: bool) -> Opened:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _must_be_honest(parts)
            names = {part.filename for part in parts}
            has_formulas = not judged and _must_not_be_vast(archive, names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as fault:
        raise SheetRefused("broken", BROKEN) from fault
    if "xl/workbook.xml" not in names:
        raise SheetRefused("not_a_table", NOT_A_TABLE)
    found = Opened(path, "xlsx")
    if any(name.endswith("vbaProject.bin") for name in names):
        found.remarks.append(MACROS)
    if has_formulas:
        found.remarks.append(FORMULAS)
    return _with_sheets(found)


def _must_be_honest(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would unpack to far more than a table can be; the directory is read, nothing is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    is_vast = unpacked > LARGEST_UNPACKED or len(parts) > MOST_PARTS
    is_dense = unpacked > 8 * MEGABYTE and unpacked / packed > HIGHEST_RATIO
    if is_vast or is_dense:
        raise SheetRefused("bomb", BOMB)


def _must_not_be_vast(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Refuse what would take more memory than a table needs, by the text of its sheets, before a reader lays it out.

    Says whether there are formulas.
    """
    has_formulas = False
    sheets = [name for name in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
    for name in sheets:
        extent = extent_of(archive, name, MOST_ROWS + 10)
        has_formulas |= extent.has_formulas
        if extent.rows > MOST_ROWS + 10 or extent.last_row > MOST_ROWS + 10:
            raise SheetRefused("too_many_rows", TOO_MANY_ROWS.filled(n=f"{MOST_ROWS:,}"))
        if extent.last_column > MOST_COLUMNS:
            raise SheetRefused("too_many_columns", TOO_MANY_COLUMNS.filled(n=MOST_COLUMNS))
        if extent.area > MOST_CELLS:
            raise SheetRefused("too_vast", TOO_VAST)
    if "xl/sharedStrings.xml" in names and text_of(archive, sheets, "xl/sharedStrings.xml") > MOST_TEXT:
        raise SheetRefused("bomb", BOMB)
    return has_formulas


def _opened_ole(path: Path) -> Opened:
    with path.open("rb") as stream:
        head = stream.read(4 * MEGABYTE)
    if "EncryptedPackage".encode("utf-16-le") in head or "EncryptionInfo".encode("utf-16-le") in head:
        raise SheetRefused("locked", LOCKED)
    found = Opened(path, "xls")
    if "_VBA_PROJECT".encode("utf-16-le") in head:
        found.remarks.append(MACROS)
    return _with_sheets(found)


def _with_sheets(found: Opened) -> Opened:
    with _workbook(found.path) as book:
        visible = {"SheetVisibleEnum.Visible", "Visible"}
        found.sheets = [
            SheetName(sheet.name, str(sheet.visible) not in visible)
            for sheet in book.sheets_metadata
            if str(sheet.typ).rsplit(".", 1)[-1] == "WorkSheet"
        ]
    if not found.sheets:
        raise SheetRefused("empty", EMPTY)
    return found


def _workbook(path: Path) -> Any:
    # By its content, not by its name: the reader tries the formats in turn.
    return _read(path.open("rb"))


def _read(stream: Any) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(stream)
    except PasswordError as fault:
        raise SheetRefused("locked", LOCKED) from fault
    except (CalamineError, OSError, ValueError) as fault:
        raise SheetRefused("broken", BROKEN) from fault
    except BaseException as fault:  # a reader that gives up on a crafted file does so in its own way
        if isinstance(fault, KeyboardInterrupt | SystemExit):
            raise
        raise SheetRefused("broken", BROKEN) from fault


def _sheet_rows(path: Path, kind: str, name: str) -> Iterator[list[Any]]:
    blocks = _blocks(path, kind, name)
    if blocks is not None and not merged_ranges(_around(blocks, name)):
        after = 0
        sheets = blocks.sheets(_read, name)
        while (sheet := _laid_out(lambda: next(sheets, None))) is not None:
            for cells in _rows_of(sheet, sheet.to_python(), _Merged([]), after):
                yield cells
                after += 1
        return
    with _workbook(path) as book:
        if name not in book.sheet_names:
            raise SheetRefused("no_sheet", NO_SHEET)
        sheet = _laid_out(lambda: book.get_sheet_by_name(name))
        rows = islice(
            sheet.iter_rows(), (sheet.start or (0, 0))[0], None
        )  # it begins with the empty ones above
        yield from _rows_of(sheet, rows, _Merged(merged_ranges(sheet)), 0)


def _blocks(path: Path, kind: str, name: str) -> Blocks | None:
    """Return a sheet to be read block by block; None for one that is read whole."""
    try:
        return blocks_of(path, name, _read) if kind == "xlsx" else None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        return None  # the reader says what is wrong with it


def _around(blocks: Blocks, name: str) -> Any:
    return _laid_out(lambda: blocks.without_rows(_read, name))


def _laid_out(lay: Callable[[], Any]) -> Any:
    try:
        return lay()
    except SheetRefused:
        raise
    except Exception as fault:
        raise SheetRefused("broken", BROKEN) from fault


def _rows_of(sheet: Any, rows: Iterable[list[Any]], merged: _Merged, after: int) -> Iterator[list[Any]]:
    """Yield the rows of a sheet, or of a block of it, below the first ``after``; those left out between as empty ones."""
    if sheet.total_height > MOST_ROWS + 10:
        raise SheetRefused("too_many_rows", TOO_MANY_ROWS.filled(n=f"{MOST_ROWS:,}"))
    if sheet.total_width > MOST_COLUMNS:
        raise SheetRefused("too_many_columns", TOO_MANY_COLUMNS.filled(n=MOST_COLUMNS))
    if sheet.start is None:
        return
    top, left = sheet.start
    if top < after:  # rows that are not in their order: no spreadsheet writes them so
        raise SheetRefused("broken", BROKEN)
    for _ in range(after, top):
        yield []
    padding = [None] * left
    for number, row in enumerate(rows, top):
        yield merged.filled(number, padding + [_kept(value) for value in row])


def _kept(value: Any) -> Any:
    """Return a cell as it is kept: nothing for an empty one, and without NUL (``_x0000_``), which no database stores."""
    if value == "":
        return None
    return value.replace("\x00", "") or None if isinstance(value, str) and "\x00" in value else value


def merged_ranges(sheet: Any) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the merged areas of a sheet, none where the format does not tell."""
    try:
        return list(sheet.merged_cell_ranges or [])[:MOST_MERGES]
    except Exception:
        return []


class _Merged:
    """Gives every cell of a merged area the value of its first, row by row."""

    def __init__(self, ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        self._starting: dict[int, list[Any]] = {}
        for (top, left), (bottom, right) in ranges:
            self._starting.setdefault(top, []).append((left, bottom, right))
        self._open: list[tuple[int, int, int, Any]] = []

    def filled(self, number: int, cells: list[Any]) -> list[Any]:
        """Return the row with merged cells filled."""
        for left, bottom, right in self._starting.get(number, ()):
            value = cells[left] if left < len(cells) else None
            self._open.append((left, bottom, right, value))
        if not self._open:
            return cells
        self._open = [area for area in self._open if area[1] >= number]
        for left, _bottom, right, value in self._open:
            for place in range(left, min(right + 1, len(cells))):
                cells[place] = value
        return cells


def _opened_text(path: Path) -> Opened:
    encoding = _encoding_of(path)
    found = Opened(path, "csv", [SheetName("CSV")], [], encoding)
    return found


def _encoding_of(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(_OTHERS):
        raise SheetRefused("not_a_table", NOT_A_TABLE)
    for encoding in next(known for mark, known in _MARKED if head.startswith(mark)):
        try:
            with path.open(encoding=encoding, newline="") as text:
                if _MARKUP.match(text.read(1000)):
                    raise SheetRefused("markup", MARKUP)
                text.seek(0)
                while piece := text.read(MEGABYTE):
                    if "\x00" in piece:
                        raise SheetRefused("not_a_table", NOT_A_TABLE)
            return encoding
        except UnicodeError:
            continue
    raise SheetRefused("wrong_encoding", WRONG_ENCODING)


def _text_rows(path: Path, encoding: str) -> Iterator[list[Any]]:
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(64 * 1024)
        text.seek(0)
        delimiter = max(",\t;，", key=lambda sign: sample[: sample.find("\n", 2000)].count(sign))
        reader = csv.reader(text, delimiter=delimiter)
        try:
            for number, row in enumerate(reader):
                if number > MOST_ROWS + 20:
                    raise SheetRefused("too_many_rows", TOO_MANY_ROWS.filled(n=f"{MOST_ROWS:,}"))
                if len(row) > MOST_COLUMNS:
                    raise SheetRefused("too_many_columns", TOO_MANY_COLUMNS.filled(n=MOST_COLUMNS))
                if number < 20 and len(row) == 1 and _OWN_NOTE.match(row[0]):
                    yield []  # what an export of our own says of itself
                    continue
                yield [_unquoted(cell) or None for cell in row]
        except (csv.Error, UnicodeError) as fault:
            raise SheetRefused("not_a_table", NOT_A_TABLE) from fault


def _unquoted(cell: str) -> str:
    """Take away the apostrophe that keeps a text from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "\t", "\r"} else cell
