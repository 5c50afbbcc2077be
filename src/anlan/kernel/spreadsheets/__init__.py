"""Spreadsheets (表格): templates, import and export of every register and loop, read off the same declarations as the pages.

Serves article 22 (data sharing) and everybody whose work begins in a table. What comes in passes the checks of the form;
what goes out starts from ``seen_by``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.spreadsheets.exporting import Export, ask_export, is_small, write_export
    from anlan.kernel.spreadsheets.tables import Table, every_table, table_named

__all__ = ["Export", "Table", "ask_export", "every_table", "is_small", "table_named", "write_export"]

_PLACES = {
    "Export": "exporting",
    "Table": "tables",
    "ask_export": "exporting",
    "is_small": "exporting",
    "table_named": "tables",
    "every_table": "tables",
    "write_export": "exporting",
}


def __getattr__(name: str) -> Any:
    # Models wait for Django's apps; so does what is built on them.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
