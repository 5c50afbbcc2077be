"""Django app of the identity package."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Accounts and tokens."""

    name = "anlan.kernel.identity"
    label = "identity"
