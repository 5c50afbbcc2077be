"""A workbook written row by row: memory stays the same for a hundred rows and for a million.

Office Open XML (ECMA-376) with inline strings, so that no table of strings has to be held. Every text is a text cell:
nothing a row holds can become a formula, and codes keep their zeros. Written here because the well-kept writers reach
about a tenth of the speed an export of a city needs; templates, which are small and rich, use XlsxWriter.
"""

from __future__ import annotations

import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

from isal import isal_zlib

from anlan.kernel import clock
from anlan.kernel.spreadsheets.remembered import Remembered

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # of a sheet, with its heading
LONGEST_CELL = 32_767
EXACT_DIGITS = 15  # beyond that a spreadsheet's numbers lose digits; such a number is written as text
_FLUSH = 1 << 19
_PACKED = 2  # how hard the sheet is packed, of three: as small as zlib's first level makes it, in a third of the time
_MOST_WAITING = 4  # pieces that may wait for the compressor
_DAY_ZERO = date(1899, 12, 30)
_ORDINAL_ZERO = _DAY_ZERO.toordinal()
_INSTANT_ZERO = datetime(1899, 12, 30, tzinfo=clock.CHINA)
# China's clocks have kept one distance from UTC since 1991: later instants need no look at the history of time zones.
_LAST_SUMMER_TIME = 1991
_INSTANT_ZERO_TODAY = datetime(1899, 12, 30, tzinfo=timezone(timedelta(hours=8)))
_SPECIAL = re.compile(
    "[&<>\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]|_x[0-9A-Fa-f]{4}_|\\r\\n?"
)
# Blanks that a reader of XML may take away or draw together unless it is told not to.
_BLANKS = re.compile("^\\s|\\s$|\\s\\s|[\t\n]")
_ROW = "\0"  # stands for the number of a row in a cell that is remembered; no text holds it, for XML cannot
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "\n", "\r\n": "\n"}
_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet '
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" '
    'formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts><fonts count="2"><font>'
    '<sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font></fonts><fills count="4"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill '
    'patternType="solid"><fgColor rgb="FFE2EFF0"/></patternFill></fill><fill><patternFill patternType="solid"><fgColor '
    'rgb="FFFFC7CE"/></patternFill></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
    '</cellStyleXfs><cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="0" fontId="1" fillId="2" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/><xf numFmtId="49" '
    'applyNumberFormat="1"/><xf numFmtId="49" fillId="3" applyNumberFormat="1" applyFill="1"/><xf numFmtId="0" '
    'applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
HEAD, DAY, INSTANT, TEXT, MARKED, WRAPPED = 1, 2, 3, 4, 5, 6
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DEFAULTS = (
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
)


def escaped(text: str) -> str:
    """Return text fit for a cell: what XML cannot hold is left out, the rest escaped, at most 32,767 characters."""
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - 1] + "…"
    return _SPECIAL.sub(_escape, text) if _SPECIAL.search(text) else text


def _escape(found: re.Match[str]) -> str:
    text = found.group()
    return f"_x005F_{text[1:]}" if text.startswith("_x") else _ESCAPES.get(text, "")


def text_cell(value: Any) -> str:
    """Return a text cell after its address; empty for nothing."""
    if value is None or value == "":
        return ""
    text = escaped(str(value))
    space = ' xml:space="preserve"' if _BLANKS.search(text) else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'


def coded_cell(value: Any) -> str:
    """Return a text cell that stays text when somebody edits it: codes keep their zeros and their digits."""
    cell = text_cell(value)
    return f' s="{TEXT}"{cell}' if cell else ""


def number_cell(value: Any) -> str:
    """Return a cell of a number; as text where a spreadsheet would round it."""
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**EXACT_DIGITS:
        return f"><v>{value}</v></c>"
    if isinstance(value, Decimal) and value.is_finite():
        plain = str(value)
        if len(plain) <= EXACT_DIGITS and "E" not in plain:
            return f"><v>{plain.rstrip('0').rstrip('.') if '.' in plain else plain}</v></c>"
        bare = value.normalize()
        text = f"{bare:f}"
        if len(text) <= EXACT_DIGITS or len(bare.as_tuple().digits) <= EXACT_DIGITS:
            return f"><v>{text}</v></c>"
        return text_cell(text)
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return f"><v>{value!r}</v></c>"
    return text_cell(value)


def day_cell(value: Any) -> str:
    """Return a cell of a day."""
    if not isinstance(value, date):
        return text_cell(value)
    serial = value.toordinal() - _ORDINAL_ZERO
    return f' s="{DAY}"><v>{serial}</v></c>' if serial > 60 else text_cell(value.isoformat())


def instant_cell(value: Any) -> str:
    """Return a cell of an instant, as the clocks of China showed it."""
    if not isinstance(value, datetime):
        return text_cell(value)
    if value.tzinfo is None:  # a clock of China was read already
        value = value.replace(tzinfo=clock.CHINA)
    if value.year > _LAST_SUMMER_TIME:
        passed: timedelta = value - _INSTANT_ZERO_TODAY
    else:
        passed = value.astimezone(clock.CHINA).replace(tzinfo=clock.CHINA) - _INSTANT_ZERO
    return f' s="{INSTANT}"><v>{passed.days + passed.seconds / 86400:.6f}</v></c>'


def any_cell(value: Any) -> str:
    """Return a cell by what it holds."""
    if isinstance(value, datetime):
        return instant_cell(value)
    if isinstance(value, date):
        return day_cell(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return number_cell(value)
    return coded_cell(value)


WRITERS: dict[str, Callable[[Any], str]] = {
    "any": any_cell,
    "text": coded_cell,
    "number": number_cell,
    "date": day_cell,
    "instant": instant_cell,
}


def letters(count: int) -> list[str]:
    """Return the names of the first columns: A, B, …, AA, …"""
    found = []
    for number in range(1, count + 1):
        name = ""
        while number:
            number, rest = divmod(number - 1, 26)
            name = chr(65 + rest) + name
        found.append(name)
    return found


class Workbook:
    """A workbook under way; ``close`` completes it. Sheets are written one after the other."""

    def __init__(self, path: Path | IO[bytes]) -> None:
        """Begin a file."""
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._titles: list[str] = []
        self._sheet: Sheet | None = None

    def sheet(
        self, title: str, headings: Sequence[str], widths: Sequence[int], kinds: Sequence[str]
    ) -> Sheet:
        """Begin the next sheet; the one before is completed."""
        self._end_sheet()
        self._titles.append(self._title(title))
        part = self._zip.open(f"xl/worksheets/sheet{len(self._titles)}.xml", "w", force_zip64=True)
        _packs_quickly(part)
        self._sheet = Sheet(part, headings, widths, kinds)
        return self._sheet

    def _title(self, title: str) -> str:
        bare = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "", title)[:28] or "Sheet"
        known, number, name = {t.lower() for t in self._titles}, 2, bare
        while name.lower() in known:
            name, number = f"{bare[:24]} ({number})", number + 1
        return name

    def _end_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.end()
            self._sheet = None

    def close(self) -> None:
        """Complete the file."""
        self._end_sheet()
        sheets, kinds, links = "", "", ""
        for n, title in enumerate(self._titles, 1):
            sheets += f'<sheet name="{escaped(title)}" sheetId="{n}" r:id="rId{n}"/>'
            kinds += _kind(f"/xl/worksheets/sheet{n}.xml", "worksheet")
            links += _link(n, "worksheet", f"worksheets/sheet{n}.xml")
        links += _link(len(self._titles) + 1, "styles", "styles.xml")
        kinds += _kind("/xl/workbook.xml", "sheet.main") + _kind("/xl/styles.xml", "styles")
        write = self._zip.writestr
        write(
            "xl/workbook.xml",
            _XML + f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        )
        write("xl/_rels/workbook.xml.rels", _links(links))
        write("xl/styles.xml", _STYLES)
        write("_rels/.rels", _links(_link(1, "officeDocument", "xl/workbook.xml")))
        write(
            "[Content_Types].xml",
            _XML + f'<Types xmlns="{_PACKAGE}/content-types">{_DEFAULTS}{kinds}</Types>',
        )
        self._zip.close()


def _kind(part: str, kind: str) -> str:
    return f'<Override PartName="{part}" ContentType="{_TYPE}.{kind}+xml"/>'


def _link(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _links(links: str) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _packs_quickly(part: IO[bytes]) -> None:
    """Give a part of a zip that was just begun a quicker packer of the same format (RFC 1951).

    Python's zip files take none from outside; the name is that of every version since 3.6, and a test opens the result.
    """
    cast(Any, part)._compressor = isal_zlib.compressobj(_PACKED, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)


class _Behind:
    """Writes to a part of the file from a thread of its own: one core packs while another reads and writes out rows.

    A fault shows at the next piece or at the end. One that is given up half-way leaves no thread behind: the pool ends with it.
    """

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def write(self, pieces: Sequence[str]) -> None:
        self._waiting.append(self._pool.submit(_packed, self._part, pieces))
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft().result()

    def close(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()
        self._pool.shutdown()
        self._part.close()


def _packed(part: IO[bytes], pieces: Sequence[str]) -> None:
    part.write("".join(pieces).encode("utf-8"))


def _column(letter: str, write: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return what writes a whole cell of a column, the number of its row left open; nothing where there is nothing."""
    start = f'<c r="{letter}{_ROW}"'

    def whole(value: Any) -> str:
        cell = write(value)
        return start + cell if cell else ""

    return whole


def _cells(writers: Sequence[Callable[[Any], str]], values: Sequence[Any]) -> list[str]:
    return [write(value) for write, value in zip(writers, values, strict=True) if value is not None]


class Sheet:
    """One sheet under way: a heading that stays in sight, then rows."""

    def __init__(
        self, part: IO[bytes], headings: Sequence[str], widths: Sequence[int], kinds: Sequence[str]
    ) -> None:
        """Write the heading."""
        self._part, self._size = _Behind(part), 0
        self._pieces: list[str] = []
        self._letters = letters(len(headings))
        self._slowly = [
            _column(letter, WRITERS[kind]) for letter, kind in zip(self._letters, kinds, strict=True)
        ]
        self._writers = [
            write
            if kind == "number"
            else Remembered(write).__getitem__  # a number is written sooner than looked up
            for write, kind in zip(self._slowly, kinds, strict=True)
        ]
        self.rows = 0
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
        )
        self._add(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
            f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{columns}</cols><sheetData>'
        )
        self.row_in_style(headings, [HEAD] * len(headings))

    @property
    def is_full(self) -> bool:
        """Say whether no further row fits."""
        return self.rows >= MOST_ROWS

    def row(self, values: Iterable[Any]) -> None:
        """Write a row, each value by the kind of its column."""
        self.rows += 1
        values = tuple(values)
        try:
            cells = _cells(self._writers, values)
        except TypeError:  # a value that cannot be remembered: a list
            cells = _cells(self._slowly, values)
        self._add(f'<row r="{_ROW}">{"".join(cells)}</row>'.replace(_ROW, str(self.rows)))

    def row_in_style(self, values: Sequence[Any], styles: Sequence[int]) -> None:
        """Write a row of texts in given styles."""
        self.rows += 1
        n = self.rows
        cells = [
            f'<c r="{letter}{n}" s="{style}"{text_cell(value) or "/>"}'
            for letter, value, style in zip(self._letters, values, styles, strict=True)
        ]
        self._add(f'<row r="{n}">{"".join(cells)}</row>')

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)
        if self._size > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        self._part.write(self._pieces)
        self._pieces, self._size = [], 0

    def end(self) -> None:
        """Complete the sheet."""
        self._add("</sheetData></worksheet>")
        self._flush()
        self._part.close()
