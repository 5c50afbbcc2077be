"""Django app of the colours domain."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ColoursConfig(AppConfig):
    """Live colours, the four-colour map, floor plans, joint prevention."""

    name = "anlan.domains.colours"
    label = "colours"

    def ready(self) -> None:
        """Gather the kinds of facts that domains declare, and note from now on what is written to their rows."""
        autodiscover_modules("colour_facts")
        from anlan.domains.colours.facts import watch_all
        from anlan.domains.colours.sections import add_to_enterprises

        watch_all()
        add_to_enterprises()
