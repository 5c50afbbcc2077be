"""A sheet of a workbook read in blocks of rows, so that memory is that of one block, however long the sheet is.

The reader lays a sheet out whole. So it is given the sheet piece by piece instead: small workbooks, each with the workbook's own
words and styles, and some thousands of the sheet's rows as they stand. A text that cells share is put into each of them, or
else every block would bear all texts of the workbook. What a cell says is still decided by the reader alone; here rows are
only told apart. A sheet that is not written in the plain way is left to be read whole.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PIECE = 1024 * 1024
BLOCK = 3 * PIECE  # of the text of a sheet: about two thousand rows of thirty cells
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_SHARED = "xl/sharedStrings.xml"
# All that a reader looks at besides the sheets themselves.
_AROUND = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)
_BEGINS_TEXT = re.compile(rb"<si\b")
# Begun with a letter each, which is found sooner than a border of words.
_SHARING = re.compile(rb' t="s"([^>]*)><v>(\d{1,9})</v></c>')
_SHARES = re.compile(rb"t\s*=\s*[\"']s[\"']")
_OPENING = re.compile(rb"<worksheet\b[^>]*>")
_DATA = re.compile(rb"<sheetData\s*>")
_DATA_END = b"</sheetData>"
_ROW = re.compile(rb"<row(?:\s[^>]*?)?\sr\s*=\s*[\"'](\d{1,7})[\"'][^>]*>")
_NOT_PLAIN = (b"<![CDATA[", b"<!--", b"<!ENTITY")
_MARK = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr">'
    "<is><t>{}</t></is></c></row></sheetData></worksheet>"
)

Read = Callable[[io.BytesIO], Any]


class Texts:
    """The texts that cells share, each put into the cells that bear it."""

    def __init__(self, part: bytes) -> None:
        """Take the part of the workbook that holds them."""
        *texts, _ = part.split(b"</si>")
        inner = [text.partition(b"<si>")[2] for text in texts]
        # Where a text has no text in it, or begins otherwise, numbers are the reader's affair.
        is_plain = all(b"<t>" in text or b"<t " in text for text in inner)
        self.is_plain = is_plain and part.count(b"<si>") == len(inner) == len(_BEGINS_TEXT.findall(part))
        self._ends = [b"><is>%b</is></c>" % text for text in inner] if self.is_plain else []

    def put_into(self, rows: bytes) -> bytes | None:
        """Return rows with the texts in them, or None where the reader has to look them up."""
        if not self.is_plain:
            return None
        parts = _SHARING.split(
            rows
        )  # what stands before a cell's kind, what after it, the number of its text
        try:
            parts[2::3] = [self._ends[int(number)] for number in parts[2::3]]
        except IndexError:
            return None
        parts[1::3] = [b' t="inlineStr"' + rest for rest in parts[1::3]]
        told = b"".join(parts)
        return None if _SHARES.search(told) else told


@dataclass
class Blocks:
    """One sheet: what stands around its rows, and where its text lies."""

    path: Path
    part: str
    around: dict[str, bytes]
    texts: Texts | None
    opening: bytes
    ending: bytes

    def sheets(self, read: Read, name: str) -> Iterator[Any]:
        """Yield the sheet as the reader lays it out, some thousands of rows after the other."""
        for rows in self._rows(BLOCK):
            with read(self._with_texts(rows)) as book:
                yield book.get_sheet_by_name(name)

    def without_rows(self, read: Read, name: str) -> Any:
        """Return the sheet without its rows: what holds for all of them, such as merged cells."""
        with read(self._book(b"", self.ending)) as book:
            return book.get_sheet_by_name(name)

    def _with_texts(self, rows: bytes) -> io.BytesIO:
        if self.texts is None:
            return self._book(rows)
        told = self.texts.put_into(rows)
        if told is not None:
            return self._book(told)
        with zipfile.ZipFile(self.path) as archive:
            return self._book(rows, more={_SHARED: archive.read(_SHARED)})

    def _book(
        self, rows: bytes, ending: bytes = b"</worksheet>", more: Mapping[str, bytes] | None = None
    ) -> io.BytesIO:
        sheet = b"".join((self.opening, b"<sheetData>", rows, _DATA_END, ending))
        return _packed({**self.around, **(more or {}), self.part: sheet})

    def _rows(self, size: int) -> Iterator[bytes]:
        left, begun = b"", False
        with zipfile.ZipFile(self.path) as archive, archive.open(self.part) as stream:
            while piece := stream.read(size):
                left += piece
                if not begun:
                    found = _DATA.search(left)
                    if found is None:
                        continue
                    left, begun = left[found.end() :], True
                end = left.find(_DATA_END)
                if end >= 0:
                    yield left[:end]
                    return
                cut = _last_row(left)
                if cut > 0:
                    yield left[:cut]
                    left = left[cut:]


def blocks_of(path: Path, name: str, read: Read) -> Blocks | None:
    """Return a sheet to be read in blocks, or None for one that has to be read whole. Raises what ``zipfile`` raises."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        around = {part: archive.read(part) for part in _AROUND if part in names}
        shared = archive.read(_SHARED) if _SHARED in names else b""
        if any(sign in shared for sign in _NOT_PLAIN):
            return None
        texts = Texts(shared) if shared else None
        shared = b""
        parts = [part for part in names if _SHEET.fullmatch(part)]
        part = _part_of(name, around, parts, read)
        if part is None:
            return None
        opening, ending = b"", b""
        is_within = False
        with archive.open(part) as stream:
            left = b""
            while piece := stream.read(PIECE):
                text = left + piece
                if any(sign in text for sign in _NOT_PLAIN):
                    return None
                if not is_within:
                    found, data = _OPENING.search(text), _DATA.search(text)
                    if found is None or data is None:
                        return None
                    opening, is_within = found.group(), True
                end = -1 if ending else text.find(_DATA_END)
                if end >= 0:
                    ending = text[end + len(_DATA_END) :]
                elif ending:
                    ending += piece
                left = b"" if ending else text[-len(_DATA_END) :]
    return Blocks(path, part, around, texts, opening, ending) if ending else None


def _part_of(name: str, around: dict[str, bytes], parts: list[str], read: Read) -> str | None:
    """Return the part that holds a sheet, told by the reader itself: it is shown each part with its own name in it."""
    marked = {part: _MARK.format(number).encode() for number, part in enumerate(parts)}
    try:
        with read(_packed({**around, **marked})) as book:
            ((number,),) = book.get_sheet_by_name(name).to_python()
        return parts[int(number)]
    except Exception:  # a reader that does not find its way is given the whole
        return None


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


def _last_row(text: bytes) -> int:
    """Return where the last row begins that says its own number: there a sheet may be cut; 0 where there is none."""
    at = text.rfind(b"<row")
    while at > 0:
        if _ROW.match(text, at):
            return at
        at = text.rfind(b"<row", 0, at)
    return 0
