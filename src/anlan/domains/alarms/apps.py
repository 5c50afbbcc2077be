"""Django app of the alarms domain."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Sensors and alarms."""

    name = "anlan.domains.alarms"
    label = "alarms"
