"""What tests of sharing have in common: a subscription asked for by one body and approved by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anlan.kernel import clock
from anlan.kernel.loops import open_matter, take
from anlan.kernel.scope import Actor
from anlan.kernel.sharing.loop import SubscriptionLoop
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.serving import Call


def asking(city: Any) -> Actor:
    """An officer of another body than the one the data belong to."""
    actor: Actor = city.industry_officer
    return actor


def request(city: Any, by: Actor | None = None, **more: Any) -> Subscription:
    given = {
        "data_set": "enterprises", "territory": "220102", "receiver": "消防一张图", "purpose": "联合检查",
        "fields": "enterprises: name credit_code safety_phone industry",
        "channel": "pull", "frequency": "live", "valid_until": (clock.today() + timedelta(days=90)).isoformat(),
    } | more  # fmt: skip
    entry = open_matter(SubscriptionLoop, by or asking(city), given)
    return Subscription.unscoped("a test reads it").get(pk=entry.chain)


def approved(city: Any, **more: Any) -> Subscription:
    row = request(city, **more)
    take("approve", row, city.officer)
    row.refresh_from_db()
    return row


def call(**params: str) -> Call:
    return Call("10.0.0.9", "request-1", {name: [value] for name, value in params.items()})
