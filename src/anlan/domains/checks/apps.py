"""Django app of the checks domain."""

from django.apps import AppConfig


class ChecksConfig(AppConfig):
    """Checks that come from risks."""

    name = "anlan.domains.checks"
    label = "checks"
