"""Text tables (.csv), UTF-8 with its mark or GB18030, for programs and for spreadsheets set to Chinese.

A text that a spreadsheet would take for a formula gets an apostrophe before it; reading takes it away again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from anlan.kernel import clock
from anlan.kernel.spreadsheets.remembered import Remembered

MEDIA_TYPE = "text/csv"
ENCODINGS = {"csv": "utf-8-sig", "csv-gb18030": "gb18030"}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def text_of(value: Any) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.startswith(DANGEROUS) else text


def number_of(value: Any) -> str:
    """Return a number in plain digits."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, int | float) else text_of(value)


def day_of(value: Any) -> str:
    """Return a day as 2026-03-05."""
    return value.isoformat() if isinstance(value, date) else text_of(value)


def instant_of(value: Any) -> str:
    """Return an instant as the clocks of China showed it."""
    if not isinstance(value, datetime):
        return text_of(value)
    return value.astimezone(clock.CHINA).isoformat(" ", "minutes")[:_TO_THE_MINUTE]


_TO_THE_MINUTE = len("2026-03-05 08:00")
WRITERS: dict[str, Callable[[Any], str]] = {
    "text": text_of,
    "number": number_of,
    "date": day_of,
    "instant": instant_of,
}


class TextTable:
    """A table under way into a text stream."""

    def __init__(self, stream: IO[str], headings: Sequence[str], kinds: Sequence[str]) -> None:
        """Write the heading."""
        self._rows = csv.writer(stream, lineterminator="\r\n")
        self._slowly = [WRITERS[kind] for kind in kinds]
        self._writers = [Remembered(write).__getitem__ for write in self._slowly]
        self._rows.writerow([text_of(heading) for heading in headings])

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write some rows."""
        self._rows.writerows(self._texts(row) for row in rows)

    def _texts(self, row: Sequence[Any]) -> list[str]:
        try:
            return _written(self._writers, row)
        except TypeError:  # a value that cannot be remembered: a list
            return _written(self._slowly, row)


def _written(writers: Sequence[Callable[[Any], str]], row: Sequence[Any]) -> list[str]:
    return ["" if value is None else write(value) for write, value in zip(writers, row, strict=True)]
