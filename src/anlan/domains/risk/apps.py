"""Django app of the risk domain."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """Risk grading and control."""

    name = "anlan.domains.risk"
    label = "risk"
