"""Django app of sharing."""

from importlib import import_module

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """The catalogue of data sets, subscriptions and the log of calls."""

    name = "anlan.kernel.sharing"
    label = "sharing"

    def ready(self) -> None:
        """Declare the loop of subscriptions."""
        import_module("anlan.kernel.sharing.loop")
