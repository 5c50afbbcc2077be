"""Kinds of tasks: a name, its words, and the function that does the work. Declared where the work is at home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anlan.kernel.words import Words

if TYPE_CHECKING:
    from anlan.kernel.jobs.running import Run

Work = Callable[["Run"], None]


@dataclass(frozen=True)
class Kind:
    """One kind of task."""

    name: str
    words: Words
    work: Work


_kinds: dict[str, Kind] = {}


def kind(name: str, words: Words) -> Callable[[Work], Work]:
    """Declare a kind of task; the decorated function is given its ``Run`` and does the work, in chunks.

    Import the module in the ``ready`` of its app, so that the worker knows it.
    """

    def declare(work: Work) -> Work:
        known = _kinds.get(name)
        if known is not None and (known.work.__module__, known.work.__qualname__) != (
            work.__module__,
            work.__qualname__,
        ):
            raise ValueError(f"two kinds of tasks are called {name}")
        _kinds[name] = Kind(name, words, work)
        return work

    return declare


def kind_named(name: str) -> Kind | None:
    """Return the kind with this name."""
    return _kinds.get(name)
