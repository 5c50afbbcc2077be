"""Registers (台账): things that exist and are kept current; everything people see is read off the model's fields.

A register declares ``kept = Kept(…)``; from it come list, detail, history, form, filters, search, export and API.
Adding a field touches the model and its migration, nothing else. Rows are archived, never deleted.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.registers.declaration import Kept, Likeness, register_named, registers
    from anlan.kernel.registers.fields import FieldSpec, described
    from anlan.kernel.registers.keeping import archive, create, edit, restore
    from anlan.kernel.registers.listing import Listing, Page

__all__ = [
    "FieldSpec",
    "Kept",
    "Likeness",
    "Listing",
    "Page",
    "archive",
    "create",
    "described",
    "edit",
    "register_named",
    "registers",
    "restore",
]

_PLACES = {
    "FieldSpec": "fields",
    "Kept": "declaration",
    "Likeness": "declaration",
    "Listing": "listing",
    "Page": "listing",
    "archive": "keeping",
    "create": "keeping",
    "described": "fields",
    "edit": "keeping",
    "register_named": "declaration",
    "registers": "declaration",
    "restore": "keeping",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
