"""What becomes of a table that cannot be read or imported, in words for the person who sent it."""

from __future__ import annotations

from typing import Any

from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.words import Words


class SheetRefused(KeepingError):
    """A file is not taken: ``code`` is stable, ``words`` say what is wrong and what to do."""

    status = 422

    def __init__(self, code: str, words: Words) -> None:
        super().__init__(words)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell it to another process."""
        return type(self), (self.code, self.words)
