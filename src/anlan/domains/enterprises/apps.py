"""Django app of the enterprises domain."""

from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    """Enterprises."""

    name = "anlan.domains.enterprises"
    label = "enterprises"
