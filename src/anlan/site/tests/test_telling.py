"""The worker's telling of alarms: it hears of what the ingest wrote, at once, by a line of its own."""

from __future__ import annotations

import threading
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


def test_long_work_gives_way_while_alarms_are_told_but_not_for_ever(monkeypatch: Any) -> None:
    told, go_on = threading.Event(), threading.Event()

    def tells() -> None:
        told.set()
        go_on.wait(10)

    monkeypatch.setattr("anlan.domains.alarms.telling.tell", tells)
    monkeypatch.setattr(telling, "GIVES_WAY_SECONDS", 10.0)
    alarms, work = telling.Telling(), threading.Thread(target=telling.give_way)
    telling.give_way()  # nothing to be told: it does not wait
    alarms.start()
    try:
        assert told.wait(10)
        work.start()
        work.join(0.2)
        assert work.is_alive()
        monkeypatch.setattr(telling, "GIVES_WAY_SECONDS", 0.01)
        telling.give_way()  # so long, no longer
        go_on.set()
        work.join(5)
        assert not work.is_alive()
    finally:
        go_on.set()
        alarms.end()
