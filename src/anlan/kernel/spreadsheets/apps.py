"""Django app of spreadsheets."""

from importlib import import_module

from django.apps import AppConfig


class SpreadsheetsConfig(AppConfig):
    """Uploaded tables, their mappings and the rows that came of them."""

    name = "anlan.kernel.spreadsheets"
    label = "spreadsheets"

    def ready(self) -> None:
        """Make the kinds of tasks known to the worker."""
        for name in ("exporting", "importing", "undoing"):
            import_module(f"anlan.kernel.spreadsheets.{name}")
