"""Many alarms at once with real transactions: two workers double nothing, kill -9 leaves nothing half, what is held waits."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from world import World

from anlan.domains.alarms.models import Alarm
from anlan.domains.alarms.telling import tell
from anlan.domains.alarms.tests.test_together import COUNT, Plant
from anlan.kernel import clock, ledger
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops import Duty, sweep, sweeping, take, together
from anlan.kernel.loops.recomputing import duty_faults
from anlan.streams.models import StreamRaised

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 2 * COUNT


@pytest.fixture
def city(transactional_db: None) -> Iterator[World]:
    """The world with real transactions."""
    from django.conf import settings

    from anlan.kernel.vault import ensure_keys

    ensure_keys(settings.ANLAN_DATA / "keys")
    world = World()
    yield world
    world.close()


@pytest.fixture
def plant(city: World) -> Plant:
    """A plant whose alarms are all raised, overdue, and over."""
    plant = Plant(city)
    plant.raises(plant.conditions)
    tell()
    city.clock.forward(timedelta(days=9))
    StreamRaised.objects.update(cleared_at=clock.now())
    return plant


def in_threads(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts at once, each on a connection of its own."""
    results: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            results[number] = act()
        except Exception as fault:
            results[number] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a deadlock"
    return results


def killed_where_it_commits(act: Callable[[], Any], patched: pytest.MonkeyPatch, module: Any) -> None:
    """Do an act in a process of its own, which kill -9 ends when everything of its first set is written."""
    connection.close()
    child = os.fork()
    if child == 0:
        patched.setattr(module, "tell_many", lambda told: os.kill(os.getpid(), signal.SIGKILL))
        act()
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def done_in_the_end(act: Callable[[], int], wanted: int) -> int:
    """Do an act until the locks of the one that was killed are gone; returns how much was done."""
    done, limit = 0, time.monotonic() + 20
    while done < wanted and time.monotonic() < limit:
        done += act()
        time.sleep(0.05)
    return done + act()


def assert_sound(plant: Plant) -> None:
    """Each end and each level once, each alarm as it is recomputed, the ledger whole."""
    alarms = list(plant.alarms.values())
    acts = {one.pk: Counter(entry.act for entry in ledger.history(one.pk)) for one in alarms}
    expected = Counter(["opened", "clear", "late_overdue", "late_escalate", "late_escalate_city"])
    assert [acts[one.pk] for one in alarms] == [expected] * MANY
    assert not any(one.active for one in alarms)
    assert not [fault for one in alarms for fault in duty_faults(one)]
    assert ledger.verify().sound


def test_two_workers_at_once_tell_and_sweep_each_once(plant: Plant) -> None:
    in_threads(tell, tell, sweep, sweep)
    tell()
    sweep()
    assert_sound(plant)
    assert Duty.objects.filter(sort="watch", done_at=None).count() == 2 * MANY


def test_kill_9_in_mid_set_leaves_nothing_half(plant: Plant, monkeypatch: Any) -> None:
    written = LedgerEntry.objects.count()
    killed_where_it_commits(tell, monkeypatch, together)
    killed_where_it_commits(sweep, monkeypatch, sweeping)
    assert LedgerEntry.objects.count() == written
    assert done_in_the_end(tell, MANY) == MANY
    assert done_in_the_end(sweep, 3 * MANY) == 3 * MANY
    assert_sound(plant)


def test_what_somebody_holds_is_left_out_and_done_after(plant: Plant, city: World) -> None:
    held, taken, seen = plant.alarms[plant.conditions[0]], threading.Event(), threading.Event()

    def holds() -> None:
        with transaction.atomic():
            take("acknowledge", held, city.worker)
            taken.set()
            rows = Alarm.unscoped("a test waits for the others").filter(active=True)
            limit = time.monotonic() + 20
            while rows.count() > 1 and time.monotonic() < limit:
                time.sleep(0.01)
            if rows.count() == 1:
                seen.set()  # the others of its set were told while this one was held

    faults = [result for result in in_threads(holds, _after(taken, tell)) if isinstance(result, Exception)]
    assert not faults
    assert seen.is_set()
    tell()
    assert not any(one.active for one in plant.alarms.values())
    assert ledger.verify().sound


def _after(said: threading.Event, act: Callable[[], Any]) -> Callable[[], Any]:
    def later() -> Any:
        assert said.wait(30)
        return act()

    return later
