"""Excel files of lists. Text stays text: nothing a row holds can become a formula in somebody's spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 10_000
LONGEST_CELL = 32_000


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(ILLEGAL_CHARACTERS_RE.sub("", title)[:31])
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, _value(sheet, heading)) for heading in headings]
    for cell in head:
        cell.font = Font(bold=True)  # type: ignore[attr-defined]
    sheet.append(head)
    for row in rows:
        sheet.append([_value(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _value(sheet: Any, value: Any) -> Any:
    """Return what is appended: a plain value, or a cell of text where the text could be read as a formula."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    if isinstance(value, int | Decimal | date) and not isinstance(value, bool):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST_CELL]
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # type: ignore[attr-defined]
    return cell
