"""What was written for a value before: most texts and days of a table are few and come again and again, column by column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

MOST = 4096
# Only these are remembered: they equal nothing of another type, so that no number is ever written for a yes.
_ASKED_AGAIN = (str, date)


class Remembered(dict[Any, str]):
    """The cells of one column by their values; ``__getitem__`` writes what is new. Never grows beyond some thousands."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        """Take what writes a value."""
        super().__init__()
        self._write = write

    def __missing__(self, value: Any) -> str:
        """Write a value that was not seen lately."""
        text = self._write(value)
        if type(value) in _ASKED_AGAIN:
            if len(self) >= MOST:
                self.clear()
            self[value] = text
        return text
