"""Small workbooks of a face's own lists. Lists of registers and loops go out through kernel.spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from anlan.kernel.spreadsheets.xlsx import MEDIA_TYPE as MEDIA_TYPE
from anlan.kernel.spreadsheets.xlsx import Workbook

MOST_ROWS = 10_000
WIDTH = 22


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook of one sheet; each cell by what it holds, text always as text."""
    out = io.BytesIO()
    book = Workbook(out)
    sheet = book.sheet(title, headings, [WIDTH] * len(headings), ["any"] * len(headings))
    for row in rows:
        sheet.row([*row, *[""] * (len(headings) - len(row))])
    book.close()
    return out.getvalue()
