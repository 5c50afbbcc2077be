"""What a map is told of the rows it draws, for every door: where their tiles are, how many rows there are, where they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from anlan.kernel.registers.overview import Spread
from anlan.kernel.registers.tiles import DEEP, POINTS_FROM
from anlan.kernel.scope import Actor

OVERLAP = timedelta(seconds=5)  # a change is dated before it is committed, and seen only afterwards
_FIELDS = {
    "cells": {"n": "Number"},
    "clusters": {"n": "Number", "cell": "String"},
    "points": {"id": "String", "kind": "String", "level": "Number"},
}


def told(found: Spread, asked: Mapping[str, Sequence[str]], actor: Actor, since: datetime) -> dict[str, Any]:
    """Return TileJSON 3.0.0 of rows that were asked for by a query, counted at a moment."""
    pairs = [(name, value) for name, values in asked.items() for value in values]
    query = urlencode([*pairs, ("for", reach_of(actor))])
    return {
        "tilejson": "3.0.0",
        "tiles": [f"/api/v1/map/tiles/{{z}}/{{x}}/{{y}}.mvt?{query}"],
        "minzoom": 0,
        "maxzoom": DEEP,
        "bounds": list(found.bounds) if found.bounds else None,
        "vector_layers": [{"id": name, "fields": fields} for name, fields in _FIELDS.items()],
        "count": found.count,
        "placed": found.placed,
        "as_of": (since - OVERLAP).isoformat(),
        "points_from": POINTS_FROM,
    }


def reach_of(actor: Actor) -> str:
    """Return a short digest of what an actor reaches: it keeps one person's posts apart in the browser's store."""
    reach = repr((actor.account_id, actor.post_id, actor.party_ids, actor.grants))
    return hashlib.sha256(reach.encode()).hexdigest()[:12]
