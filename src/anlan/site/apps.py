"""What every Django process of the installation does at its start: open the rule book of its city, read instants fast."""

from __future__ import annotations

from django.apps import AppConfig

from anlan.site import rulebook
from anlan.site.instants import read_instants_fast


class SiteConfig(AppConfig):
    """Carries no models; stands last, so that everything it opens for is loaded."""

    name = "anlan.site"
    label = "site"

    def ready(self) -> None:
        """Install the rules; the files are read on first use."""
        rulebook.open_book()
        read_instants_fast()
