"""Django app of the alarms domain."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Sensors and alarms."""

    name = "anlan.domains.alarms"
    label = "alarms"

    def ready(self) -> None:
        """Show on every alarm's page the line of its sensor."""
        from anlan.domains.alarms.sections import add_to_alarms

        add_to_alarms()
