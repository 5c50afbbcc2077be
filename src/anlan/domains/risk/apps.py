"""Django app of the risk domain."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """Risk grading and control."""

    name = "anlan.domains.risk"
    label = "risk"

    def ready(self) -> None:
        """Make the table of a whole tree known to imports."""
        from anlan.domains.risk.bringing import TREE
        from anlan.kernel.spreadsheets.tables import declare_table

        declare_table(TREE)
