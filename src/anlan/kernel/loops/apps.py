"""Django app of the loops package."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LoopsConfig(AppConfig):
    """Duties; matters live in the tables of their domains."""

    name = "anlan.kernel.loops"
    label = "loops"

    def ready(self) -> None:
        """Make every declaration, so that a wrong one stops the start."""
        autodiscover_modules("loop")
