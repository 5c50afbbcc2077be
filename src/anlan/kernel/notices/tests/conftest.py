"""What tests of outward messages have: a mail server, a receiver, people who confirmed an address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from anlan.kernel.notices.tests.receivers import Hook, Postbox, hook, postbox


@pytest.fixture
def box(settings: Any) -> Iterator[Postbox]:
    """A mail server, set up as the operator would."""
    with postbox() as running:
        settings.ANLAN_SMTP = {
            "host": "127.0.0.1", "port": running.port, "user": "", "password": "", "tls": "none",
            "sender": "安澜 <anlan@city.example>",
        }  # fmt: skip
        settings.ANLAN_ADDRESS = "https://anlan.example"
        yield running


@pytest.fixture
def receiver(settings: Any) -> Iterator[Hook]:
    """A receiver on this machine, which the operator allows."""
    settings.ANLAN_WEBHOOK_NETWORKS = ["127.0.0.1/32"]
    settings.ANLAN_WEBHOOK_PLAIN = True
    with hook() as running:
        yield running
