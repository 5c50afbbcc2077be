"""Django app of evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Files that prove something, where they hang, and uploads under way."""

    name = "anlan.kernel.evidence"
    label = "evidence"
