"""How large a sheet would become in memory, told from its text before any reader takes it in.

A reader lays a sheet out as a full rectangle of cells, each with a text of its own. So two cells in opposite corners, or one
long text that a hundred thousand cells share, make gigabytes out of a few kilobytes, and the process that reads them ends.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

PIECE = 1024 * 1024
MOST_CELLS = (
    12_000_000  # of the rectangle from the first row and column to the last cell: 200,000 rows of 60 columns
)
MOST_TEXT = 400 * PIECE  # characters of all cells together
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_SHARED = re.compile(rb"<(?:\w+:)?v[^>]*>\s*(\d{1,9})\s*<")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_TEXT_END = re.compile(rb"</(?:\w+:)?si>")


@dataclass
class Extent:
    """What a sheet holds: rows, cells, the last row and column any cell stands in, and whether any cell is a formula."""

    rows: int = 0
    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    has_formulas: bool = False

    @property
    def area(self) -> int:
        """Return the cells of the rectangle a reader lays out."""
        rows, columns = max(self.rows, self.last_row), self.last_column
        # Cells that do not say where they stand stand in a row, one after the other.
        return max(rows * max(columns, 1), self.cells)


def extent_of(archive: zipfile.ZipFile, part: str, most_rows: int) -> Extent:
    """Return the extent of a sheet; stops as soon as it holds more rows than asked for, or far too many cells."""
    found = Extent()
    columns: set[bytes] = set()
    for text in _pieces(archive, part):
        found.rows += sum(1 for _ in _ROW.finditer(text))
        found.cells += sum(1 for _ in _CELL.finditer(text))
        if not found.has_formulas and (b"<f" in text or b":f" in text):
            found.has_formulas = _FORMULA.search(text) is not None
        for column, row in _PLACE.findall(text):
            columns.add(column)
            if len(row) >= len(str(found.last_row)):
                found.last_row = max(found.last_row, int(row))
        if found.rows > most_rows or found.cells > MOST_CELLS:
            break
    found.last_column = max((_number(column) for column in columns), default=0)
    return found


def text_of(archive: zipfile.ZipFile, sheets: list[str], strings: str) -> int:
    """Return how many characters all cells hold that share texts: each cell bears the whole of its text."""
    lengths = _lengths(archive, strings)
    longest = max(lengths, default=0)
    most = sum(archive.getinfo(sheet).file_size // 8 for sheet in sheets) * longest
    if most <= MOST_TEXT:
        return most
    total = 0
    for sheet in sheets:
        for text in _pieces(archive, sheet):
            numbers = map(int, _SHARED.findall(text))
            total += sum(lengths[number] for number in numbers if number < len(lengths))
            if total > MOST_TEXT:
                return total
    return total


def _lengths(archive: zipfile.ZipFile, part: str) -> list[int]:
    """Return about how long each shared text is."""
    found, before = [], 0
    for text in _pieces(archive, part):
        start = 0
        for end in _TEXT_END.finditer(text):
            found.append(before + end.start() - start)
            start, before = end.end(), 0
        before += len(text) - start
    return found


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the text of a part in pieces that end where a tag begins, so that no tag is cut."""
    left = b""
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            text = left + piece
            cut = text.rfind(b"<")
            if cut > 0 and len(text) - cut < 4 * PIECE:
                yield text[:cut]
                left = text[cut:]
            else:
                yield text
                left = b""
    yield left


def _number(letters: bytes) -> int:
    """Return the number of a column by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
