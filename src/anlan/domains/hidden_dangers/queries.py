"""Reads of the hidden danger domain that deserve thought."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import rules
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.registers.searching import folded
from anlan.kernel.scope.often import ask_often


class Earlier(NamedTuple):
    """A danger that ended before."""

    pk: uuid.UUID
    number: str


def earlier_like(row: HiddenDanger, at: datetime) -> tuple[Earlier | None, dict[str, Any]]:
    """Return the latest ended danger of the same topic at the same enterprise within the window of recurrence, and the rule.

    The window is counted back from the day of discovery. Where it was found is compared without spaces, punctuation
    and width of characters: “二车间 东门” and “二车间东门” are one place.
    """
    window = parameter_for("hidden_dangers.recurrence_window", row, at)
    length = rules.due(row.found_on, window.duration()).due_date
    days = (length - row.found_on).days if length else 0
    # Recurrence is judged over all dangers of one enterprise, whoever sees them.
    ended = ask_often(_ENDED, [row.enterprise_id, row.topic, row.found_on - timedelta(days=days), row.pk])
    place = _place_of(row.location)
    same = (Earlier(pk, number) for pk, number, location in ended if _place_of(location) == place)
    return next(same, None), window.stored()


_ENDED = """
    SELECT id, number, location FROM hidden_dangers_hiddendanger
     WHERE enterprise_id = %s AND topic = %s AND found_on >= %s AND state = 'closed' AND id <> %s
     ORDER BY found_on DESC, id DESC
"""


def _place_of(location: str) -> str:
    """Return a place within an enterprise as it is compared: letters and digits only, in one width and case."""
    return "".join(character for character in folded(location) if character.isalnum())
