"""Django app of the scope package."""

from django.apps import AppConfig


class ScopeConfig(AppConfig):
    """Territory, parties, posts."""

    name = "anlan.kernel.scope"
    label = "scope"
