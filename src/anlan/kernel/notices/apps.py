"""Django app of notices."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices to posts and people, what leaves the platform for them, substitutes and receivers."""

    name = "anlan.kernel.notices"
    label = "notices"
