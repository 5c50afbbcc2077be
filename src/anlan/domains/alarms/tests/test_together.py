"""Many alarms at once: what is opened in a set is what is opened one by one, and nothing is doubled or lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written import left_by

from anlan.domains.alarms import telling
from anlan.domains.alarms.loop import AlarmLoop
from anlan.domains.alarms.models import Alarm, DataDevice, Sensor
from anlan.domains.alarms.telling import MONITORING, tell, tend
from anlan.kernel import clock, ledger
from anlan.kernel.ids import new_id
from anlan.kernel.loops import Duty, opening, take, together
from anlan.kernel.loops.beginning import NewMatter
from anlan.kernel.loops.opening import open_matters
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.notices import Notice
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid
from anlan.streams.models import StreamCondition, StreamPoint, StreamRaised

COUNT = 5
OWN = {"id", "number", "name", "condition", "sensor", "parent_id", "search", "created_at", "updated_at"}


class Plant:
    """A workshop with one device and some level gauges."""

    def __init__(self, city: Any) -> None:
        keeper = city.safety_officer
        device = create(
            DataDevice,
            keeper,
            {"enterprise": str(city.workshop.pk), "name": "罐区网关", "username": "tank-farm"},
        )
        for n in range(COUNT * 2):
            answers = {"device": str(device.pk), "name": f"V-{n}液位", "tag": f"LT-{n}", "quantity": "level", "unit": "m",
                       "limit_h": "8", "stale_after": "300"}  # fmt: skip
            create(Sensor, keeper, answers)
        self.conditions = list(
            StreamCondition.objects.filter(kind="H").order_by("pk").values_list("pk", flat=True)
        )
        self.at = clock.now()

    def raises(self, conditions: list[int]) -> None:
        """Let limits be crossed, all in one moment."""
        StreamRaised.objects.bulk_create(
            StreamRaised(condition_id=pk, raised_at=self.at, noted_at=self.at, value=8.5) for pk in conditions
        )

    @property
    def alarms(self) -> dict[int, Alarm]:
        return {one.condition: one for one in Alarm.unscoped("a test reads the result").order_by("condition")}


@pytest.fixture
def plant(city: Any) -> Plant:
    return Plant(city)


def _written(alarm: Alarm) -> dict[str, Any]:
    """Return everything an alarm left in the database, without what is its own alone."""
    row = {
        k: v for k, v in Alarm.unscoped("compare").filter(pk=alarm.pk).values().get().items() if k not in OWN
    }
    row.pop("sensor_id")
    duties = [
        {k: v for k, v in one.items() if k not in {"id", "matter_id"}}
        for one in Duty.objects.filter(matter_id=alarm.pk).order_by("key", "id").values()
    ]
    entries = []
    for entry in ledger.history(alarm.pk):
        body = entry.body()
        data = body["data"] | {
            "row": {k: v for k, v in body["data"]["row"].items() if k not in OWN | {"sensor_id"}}
        }
        data["answers"] = {k: v for k, v in data["answers"].items() if k != "condition"}
        entries.append({k: body[k] for k in ("seq", "subject", "act", "from_state", "to_state", "actor", "rules", "at",
                                             "received_at", "is_demo")} | {"data": data})  # fmt: skip
    told = Notice.objects.filter(matter_id=alarm.pk).order_by("kind")
    notices = [
        (one.kind, one.party_id, one.kinds, one.due_at, one.zh.replace(alarm.number, "")) for one in told
    ]
    return {"row": row, "duties": duties, "entries": entries, "notices": notices}


def test_opened_in_a_set_they_are_what_they_are_opened_one_by_one(plant: Plant, monkeypatch: Any) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    plant.raises(plant.conditions[:COUNT])
    assert tell() == COUNT
    monkeypatch.setattr(opening, "FEW", COUNT)
    plant.raises(plant.conditions[COUNT:])
    assert tell() == COUNT
    alarms = plant.alarms
    alone = [_written(alarms[pk]) for pk in plant.conditions[COUNT:]]
    for pk, other in zip(plant.conditions[:COUNT], alone, strict=True):
        for part, written in _written(alarms[pk]).items():
            assert written == other[part]
    assert alone[0]["duties"]
    assert alone[0]["notices"]
    assert len({one.number for one in alarms.values()}) == 2 * COUNT
    assert not [fault for alarm in alarms.values() for fault in duty_faults(alarm)]
    assert ledger.verify().sound


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_opens_each_once(
    plant: Plant, monkeypatch: Any
) -> None:
    plant.raises(plant.conditions)

    def cut(*args: Any) -> Any:
        open_matters(*args)
        raise DatabaseError("pulled the plug")

    monkeypatch.setattr(telling, "open_matters", cut)
    with pytest.raises(DatabaseError):
        tell()
    assert not plant.alarms
    monkeypatch.undo()
    assert (tell(), tell()) == (2 * COUNT, 0)
    assert sorted(plant.alarms) == plant.conditions


def test_what_is_refused_does_not_hold_up_the_others_and_a_repeated_key_opens_nothing(plant: Plant) -> None:
    sensor = Sensor.unscoped("a test opens an alarm").first()
    news = [
        NewMatter(
            {
                "condition": pk,
                "kind": "H" if n else "no such kind",
                "raised_at": plant.at,
                "value": 9,
                "bound": 8,
            },
            key=new_id(),
            parent=sensor,
        )
        for n, pk in enumerate(plant.conditions)
    ]
    refused, *opened = open_matters(AlarmLoop, MONITORING, news)
    assert isinstance(refused, Invalid)
    assert sorted(one.pk for one in plant.alarms.values()) == sorted(opened)
    assert open_matters(AlarmLoop, MONITORING, news[1:]) == opened
    assert len(plant.alarms) == 2 * COUNT - 1


def test_again_and_over_in_a_flood_are_counted_and_never_opened_twice(plant: Plant) -> None:
    plant.raises(plant.conditions)
    tell()
    StreamRaised.objects.filter(condition__in=plant.conditions[:COUNT]).update(cleared_at=clock.now())
    plant.raises(plant.conditions[:COUNT])
    assert tell() == 2 * COUNT
    alarms = plant.alarms
    assert [alarms[pk].times for pk in plant.conditions] == [2] * COUNT + [1] * COUNT
    assert all(one.active for one in alarms.values())


@pytest.mark.parametrize("way", ["_tell_one", "_end_together"])
def test_what_is_new_does_not_wait_for_what_is_over(plant: Plant, monkeypatch: Any, way: str) -> None:
    old, new = plant.conditions[:COUNT], plant.conditions[COUNT:]
    plant.raises(old)
    tell()
    StreamRaised.objects.filter(condition__in=old).update(cleared_at=clock.now())
    monkeypatch.setattr(telling, "OTHERS_AT_ONCE", 1)
    monkeypatch.setattr(telling, "AT_ONCE", COUNT - 1)
    if way == "_tell_one":
        monkeypatch.setattr(together, "FEW", COUNT)  # none is told in a set
    tells_then, open_then = getattr(telling, way), []

    def tells(given: Any) -> int:
        if not open_then:
            plant.raises(new)  # they come while what is over is being told
        open_then.append(len(plant.alarms))
        return int(tells_then(given))

    monkeypatch.setattr(telling, way, tells)
    assert tell() == 2 * COUNT
    times = COUNT if way == "_tell_one" else 2  # four in a set, then the fifth
    assert open_then == [COUNT, *[2 * COUNT] * (times - 1)]
    assert [one.active for one in plant.alarms.values()] == [False] * COUNT + [True] * COUNT


def test_what_came_went_and_came_again_before_anybody_was_told_still_stands(plant: Plant) -> None:
    plant.raises(plant.conditions[:COUNT])
    StreamRaised.objects.update(cleared_at=clock.now())
    plant.raises(plant.conditions)
    assert tell() == 3 * COUNT
    alarms = plant.alarms
    assert [alarms[pk].times for pk in plant.conditions] == [2] * COUNT + [1] * COUNT
    assert all(one.active for one in alarms.values())


SITUATIONS = ["raised", "acknowledged", "shelved", "handled", "over", "again", "still raised", "sensor gone"]


def _bring(plant: Plant, city: Any, pk: int, situation: str) -> None:
    """Bring the alarm of a condition into a situation in which it is told that what raised it is over."""
    alarm = plant.alarms[pk]
    facts = StreamRaised.objects.filter(condition=pk)
    if situation == "acknowledged":
        take("acknowledge", alarm, city.worker)
    elif situation == "shelved":
        take("shelve", alarm, city.main_person, {"shelved_until": city.in_days(1), "reason": "检修"})
    elif situation == "over":
        take("clear", alarm, MONITORING)  # told by somebody before
    elif situation == "handled":
        take("clear", alarm, MONITORING)
        take("handle", alarm, city.main_person, {"cause": "process", "what_was_done": "已降液位"})
    elif situation == "sensor gone":
        point = StreamCondition.objects.get(pk=pk).point_id
        StreamPoint.objects.filter(pk=point).update(sensor=new_id())
    if situation != "still raised":
        facts.update(cleared_at=plant.at + timedelta(seconds=pk % 7 - 3))
    if situation == "again":
        plant.raises([pk])


def test_ended_in_a_set_they_are_what_they_are_ended_one_by_one(
    city: Any, plant: Plant, monkeypatch: Any
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    plant.raises(plant.conditions)
    tell()

    def told(few: int) -> int:
        monkeypatch.setattr(together, "FEW", few)
        return tell() + tend()

    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.sampled_from(SITUATIONS), min_size=2 * COUNT, max_size=2 * COUNT).filter(
            lambda found: {*found} - {"still raised"}
        )
    )
    def same(situations: list[str]) -> None:
        with transaction.atomic():
            for pk, situation in zip(plant.conditions, situations, strict=True):
                _bring(plant, city, pk, situation)
            in_sets, one_by_one = (left_by(lambda n=n: told(n), Alarm, StreamRaised) for n in (0, 100))
            transaction.set_rollback(True)
        assert in_sets == one_by_one
        assert in_sets["given"]

    same()


def test_brought_back_in_a_set_they_are_what_they_are_one_by_one(
    city: Any, plant: Plant, monkeypatch: Any
) -> None:
    plant.raises(plant.conditions)
    tell()
    for pk in plant.conditions[:COUNT]:
        _bring(plant, city, pk, "shelved")
    city.clock.forward(timedelta(days=3))
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)

    def brought(few: int) -> int:
        monkeypatch.setattr(together, "FEW", few)
        return tend()

    in_set, one_by_one = (left_by(lambda n=n: brought(n), Alarm) for n in (0, 100))
    assert in_set == one_by_one
    assert in_set["given"] == 2 * COUNT  # that it is over, and that it is back


def test_an_end_killed_in_the_middle_leaves_nothing_and_is_told_once(plant: Plant, monkeypatch: Any) -> None:
    plant.raises(plant.conditions)
    tell()
    StreamRaised.objects.update(cleared_at=clock.now())
    monkeypatch.setattr(together, "tell_many", lambda told: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tell()
    assert all(one.active for one in plant.alarms.values())
    assert not ledger.LedgerEntry.objects.filter(act="clear").exists()
    monkeypatch.undo()
    assert (tell(), tell()) == (2 * COUNT, 0)
    assert not any(one.active for one in plant.alarms.values())
    assert ledger.LedgerEntry.objects.filter(act="clear").count() == 2 * COUNT
    assert not [fault for alarm in plant.alarms.values() for fault in duty_faults(alarm)]
    assert ledger.verify().sound
