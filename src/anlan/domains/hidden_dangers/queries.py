"""Reads of the hidden danger domain that deserve thought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import rules
from anlan.kernel.loops.due import parameter_for


def earlier_like(row: HiddenDanger, at: datetime) -> tuple[HiddenDanger | None, dict[str, Any]]:
    """Return the latest ended danger of the same topic at the same enterprise within the window of recurrence, and the rule.

    The window is counted back from the day of discovery.
    """
    window = parameter_for("hidden_dangers.recurrence_window", row, at)
    length = rules.due(row.found_on, window.duration()).due_date
    days = (length - row.found_on).days if length else 0
    found = (
        HiddenDanger.unscoped("recurrence is judged over all dangers of one enterprise")
        .filter(enterprise=row.enterprise, topic=row.topic, found_on__gte=row.found_on - timedelta(days=days))
        .filter(state="closed", location=row.location)
        .exclude(pk=row.pk)
        .order_by("-found_on", "-pk")
        .first()
    )
    return found, window.stored()
