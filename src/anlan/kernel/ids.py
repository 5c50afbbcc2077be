"""Identifiers: UUIDv7 made in Python, so that ids sort by time and a phone may make its own."""

from __future__ import annotations

import uuid

import uuid_utils
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a new UUIDv7."""
    return uuid7()


def new_ids(count: int) -> list[str]:
    """Return many new ids as texts, for rows that are written without being made."""
    return [str(uuid_utils.uuid7()) for _ in range(count)]
