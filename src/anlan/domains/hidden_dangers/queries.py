"""Reads of the hidden danger domain that deserve thought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import rules
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.registers.searching import folded


def earlier_like(row: HiddenDanger, at: datetime) -> tuple[HiddenDanger | None, dict[str, Any]]:
    """Return the latest ended danger of the same topic at the same enterprise within the window of recurrence, and the rule.

    The window is counted back from the day of discovery. Where it was found is compared without spaces, punctuation
    and width of characters: “二车间 东门” and “二车间东门” are one place.
    """
    window = parameter_for("hidden_dangers.recurrence_window", row, at)
    length = rules.due(row.found_on, window.duration()).due_date
    days = (length - row.found_on).days if length else 0
    ended = (
        HiddenDanger.unscoped("recurrence is judged over all dangers of one enterprise")
        .filter(enterprise=row.enterprise, topic=row.topic, found_on__gte=row.found_on - timedelta(days=days))
        .filter(state="closed")
        .exclude(pk=row.pk)
        .order_by("-found_on", "-pk")
    )
    place = _place_of(row.location)
    same = (pk for pk, location in ended.values_list("pk", "location") if _place_of(location) == place)
    latest = next(same, None)
    return (ended.filter(pk=latest).first() if latest else None), window.stored()


def _place_of(location: str) -> str:
    """Return a place within an enterprise as it is compared: letters and digits only, in one width and case."""
    return "".join(character for character in folded(location) if character.isalnum())
