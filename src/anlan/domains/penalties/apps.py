"""Django app of the penalties domain."""

from django.apps import AppConfig


class PenaltiesConfig(AppConfig):
    """Administrative penalty cases."""

    name = "anlan.domains.penalties"
    label = "penalties"

    def ready(self) -> None:
        """Declare the papers a case gives."""
        from anlan.domains.penalties import documents  # noqa: F401
