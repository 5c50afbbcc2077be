"""Django app of the accidents domain."""

from django.apps import AppConfig


class AccidentsConfig(AppConfig):
    """Accidents."""

    name = "anlan.domains.accidents"
    label = "accidents"
