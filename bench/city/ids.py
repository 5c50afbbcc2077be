"""Identifiers of the time a row stands for, as UUIDv7 has it: rows lie in the order in which a city would have made them."""

from __future__ import annotations

from datetime import datetime
from random import Random


def id_at(random: Random, at: datetime) -> str:
    """Return a UUIDv7 of an instant."""
    stamp = int(at.timestamp() * 1000)
    low = random.getrandbits(74)
    first, second = low >> 62, low & (1 << 62) - 1
    whole = f"{stamp:012x}7{first:03x}{1 << 63 | second:016x}"
    return f"{whole[:8]}-{whole[8:12]}-{whole[12:16]}-{whole[16:20]}-{whole[20:]}"
