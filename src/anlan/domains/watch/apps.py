"""Django app of the watch domain."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """Calls to duty posts and checks of monitoring."""

    name = "anlan.domains.watch"
    label = "watch"
