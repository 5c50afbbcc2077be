"""Text tables (.csv), UTF-8 with its mark or GB18030, for programs and for spreadsheets set to Chinese.

A text that a spreadsheet would take for a formula gets an apostrophe before it; reading takes it away again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any

from anlan.kernel import clock

MEDIA_TYPE = "text/csv"
ENCODINGS = {"csv": "utf-8-sig", "csv-gb18030": "gb18030"}
_REMEMBERED = 4096
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def text_of(value: Any) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    return _harmless(value if type(value) is str else str(value))


@lru_cache(maxsize=_REMEMBERED)
def _harmless(text: str) -> str:
    """Return a text without what is taken for a formula; most of a table are few and come again and again."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
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
        self._writers = [WRITERS[kind] for kind in kinds]
        self._rows.writerow([text_of(heading) for heading in headings])

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write some rows."""
        writers = self._writers
        self._rows.writerows(
            [write(value) for write, value in zip(writers, row, strict=True)] for row in rows
        )
