"""Django app of the documents package."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DocumentsConfig(AppConfig):
    """Declarations of papers; it has no tables."""

    name = "anlan.kernel.documents"
    label = "documents"

    def ready(self) -> None:
        """Make every declaration of the domains."""
        autodiscover_modules("documents")
