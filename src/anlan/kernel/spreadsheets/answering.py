"""The answer to an import: the same rows as they came, wrong cells marked, the reason beside them.

The first sheet is the whole table with a column 原因; the second holds the wrong rows alone, ready to be corrected and
imported again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from anlan.kernel.spreadsheets.models import ALIKE, WRONG, Import, ImportedRow
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.spreadsheets.values import plain_text
from anlan.kernel.spreadsheets.xlsx import MARKED, MOST_ROWS, TEXT, Workbook
from anlan.kernel.words import Words

REASON = Words("原因", "Reason")
_TO_CORRECT = Words("需修改的行", "Rows to correct")
_WHOLE = Words("全部", "All rows")
_COLON, _BREAK = Words("：", ": "), Words("；", "; ")
WIDTH, WIDE = 18, 60


def write_answer(found: Import, table: Table, rows: Iterable[tuple[int, list[Any]]], path: Path) -> None:
    """Write the workbook; the rows are read from the file once, in passing."""
    wrong = dict(
        ImportedRow.objects.filter(source=found, outcome__in=[WRONG, ALIKE]).values_list("number", "reasons")
    )
    head = found.plan["header"] + 1
    headings = [plain_text(cell) for cell in found.sample[found.plan["header"]]]
    width = max(len(headings), 1)
    columns = dict(found.plan["fields"])
    labels = {name: str(table.spec(name).label) for name in table.asks}
    book = Workbook(path)
    shape = ([*headings, str(REASON)], [WIDTH] * width + [WIDE], ["text"] * (width + 1))
    sheet = book.sheet(str(_WHOLE), *shape)
    kept: list[tuple[list[str], list[int]]] = []
    for number, cells in rows:
        if number <= head or sheet.rows >= MOST_ROWS or not any(cell not in (None, "") for cell in cells):
            continue
        texts = [plain_text(cell) for cell in cells[:width]]
        texts += [""] * (width - len(texts))
        reasons = wrong.get(number)
        if reasons is None:
            sheet.row([*texts, ""])
            continue
        styles = [TEXT] * (width + 1)
        for name in reasons:
            if name in columns and columns[name] < width:
                styles[columns[name]] = MARKED
        styles[width] = MARKED
        line = [*texts, said(reasons, labels)]
        sheet.row_in_style(line, styles)
        kept.append((line, styles))
    second = book.sheet(str(_TO_CORRECT), *shape)
    for line, styles in kept:
        second.row_in_style(line, styles)
    book.close()


def said(reasons: dict[str, list[str]], labels: dict[str, str]) -> str:
    """Return the reasons of a row in one text, field by field, with the signs of the reader's language."""
    parts = []
    for name, texts in reasons.items():
        text = " ".join(texts).rstrip("。.")
        parts.append(f"{labels[name]}{_COLON}{text}" if name in labels else text)
    return str(_BREAK).join(parts)
