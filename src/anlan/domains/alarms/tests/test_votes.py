"""Votes of sensors and repetition, from their forms to the alarm: what stands against them, whose they are, what work changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from anlan.domains.alarms.models import Alarm, Sensor, SensorVote, SensorWork
from anlan.domains.alarms.telling import tell, tend
from anlan.domains.alarms.tests.test_story import Plant
from anlan.kernel import clock
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, NotAllowed
from anlan.streams import facts, registry
from anlan.streams.codec import Readings
from anlan.streams.evaluating import Evaluator


class Tank(Plant):
    """Three gauges of one tank and a vote of two among them."""

    def __init__(self, city: Any) -> None:
        super().__init__(city)
        more = [create(Sensor, self.keeper, self.answers(tag=f"LT-10{n}", name=f"液位{n}")) for n in (2, 3)]
        self.sensors = [self.sensor, *more]
        self.vote = create(SensorVote, self.keeper, self.asked())
        self.judge()

    def asked(self, **more: Any) -> dict[str, Any]:
        names = dict(zip(("sensor", "second", "third"), (str(one.pk) for one in self.sensors), strict=True))
        return {"name": "V-101液位三取二", **names, "limit": "HH", "least": "2", **more}

    def stand(self, *values: float) -> None:
        """Let every gauge say something."""
        count = len(values)
        now = self.now()
        columns = Readings(
            np.arange(count, dtype=np.int32), np.full(count, now, np.int64), np.array(values, np.float64),
            np.zeros(count, np.uint8),
        )  # fmt: skip
        changes = self.evaluator.evaluate(columns, now)
        facts.write(changes, [], self.evaluator.latest_of(changes), clock.now())
        tell()
        self.city.clock.forward(timedelta(minutes=1))

    def kinds(self) -> list[str]:
        return sorted(one.kind for one in self.alarms)


@pytest.fixture
def tank(city: Any) -> Tank:
    return Tank(city)


def test_two_of_three_raise_one_more_alarm_of_the_gravest_level(tank: Tank) -> None:
    tank.stand(9.5, 5, 5)
    assert tank.kinds() == ["H", "HH"]
    tank.stand(9.5, 9.5, 5)
    assert tank.kinds() == ["H", "H", "HH", "HH", "vote"]
    [alarm] = [one for one in tank.alarms if one.kind == "vote"]
    assert (alarm.name, alarm.level, alarm.value, alarm.bound, alarm.sensor) == (
        "V-101液位三取二", "critical", 2.0, 2.0, tank.sensor,
    )  # fmt: skip
    tank.stand(9.5, 5, 5)
    alarm.refresh_from_db()
    assert (alarm.active, alarm.state) == (False, "raised")


def test_work_on_a_member_takes_its_vote_away_and_no_more(tank: Tank) -> None:
    now = clock.now()
    create(SensorWork, tank.keeper, {
        "sensor": str(tank.sensors[0].pk), "work": "calibration", "what": "校验", "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    })  # fmt: skip
    tank.city.clock.forward(timedelta(minutes=1))
    tank.stand(9.5, 9.5, 5)
    assert tank.kinds() == ["H", "HH"]  # the second gauge speaks for itself; with it alone there are not two
    tank.city.clock.forward(timedelta(hours=2))
    tend()
    assert "vote" in tank.kinds()


def test_the_work_of_one_does_not_silence_the_two_others(tank: Tank) -> None:
    now = clock.now()
    create(SensorWork, tank.keeper, {
        "sensor": str(tank.sensors[0].pk), "work": "calibration", "what": "校验", "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    })  # fmt: skip
    tank.city.clock.forward(timedelta(minutes=1))
    tank.stand(5, 9.5, 9.5)
    assert tank.kinds() == ["H", "H", "HH", "HH", "vote"]


def test_what_stands_against_a_vote(tank: Tank) -> None:
    first = str(tank.sensors[0].pk)
    for wrong, field in (
        ({"second": first}, "second"), ({"limit": "LL"}, "sensor"), ({"least": "4"}, "least"), ({"least": "0"}, "least"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as fault:
            create(SensorVote, tank.keeper, tank.asked(**wrong))
        assert field in fault.value.errors
    with pytest.raises(NotAllowed):
        create(SensorVote, tank.city.officer, tank.asked())
    with pytest.raises(Invalid) as fault:
        edit(Sensor, tank.sensors[1].pk, tank.keeper, {"limit_hh": ""})
    assert "V-101液位三取二" in str(fault.value.errors["limit_hh"][0])


def test_archived_it_is_counted_no_longer(tank: Tank) -> None:
    archive(SensorVote, tank.vote.pk, tank.keeper, "改造")
    tank.judge()
    tank.stand(9.5, 9.5, 9.5)
    assert "vote" not in tank.kinds()


def test_repetition_is_asked_for_whole_and_raises_its_own_alarm(tank: Tank) -> None:
    for wrong, field in (
        ({"repeat_times": "3"}, "repeat_within"), ({"repeat_within": "600"}, "repeat_times"),
        ({"repeat_times": "3", "repeat_within": "600", "limit_h": "", "limit_hh": "", "limit_l": ""}, "repeat_times"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as fault:
            create(Sensor, tank.keeper, tank.answers(tag="LT-200", **wrong))
        assert field in fault.value.errors
    edit(Sensor, tank.sensor.pk, tank.keeper, {"repeat_times": "3", "repeat_within": "600"})
    tank.judge()
    for _ in range(3):
        tank.stand(8.5, 5, 5)
        tank.stand(5, 5, 5)
    assert tank.kinds() == ["H", "repeat"]
    [again] = [one for one in tank.alarms if one.kind == "repeat"]
    assert (again.level, again.active) == ("high", True)


def test_a_restart_remembers_crossings_that_were_raised(tank: Tank) -> None:
    edit(Sensor, tank.sensor.pk, tank.keeper, {"repeat_times": "3", "repeat_within": "600"})
    tank.judge()
    for _ in range(2):
        tank.stand(8.5, 5, 5)
        tank.stand(5, 5, 5)
    tank.evaluator = Evaluator(registry.load(), tank.now(), facts.open_conditions(), facts.latest_by_number())
    tank.evaluator.remember(facts.crossed_lately(clock.now()))
    tank.stand(8.5, 5, 5)
    assert tank.kinds() == ["H", "repeat"]
    assert Alarm.unscoped("a test reads the result").filter(kind="repeat").count() == 1
