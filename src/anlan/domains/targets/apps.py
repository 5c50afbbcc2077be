"""Django app of the targets domain."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    """Goals and yearly figures."""

    name = "anlan.domains.targets"
    label = "targets"
