"""Django app of long tasks."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Who asked for what, how far it is, and where the result lies."""

    name = "anlan.kernel.jobs"
    label = "jobs"
