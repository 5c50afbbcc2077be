"""The journey of an alarm: opened once, acknowledged, handled; late, it climbs; shelved, it comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from anlan.domains.alarms import simulated
from anlan.domains.alarms.models import Alarm, DataDevice, Sensor, SensorWork
from anlan.domains.alarms.telling import tell, tend
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.clock import month
from anlan.kernel.indicators import figure, figures, indicator_named, series
from anlan.kernel.indicators.dimensions import Only
from anlan.kernel.loops import inbox, sweep
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen
from anlan.streams import facts, registry
from anlan.streams.codec import Readings
from anlan.streams.evaluating import Evaluator
from anlan.streams.models import StreamCondition, StreamRaised


class Plant:
    """A workshop with one device and one level gauge, and the ingest's judgement of what it says."""

    def __init__(self, city: Any) -> None:
        self.city, self.keeper = city, city.safety_officer
        self.device = create(
            DataDevice,
            self.keeper,
            {"enterprise": str(city.workshop.pk), "name": "罐区网关", "username": "tank-farm"},
        )
        self.sensor = create(Sensor, self.keeper, self.answers())
        self.judge()

    def answers(self, **more: Any) -> dict[str, Any]:
        return {
            "device": str(self.device.pk), "name": "V-101液位", "tag": "LT-101", "quantity": "level", "unit": "m",
            "range_low": "0", "range_high": "10", "limit_l": "1", "limit_h": "8", "limit_hh": "9", "dead_band": "0.2",
            "stale_after": "300", **more,
        }  # fmt: skip

    def judge(self) -> None:
        """Begin as a fresh ingest does."""
        self.evaluator = Evaluator(
            registry.load(), self.now(), facts.open_conditions(), facts.latest_by_number()
        )

    def now(self) -> int:
        return round(clock.now().timestamp() * 1000)

    def says(self, *values: float) -> None:
        """Let readings come, one a second, up to now."""
        at = self.now() - 1000 * np.arange(len(values))[::-1]
        count = len(values)
        readings = Readings(
            np.zeros(count, np.int32),
            at.astype(np.int64),
            np.array(values, np.float64),
            np.zeros(count, np.uint8),
        )
        changes = self.evaluator.evaluate(readings, self.now())
        facts.write(changes, [], self.evaluator.latest_of(changes), clock.now())

    @property
    def alarms(self) -> list[Alarm]:
        return list(Alarm.unscoped("a test reads the result").order_by("number"))


@pytest.fixture
def plant(city: Any) -> Plant:
    return Plant(city)


def test_one_alarm_from_the_crossing_to_its_disposition(plant: Plant) -> None:
    plant.says(5, 8.1, 8.2)
    assert (tell(), tell()) == (1, 0)
    [alarm] = plant.alarms
    assert (alarm.kind, alarm.level, alarm.value, alarm.bound, alarm.state) == (
        "H",
        "high",
        8.1,
        8.0,
        "raised",
    )
    assert (alarm.enterprise, alarm.holder) == (plant.city.workshop, plant.city.workshop.holder)
    assert [card.matter for card in inbox(plant.keeper)] == [alarm]
    alarm = plant.city.step(alarm, "acknowledge", plant.keeper)
    assert alarm.state == "handling"
    assert alarm.acknowledged_at is not None
    with pytest.raises(Invalid) as fault:
        plant.city.step(alarm, "handle", plant.keeper, cause="process", what_was_done="降液位")
    assert "仍在报警" in str(fault.value.errors[""][0])
    plant.city.clock.forward(timedelta(minutes=5))
    plant.says(7.5)
    assert tell() == 1
    alarm = plant.city.step(alarm, "handle", plant.keeper, cause="process", what_was_done="降液位")
    assert (alarm.state, alarm.active, alarm.is_open) == ("closed", False, False)
    assert [entry.act for entry in ledger.history(alarm.pk)] == ["opened", "acknowledge", "clear", "handle"]


def test_raised_again_before_it_is_handled_it_is_counted_and_after_it_is_another(plant: Plant) -> None:
    for _ in range(3):
        plant.says(8.5)
        tell()
        plant.city.clock.forward(timedelta(minutes=1))
        plant.says(5)
        tell()
        plant.city.clock.forward(timedelta(minutes=1))
    [alarm] = plant.alarms
    assert (alarm.times, alarm.active) == (3, False)
    plant.city.step(alarm, "handle", plant.keeper, cause="process", what_was_done="已调整")
    plant.city.clock.forward(timedelta(minutes=1))
    plant.says(8.5)
    tell()
    assert [one.times for one in plant.alarms] == [3, 1]


def test_high_and_high_high_are_two_and_a_restart_opens_neither_again(plant: Plant) -> None:
    plant.says(9.5)
    tell()
    plant.judge()
    plant.city.clock.forward(timedelta(minutes=1))
    plant.says(9.6)
    tell()
    assert sorted((one.kind, one.level, one.times) for one in plant.alarms) == [
        ("H", "high", 1),
        ("HH", "critical", 1),
    ]


def test_late_it_climbs_to_the_county_and_to_the_city(plant: Plant) -> None:
    plant.says(8.5)
    tell()
    plant.city.clock.forward(timedelta(hours=1, minutes=1))
    assert sweep() == 1
    assert not inbox(plant.city.officer)
    plant.city.clock.forward(timedelta(hours=1))
    assert sweep() == 1
    plant.city.clock.forward(timedelta(hours=4))
    assert sweep() == 1
    [alarm] = plant.alarms
    assert [entry.act for entry in ledger.history(alarm.pk)][1:] == [
        "late_overdue",
        "late_escalate",
        "late_escalate_city",
    ]
    # Both watch, each for its own level; what verifying computes anew is what stands.
    for officer in (plant.city.officer, plant.city.city_officer):
        assert [card.matter for card in inbox(officer)] == [alarm]
    assert duty_faults(alarm) == []
    alarm = plant.city.step(alarm, "acknowledge", plant.city.safety_officer)
    assert duty_faults(alarm) == []
    assert not inbox(plant.city.city_officer)


def test_work_on_a_sensor_suppresses_and_what_still_holds_afterwards_is_told(plant: Plant) -> None:
    now = clock.now()
    create(SensorWork, plant.keeper, {
        "sensor": str(plant.sensor.pk), "work": "calibration", "what": "年度校准", "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    })  # fmt: skip
    plant.city.clock.forward(timedelta(minutes=1))
    plant.says(8.5)
    assert tell() == 0
    assert plant.alarms == []
    assert len(facts.open_conditions()) == 1  # it stays visible
    plant.city.clock.forward(timedelta(hours=2))
    assert tend() == 1
    assert [one.kind for one in plant.alarms] == ["H"]


def test_what_came_and_went_during_work_opens_nothing(plant: Plant) -> None:
    now = clock.now()
    create(SensorWork, plant.keeper, {
        "sensor": str(plant.sensor.pk), "work": "maintenance", "what": "换阀", "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    })  # fmt: skip
    plant.city.clock.forward(timedelta(minutes=1))
    plant.says(8.5)
    plant.city.clock.forward(timedelta(minutes=1))
    plant.says(5)
    plant.city.clock.forward(timedelta(hours=3))
    tend()
    assert plant.alarms == []


def test_shelved_with_a_reason_and_an_end_it_comes_back_by_itself(plant: Plant) -> None:
    plant.says(8.5)
    tell()
    [alarm] = plant.alarms
    for days in (8, -1):
        with pytest.raises(Invalid):
            plant.city.step(
                alarm, "shelve", plant.keeper, shelved_until=plant.city.in_days(days), reason="等待备件"
            )
    with pytest.raises(Invalid):
        plant.city.step(alarm, "shelve", plant.keeper, shelved_until=plant.city.in_days(2), reason="")
    alarm = plant.city.step(
        alarm, "shelve", plant.keeper, shelved_until=plant.city.in_days(2), reason="等待备件"
    )
    assert alarm.state == "shelved"
    assert tend() == 0
    plant.city.clock.forward(timedelta(days=3))
    assert tend() == 1
    [alarm] = plant.alarms
    assert (alarm.state, alarm.shelved_until) == ("handling", None)


def test_an_alarm_becomes_a_hidden_danger(plant: Plant) -> None:
    plant.says(8.5)
    tell()
    [alarm] = plant.alarms
    alarm = plant.city.step(alarm, "to_danger", plant.keeper, danger_description="液位调节阀内漏")
    danger = HiddenDanger.unscoped("a test reads the result").get(pk=alarm.danger)
    assert (danger.enterprise, danger.parent_id, danger.parent_loop) == (
        plant.city.workshop,
        alarm.pk,
        "alarms",
    )
    assert alarm.number in danger.description
    with pytest.raises(KeepingError):
        plant.city.step(alarm, "to_danger", plant.keeper, danger_description="再转一次")


def test_others_may_not_touch_it_and_nobody_opens_one_by_hand(plant: Plant) -> None:
    from anlan.domains.alarms.loop import AlarmLoop
    from anlan.kernel.loops import open_matter

    plant.says(8.5)
    tell()
    [alarm] = plant.alarms
    for other in (plant.city.far_safety_officer, plant.city.officer):
        with pytest.raises((NotSeen, NotAllowed)):
            plant.city.step(alarm, "acknowledge", other)
    data = {"condition": alarm.condition, "kind": "H", "raised_at": clock.now().isoformat()}
    with pytest.raises(NotAllowed):
        open_matter(AlarmLoop, plant.keeper, data, parent=plant.sensor)


def test_limits_rise_and_a_gas_detector_names_its_gas(plant: Plant) -> None:
    for wrong, field in (
        ({"limit_hh": "7"}, "limit_hh"), ({"limit_h": "11"}, "limit_hh"), ({"quantity": "combustible"}, "substance"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as fault:
            create(Sensor, plant.keeper, plant.answers(tag="LT-102", **wrong))
        assert field in fault.value.errors
    with pytest.raises(Invalid):
        create(Sensor, plant.keeper, plant.answers())  # the tag is taken


def test_what_is_edited_or_archived_the_ingest_knows(plant: Plant) -> None:
    edit(Sensor, plant.sensor.pk, plant.keeper, {"limit_h": "8.8"})
    plant.judge()
    plant.says(8.5)
    assert tell() == 0
    archive(Sensor, plant.sensor.pk, plant.keeper, "拆除")
    assert len(registry.load().numbers) == 0
    archive(DataDevice, plant.device.pk, plant.keeper, "停用")
    assert registry.load().devices == {}


def test_the_simulator_puts_its_devices_at_enterprises_and_they_go_with_the_demonstration(
    plant: Plant,
) -> None:
    secrets = simulated.lay(2, ["PT-1", "PT-2"])
    assert list(secrets) == ["sim-0000", "sim-0001"]
    assert simulated.lay(2, ["PT-1", "PT-2", "PT-3"]).keys() == secrets.keys()  # what is there is used again
    simulated.lay_recorded("replay-x", ["value"])
    assert len(registry.load().numbers) == 1 + 6 + 1
    assert simulated.forget_demonstration() == 3
    assert len(registry.load().numbers) == 1


def test_the_share_of_sensors_online_is_known_for_a_place_and_an_enterprise_and_has_a_past(
    plant: Plant,
) -> None:
    rate, officer = indicator_named("sensors-online-rate"), plant.city.officer
    assert rate is not None
    own = Only((("party", str(plant.city.workshop.holder_id)),))

    def shares() -> list[Any]:
        period = month(clock.today())
        own_rate = figures([rate], officer, period, None, own)[rate.slug]
        past = series(rate, officer, [period.previous(), period])
        return [figure(rate, officer, period).value, own_rate.value, [one.value for one in past]]

    assert shares() == [100, 100, [None, 100]]
    StreamRaised.objects.create(
        condition=StreamCondition.objects.get(kind="stale"), raised_at=clock.now(), noted_at=clock.now()
    )
    tell()
    assert shares() == [0, 0, [None, 0]]
