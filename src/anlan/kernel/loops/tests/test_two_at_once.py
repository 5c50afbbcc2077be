"""Two at once, with real transactions in threads: one wins, the other is told; the same key makes one entry; one sweep fires."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from world import World

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import ledger
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops import open_matter, sweep, take
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers.errors import Changed, KeepingError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(transactional_db: None) -> Iterator[World]:
    """The world with real transactions."""
    from django.conf import settings

    from anlan.kernel.vault import ensure_keys

    ensure_keys(settings.ANLAN_DATA / "keys")
    world = World()
    yield world
    world.close()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts at the same moment, each on a connection of its own; return results or exceptions in order."""
    results: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
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


def sound(row: HiddenDanger) -> bool:
    fresh = HiddenDanger.unscoped("the test recomputes").get(pk=row.pk)
    return duty_faults(fresh) == [] and replay(fresh).agrees and ledger.verify().sound


@pytest.mark.parametrize("attempt", range(3))
def test_two_different_steps_at_once_one_wins_and_the_other_is_told(city: Any, attempt: int) -> None:
    danger = city.reports()
    grade = {"rectify_by": city.in_days(5), "measures": "清理"}
    bring = {"after": [city.photo(city.grid_inspector)]}
    fix = {"what_was_done": "清"}
    results = together(
        lambda: take("grade", danger, city.officer, grade, version=1),
        lambda: take("fix_at_once", danger, city.grid_inspector, fix, version=1, evidence=bring),
        lambda: take("grade", danger, city.second_officer, grade, version=1),
    )
    won = [result for result in results if isinstance(result, LedgerEntry)]
    told = [result for result in results if isinstance(result, Changed)]
    assert (len(won), len(told)) == (1, 2), results
    assert all([entry.act for entry in fault.since] == [won[0].act] for fault in told)
    assert city.fresh(danger.pk).version == 2
    assert sound(danger)


def test_the_same_key_at_once_is_one_entry(city: Any) -> None:
    danger, key = city.reports(), uuid.uuid4()
    data = {"rectify_by": city.in_days(5), "measures": "清理"}
    results = together(*[lambda: take("grade", danger, city.officer, data, key=key, version=1)] * 5)
    assert len({getattr(result, "pk", result) for result in results}) == 1, results
    assert len(ledger.history(danger.pk)) == 2
    assert sound(danger)


def test_the_same_opening_at_once_is_one_matter(city: Any) -> None:
    key = uuid.uuid4()
    data = {
        "enterprise": str(city.workshop.pk),
        "topic": "fire",
        "description": "堵塞",
        "found_on": "2026-03-02",
    }
    results = together(*[lambda: open_matter(HiddenDangerLoop, city.officer, data, key=key)] * 5)
    assert len({getattr(result, "pk", result) for result in results}) == 1, results
    assert HiddenDanger.unscoped("count").count() == 1


def test_comments_at_once_all_stay_in_one_chain(city: Any) -> None:
    danger = city.reports()
    who = (city.officer, city.safety_officer, city.worker, city.city_officer)
    results = together(*(lambda a=a: take("comment", danger, a, {"text": "x"}) for a in who * 2))
    assert all(isinstance(result, LedgerEntry) for result in results), results
    assert [entry.seq for entry in ledger.history(danger.pk)] == list(range(1, 10))
    assert sound(danger)


def test_two_sweepers_and_a_person_at_once(city: Any) -> None:
    dangers = [
        city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
        for _ in range(4)
    ]
    city.clock.forward(timedelta(days=100))
    photos = [city.photo(city.safety_officer) for _ in dangers]
    acts = [
        lambda d=d, p=p: take(
            "rectify", d, city.safety_officer, {"what_was_done": "清"}, evidence={"after": [p]}
        )
        for d, p in zip(dangers, photos, strict=True)
    ]
    results = together(sweep, sweep, sweep, *acts)
    assert not [
        result for result in results if isinstance(result, Exception) and not isinstance(result, KeepingError)
    ]
    for danger in dangers:
        late = [entry.act for entry in ledger.history(danger.pk) if entry.actor_kind == "clock"]
        assert len(late) == len(set(late)), late
        assert sound(danger)
    assert not any(result for result in together(sweep, sweep) if isinstance(result, Exception))


def test_a_parent_closing_while_its_child_acts(city: Any) -> None:
    """The parent's last step and the child's last step at once: the parent ends only when the child has ended."""
    from anlan.domains.hidden_dangers.models import ListedSupervision

    danger = city.reports(by=city.officer, topic="management")
    danger = city.step(danger, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    danger = city.step(danger, "plan", city.main_person, goal="g", measures="m", rectify_by=city.in_days(30), funds_yuan="1",
                       responsible_post=str(city.safety_officer.post_id), emergency_plan="e")  # fmt: skip
    for name in ("tell_regulator", "tell_congress"):
        danger = city.step(danger, name, city.main_person, report="r")
    danger = city.step(
        danger,
        "apply_review",
        city.safety_officer,
        photo="after",
        what_was_done="w",
        evaluation="e",
        cost_yuan="1",
    )
    child = ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)
    photo = city.photo(city.second_officer)
    accepted, declined = together(
        lambda: take("accept", danger, city.second_officer, {}, evidence={"verified": [photo]}),
        lambda: take("decline", child, city.officer, {"reason": "不列"}),
    )
    assert isinstance(declined, LedgerEntry)
    if isinstance(accepted, Exception):
        assert isinstance(accepted, KeepingError)
        assert city.fresh(danger.pk).is_open
    else:
        assert not ListedSupervision.unscoped("compare").get(pk=child.pk).is_open
    assert sound(danger)
