"""How many steps were taken, by loop and act: a figure for whoever watches the installation, counted once committed."""

from __future__ import annotations

from django.db import transaction
from prometheus_client import Counter

STEPS = Counter("anlan_steps", "Steps taken and levels of lateness fired", ["loop", "act"])


def count(loop: str, act: str) -> None:
    """Count an act once its transaction commits; what is rolled back was no step."""
    transaction.on_commit(STEPS.labels(loop, act).inc)
