"""Django app of the streams."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Readings in, facts out."""

    name = "anlan.streams"
    label = "streams"
