"""Loops (闭环): matters that must come to an end. Who is awaited, for what, by when, and what lateness does.

``open_matter`` and ``take`` are the one way in: a step through the engine checks scope, evidence and rule, writes the row,
the duties and the ledger in one transaction. The clock is an actor (``sweep``). States are code; nothing is defined at run
time. Serves article 15 (closed-loop treatment) and every later matter.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.loops.awaiting import inbox
    from anlan.kernel.loops.declaration import Loop, loop_named, loops
    from anlan.kernel.loops.engine import open_matter, take
    from anlan.kernel.loops.matter import Matter
    from anlan.kernel.loops.models import Duty
    from anlan.kernel.loops.offering import offers
    from anlan.kernel.loops.sweeping import sweep

__all__ = ["Duty", "Loop", "Matter", "inbox", "loop_named", "loops", "offers", "open_matter", "sweep", "take"]

_PLACES = {
    "Duty": "models",
    "Loop": "declaration",
    "Matter": "matter",
    "inbox": "awaiting",
    "loop_named": "declaration",
    "loops": "declaration",
    "offers": "offering",
    "open_matter": "engine",
    "sweep": "sweeping",
    "take": "engine",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
