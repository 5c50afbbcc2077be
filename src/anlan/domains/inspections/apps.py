"""Django app of the inspections domain."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Inspections."""

    name = "anlan.domains.inspections"
    label = "inspections"
