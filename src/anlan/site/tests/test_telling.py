"""The worker's telling of alarms: it hears of what the ingest wrote, at once, by a line of its own."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import transaction

from anlan.kernel import clock
from anlan.site import telling
from anlan.streams.models import StreamCondition, StreamRaised
from anlan.streams.tests.streams_world import lay

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_asked_with_the_facts_is_told_at_once(monkeypatch: Any) -> None:
    lay("pump-house", tags=1)
    condition = StreamCondition.objects.filter(kind="H").get()
    # Looking anyway must not be what finds it.
    monkeypatch.setattr(telling, "LOOKS_ANYWAY_SECONDS", 600.0)
    thread = telling.Telling()
    thread.start()
    try:
        time.sleep(0.5)
        for turn in (1, 2):
            with transaction.atomic():
                now = clock.now()
                StreamRaised.objects.filter(cleared_at=None).update(cleared_at=now)
                StreamRaised.objects.create(condition=condition, raised_at=now, noted_at=now, value=85)
                telling.ask()
            limit = time.monotonic() + 10
            while StreamRaised.objects.filter(told=2).count() < turn:  # no sensor stands behind this point
                assert time.monotonic() < limit
                time.sleep(0.02)
    finally:
        thread.end()
    assert not thread.is_alive()
