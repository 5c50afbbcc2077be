"""Identifiers: UUIDv7 made in Python, so that ids sort by time and a phone may make its own."""

from __future__ import annotations

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a new UUIDv7."""
    return uuid7()
