"""Registers (台账): things that exist and are kept current; everything people see is read off the model's fields.

A register declares ``kept = Kept(…)``; from it come list, detail, history, form, filters, search, export and API.
Adding a field touches the model and its migration, nothing else. Rows are archived, never deleted.
"""

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
