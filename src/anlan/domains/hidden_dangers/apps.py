"""Django app of the hidden dangers domain."""

from django.apps import AppConfig


class HiddenDangersConfig(AppConfig):
    """Hidden dangers."""

    name = "anlan.domains.hidden_dangers"
    label = "hidden_dangers"
