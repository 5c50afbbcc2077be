"""``Answer``: what became of one attempt, in the same form for mail and webhook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LONGEST_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """``receipt`` proves delivery (message id, HTTP status); ``is_final`` says that trying again is useless;
    ``ends_receiver`` that the receiver wants nothing more; ``wait`` how long it asked to be left alone."""

    ok: bool
    text: str
    status: int | None = None
    receipt: str = ""
    is_final: bool = False
    ends_receiver: bool = False
    wait: timedelta | None = None

    @property
    def shown(self) -> str:
        """Return the text fit to be stored."""
        return "".join(c if c >= " " or c == "\n" else "\ufffd" for c in self.text)[:LONGEST_ANSWER]
