"""Django app of the installations domain."""

from django.apps import AppConfig


class InstallationsConfig(AppConfig):
    """Major hazard installations."""

    name = "anlan.domains.installations"
    label = "installations"

    def ready(self) -> None:
        """Show the installations on every enterprise's page."""
        from anlan.domains.installations.sections import add_to_enterprises

        add_to_enterprises()
