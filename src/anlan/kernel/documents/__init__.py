"""Documents (文书): papers a matter gives by itself, drawn from its row and its ledger, never typed again.

A domain declares a document beside its loop: its title, the template, when it is due, and what the template reads. The face
prints it on A4 with a code that leads back to the matter. Nothing is stored: the matter and its chain are the original.
Serves every article that asks for a written record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anlan.kernel.words import Words

__all__ = ["Document", "document_named", "documents_of"]


@dataclass(frozen=True)
class Document:
    """One kind of paper. ``of``: the slug of the register or loop; ``when``: whether a row gives it; ``gives``: what is read.

    ``words`` may depend on the row: who issues a notice decides what it may be called.
    """

    of: str
    key: str
    words: Callable[[Any], Words]
    template: str
    when: Callable[[Any], bool]
    gives: Callable[[Any], Mapping[str, Any]]

    def __post_init__(self) -> None:
        _KNOWN[(self.of, self.key)] = self


_KNOWN: dict[tuple[str, str], Document] = {}


def documents_of(of: str, row: Any) -> list[Document]:
    """Return the documents that a row gives, in the order of their declaration."""
    return [one for one in _KNOWN.values() if one.of == of and one.when(row)]


def document_named(of: str, key: str) -> Document | None:
    """Return the document of this name."""
    return _KNOWN.get((of, key))
