"""The line a day by which an anchor is published outside, and reading such lines back. Pure.

``2026-11-22 327 <sha256> <sm3>``: the day, the anchor's number, its two digests.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

LINE = re.compile(r"\d{4}-\d{2}-\d{2} (\d{1,9}) ([0-9a-f]{64}) [0-9a-f]{64}")


class AnchorRow(Protocol):
    """What of an anchor is published."""

    day: date
    number: int
    sha256: str
    sm3: str


def published_line(anchor: AnchorRow) -> str:
    """Return the line to publish."""
    return f"{anchor.day} {anchor.number} {anchor.sha256} {anchor.sm3}"


def read_published(text: str) -> dict[int, str]:
    """Return the SHA-256 by number of anchor; raise ``ValueError`` naming a line that is none."""
    found: dict[int, str] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"line {place} is not the line of an anchor")
        found[int(match[1])] = match[2]
    return found
