"""Django app of the chemicals domain."""

from django.apps import AppConfig


class ChemicalsConfig(AppConfig):
    """Hazardous chemicals."""

    name = "anlan.domains.chemicals"
    label = "chemicals"
