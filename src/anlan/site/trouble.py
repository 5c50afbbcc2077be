"""The one exception an operator is shown: what is wrong and what to do, in both languages."""

from __future__ import annotations


class Trouble(Exception):
    """Something a person must put right; the text is in both languages and is all they are shown."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
