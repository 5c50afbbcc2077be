"""What becomes of a table that cannot be read or imported, in words for the person who sent it."""

from __future__ import annotations

from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.words import Words


class SheetRefused(KeepingError):
    """A file is not taken: ``code`` is stable, ``words`` say what is wrong and what to do."""

    status = 422

    def __init__(self, code: str, words: Words) -> None:
        super().__init__(words)
        self.code = code
