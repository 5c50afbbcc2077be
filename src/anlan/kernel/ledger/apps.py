"""Django app of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Entries, their private parts, and the daily anchors."""

    name = "anlan.kernel.ledger"
    label = "ledger"
