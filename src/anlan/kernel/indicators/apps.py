"""Django app of the indicators package."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class IndicatorsConfig(AppConfig):
    """Declarations of figures and their roll-ups by day."""

    name = "anlan.kernel.indicators"
    label = "indicators"

    def ready(self) -> None:
        """Make every declaration, so that a wrong one stops the start."""
        autodiscover_modules("indicators")
        from anlan.kernel.indicators.declaration import check_all

        check_all()
        from anlan.kernel.indicators.rolling import watch_all

        watch_all()
