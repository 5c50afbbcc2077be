"""Django app of the exchange domain."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Uploads to systems above."""

    name = "anlan.domains.exchange"
    label = "exchange"
