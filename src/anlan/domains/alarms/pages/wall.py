"""The live wall of a duty officer: map, gravest alarms, trend of the one chosen. Serves articles 14 and 18."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from anlan.domains.alarms.watching import plants, snapshot
from anlan.kernel.registers.pages import Asked, Drawn, Given

LONGEST_INSTANT = 13


def wall(asked: Asked) -> Drawn | Given:
    """Draw the wall, or give what it asks for again: ``as=now`` the alarms, ``as=plants`` the map."""
    kind = asked.values.get("as", "")
    if kind == "now":
        return given("now.json", snapshot(asked.actor, asked.place, _since(asked.values.get("since", ""))))
    if kind == "plants":
        return given("plants.json", plants(asked.actor, asked.place))
    return Drawn("alarms/wall.html", {"place": asked.place})


def given(name: str, told: Any) -> Given:
    """Return values as JSON."""
    return Given(name, json.dumps(told, allow_nan=False, ensure_ascii=False).encode(), "application/json")


def _since(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_INSTANT):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)
