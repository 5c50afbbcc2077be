"""What tests of outward messages ask again and again: their states, a receiver of somebody's."""

from __future__ import annotations

from typing import Any

from anlan.kernel.notices.models import Outward, Receiver
from anlan.kernel.notices.receiving import make
from anlan.kernel.notices.tests.receivers import Hook


def states(sort: str = "") -> list[str]:
    rows = Outward.objects.order_by("made_at", "id")
    return list((rows.filter(sort=sort) if sort else rows).values_list("state", flat=True))


def pushed(
    city: Any, receiver: Hook, who: Any = None, pace: str = "each", **more: Any
) -> tuple[Receiver, str]:
    return make(who or city.officer, "值班系统", receiver.url, pace, for_party=more.get("for_party", False))
