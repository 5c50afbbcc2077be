"""What a duty officer, a plant, an enterprise's person on duty and a leader see of sensors and alarms."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict

from anlan.domains.alarms import availability
from anlan.domains.alarms.health import bad_actors, chattering_of, measures, past, ringing_most
from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.pages.brief import hazards
from anlan.domains.alarms.pages.devices import line
from anlan.domains.alarms.pages.duty import duty
from anlan.domains.alarms.pages.health import health
from anlan.domains.alarms.pages.plant import of_enterprise, of_installation
from anlan.domains.alarms.pages.trial import trial
from anlan.domains.alarms.pages.wall import wall
from anlan.domains.alarms.telling import tell
from anlan.domains.alarms.tests.test_story import Plant
from anlan.domains.alarms.watching import plants, snapshot
from anlan.domains.installations.models import Installation
from anlan.kernel import clock, ledger
from anlan.kernel.ids import new_id
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.registers import create, edit
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given
from anlan.kernel.scope.actor import Actor
from anlan.streams.models import StreamCondition, StreamRaised


class Watched(Plant):
    """A plant whose level gauge stands in a tank farm."""

    def __init__(self, city: Any) -> None:
        super().__init__(city)
        self.unit = create(Installation, self.keeper, {
            "enterprise": str(city.workshop.pk), "name": "液氯库", "kind": "storage", "boundary": "building",
            "exposed_people": "60", "longitude": "125.3", "latitude": "43.9",
        })  # fmt: skip
        edit(Sensor, self.sensor.pk, self.keeper, {**self.answers(), "installation": str(self.unit.pk)})
        self.sensor = Sensor.unscoped("a test reads the result").get(pk=self.sensor.pk)
        self.judge()

    def raises(self, *values: float) -> Alarm:
        self.says(*values)
        tell()
        return self.alarms[-1]


@pytest.fixture
def plant(city: Any) -> Watched:
    return Watched(city)


def asked(
    actor: Actor, pk: Any = None, *, place: Any = None, sent: bool = False, key: Any = None, **values: str
) -> Asked:
    return Asked(actor, pk, values, sent, key, place)


def drawn(answer: Any) -> Any:
    assert isinstance(answer, Drawn), answer
    return answer.context


def test_a_sensor_stands_in_a_unit_of_its_own_enterprise(plant: Watched, city: Any) -> None:
    assert (plant.sensor.installation, plant.sensor.longitude) == (
        plant.unit,
        plant.sensor.enterprise.longitude,
    )
    other = plant.answers(tag="LT-102", installation=str(plant.unit.pk), place_note="罐区东")
    sensor = create(Sensor, plant.keeper, other)
    assert (sensor.longitude, sensor.latitude) == (plant.unit.longitude, plant.unit.latitude)
    assert Sensor.seen_by(city.officer).filter(pk=sensor.pk).exists()


def test_the_wall_shows_the_gravest_first_with_the_plant_it_stands_in(plant: Watched, city: Any) -> None:
    plant.raises(5, 8.2)
    grave = plant.raises(9.1)
    seen = snapshot(city.city_officer, city.city, None)
    assert [row["level"] for row in seen["rows"]] == ["critical", "high"]
    assert (seen["total"], seen["counts"]["raised"], seen["rows"][0]["id"]) == (2, 2, str(grave.pk))
    assert seen["hot"] == [[str(plant.unit.pk), 3, 2]]
    [unit] = plants(city.city_officer, city.city)
    assert (unit["id"], unit["kind"], unit["at"]) == (str(plant.unit.pk), "installations", [125.3, 43.9])


def test_the_wall_tells_only_what_its_reader_sees(plant: Watched, city: Any) -> None:
    plant.raises(5, 9.1)
    assert snapshot(city.city_officer, city.city, None)["total"] == 2
    stranger = Actor(name="路人", post_kind="safety_officer", party_ids=(new_id(),))
    for other in (stranger, city.far_officer):
        nothing = snapshot(other, None, None)
        assert (nothing["total"], nothing["rows"], nothing["hot"], plants(other, None)) == (0, [], [], [])


def test_what_came_since_the_last_look_is_counted_and_acknowledged_alarms_stand_behind(
    plant: Watched, city: Any
) -> None:
    before = clock.now()
    plant.city.clock.forward(timedelta(seconds=30))
    alarm = plant.raises(5, 8.2)
    assert snapshot(city.city_officer, city.city, before)["fresh"] == 1
    assert snapshot(city.city_officer, city.city, clock.now() + timedelta(seconds=1))["fresh"] == 0
    city.step(alarm, "acknowledge", plant.keeper)
    seen = snapshot(city.city_officer, city.city, None)
    assert (seen["counts"]["raised"], seen["rows"][0]["state"]) == (0, "handling")


def test_more_than_one_operator_can_answer_is_a_flood(plant: Watched, city: Any) -> None:
    sensors = [
        create(Sensor, plant.keeper, plant.answers(tag=f"LT-{n}", limit_hh="")) for n in range(200, 212)
    ]
    assert len(sensors) == 12
    plant.judge()
    seen = snapshot(city.city_officer, city.city, None)
    assert seen["flood"]["firms"] == []
    for place in range(len(plant.evaluator.registry.numbers)):
        _says_at(plant, place, 8.5)
    tell()
    seen = snapshot(city.city_officer, city.city, None)
    assert seen["flood"]["firms"] == [
        {"id": str(city.workshop.pk), "name": city.workshop.name, "n": seen["total"]}
    ]
    assert sum(seen["flood"]["minutes"]) == seen["flood"]["ten"] == seen["total"] > seen["flood"]["norm"]


def _says_at(plant: Watched, place: int, value: float) -> None:
    import numpy as np

    from anlan.streams import facts
    from anlan.streams.codec import Readings

    one = Readings(
        np.array([place], np.int32),
        np.array([plant.now()], np.int64),
        np.array([value]),
        np.zeros(1, np.uint8),
    )
    changes = plant.evaluator.evaluate(one, plant.now())
    facts.write(changes, [], plant.evaluator.latest_of(changes), clock.now())


def test_the_wall_answers_as_page_and_as_values(plant: Watched, city: Any) -> None:
    plant.raises(5, 9.1)
    assert isinstance(wall(asked(city.city_officer, place=city.city)), Drawn)
    now = wall(asked(city.city_officer, place=city.city, **{"as": "now", "since": "nonsense"}))
    assert isinstance(now, Given)
    assert json.loads(now.content)["total"] == 2
    told = wall(asked(city.city_officer, place=city.city, **{"as": "plants"}))
    assert isinstance(told, Given)
    assert [one["name"] for one in json.loads(told.content)] == ["液氯库"]


def test_a_line_is_given_between_any_two_instants(plant: Watched, city: Any) -> None:
    now = round(clock.now().timestamp() * 1000)
    given = line(asked(city.city_officer, plant.sensor.pk, **{"from": str(now - 60_000), "to": str(now)}))
    told = json.loads(given.content)
    assert (told["from"], told["to"]) == (now - 60_000, now)
    for odd in ({"from": "9" * 40, "to": "1"}, {"from": "5", "to": "4"}, {"from": "-1", "to": "x"}):
        assert json.loads(line(asked(city.city_officer, plant.sensor.pk, **odd)).content)["to"] >= now


def test_a_plant_shows_its_gauges_alarms_and_persons(plant: Watched, city: Any) -> None:
    plant.raises(5, 8.2)
    shown = drawn(of_installation(asked(city.officer, plant.unit.pk)))
    [gauge] = shown["gauges"]
    assert (gauge.value, gauge.state, gauge.beyond, gauge.alarms) == ("8.2", "online", "high", 1)
    assert [tick.name for tick in gauge.ticks] == ["L", "H", "HH"]
    assert gauge.needle is not None
    assert gauge.ticks[1].at < gauge.needle < gauge.ticks[2].at
    city.clock.forward(timedelta(minutes=20))
    assert drawn(of_enterprise(asked(city.officer, city.workshop.pk)))["gauges"][0].state == "silent"
    with pytest.raises(NotSeen):
        of_installation(asked(Actor(name="路人", post_kind="worker", party_ids=(new_id(),)), plant.unit.pk))


def test_one_tap_acknowledges_once_however_often_it_is_sent(plant: Watched) -> None:
    alarm = plant.raises(5, 8.2)
    [card] = drawn(duty(asked(plant.keeper)))["cards"]
    assert (card["row"], card["acknowledge"]) == (alarm, True)
    key = new_id()
    for _ in range(2):
        done = duty(asked(plant.keeper, sent=True, key=key, alarm=str(alarm.pk), step="acknowledge"))
        assert isinstance(done, Done)
        assert done.stays
    assert [entry.act for entry in ledger.history(alarm.pk)] == ["opened", "acknowledge"]


def test_few_words_end_it_once_the_sensor_has_cleared(plant: Watched) -> None:
    alarm = plant.raises(5, 8.2)
    said = {
        "alarm": str(alarm.pk),
        "step": "handle",
        "cause": "process",
        "usual": "已降负荷，恢复正常",
        "what_was_done": "复查无泄漏",
    }
    refused = duty(asked(plant.keeper, sent=True, key=new_id(), **said))
    assert isinstance(refused, Drawn)
    assert (refused.status, bool(refused.context["cards"][0]["faults"])) == (422, True)
    plant.city.clock.forward(timedelta(minutes=1))
    plant.raises(5)
    assert isinstance(duty(asked(plant.keeper, sent=True, key=new_id(), **said)), Done)
    [alarm] = plant.alarms
    assert (alarm.state, alarm.what_was_done) == ("closed", "已降负荷，恢复正常；复查无泄漏")


def test_an_alarm_of_another_enterprise_cannot_be_tapped(plant: Watched, city: Any) -> None:
    alarm = plant.raises(5, 8.2)
    stranger = Actor(name="路人", post_kind="safety_officer", party_ids=(new_id(),))
    for actor, step in ((stranger, "acknowledge"), (city.officer, "acknowledge"), (plant.keeper, "shelve")):
        with pytest.raises(NotSeen):
            duty(asked(actor, sent=True, key=new_id(), alarm=str(alarm.pk), step=step))
    assert drawn(duty(asked(stranger)))["cards"] == []


def test_the_brief_says_what_is_red_where_and_what_is_late(plant: Watched, city: Any) -> None:
    plant.raises(5, 9.1)
    city.clock.forward(timedelta(hours=3))
    shown = drawn(hazards(asked(city.city_officer, place=city.city)))
    assert [one["row"].level for one in shown["red"]] == ["critical"]
    assert {one["row"].level for one in shown["late"]} == {"critical", "high"}
    first = shown["places"][0]
    assert (first.critical, first.unheard, first.late) == (1, 2, 2)


def test_health_is_measured_against_its_norms_and_every_figure_has_its_rows(
    plant: Watched, city: Any
) -> None:
    for _ in range(4):
        plant.raises(5, 8.2)
        city.clock.forward(timedelta(seconds=10))
        plant.raises(5)
        city.clock.forward(timedelta(seconds=5))
    found = {one.rule.key: one for one in measures(city.city_officer, city.city, 7)}
    chatters = found["alarms.chattering"]
    assert (chatters.value, chatters.is_good) == ("1", False)
    assert all(one.url.startswith("/alarms/?") and one.rule.confidence == "memory" for one in found.values())
    rows = Alarm.seen_by(city.city_officer)
    [first] = bad_actors(rows)
    assert (first["times"], first["sensor_id"]) == (4, plant.sensor.pk)
    condition = plant.alarms[0].condition
    assert chattering_of(rows, clock.now() - timedelta(days=1)) == [condition]
    listing = Alarm.seen_by(city.city_officer).filter(
        next(f for f in Alarm.filters() if f.name == "chattering").condition("1", city.city_officer)
    )
    assert listing.count() == 1


def test_what_rings_most_opens_its_own_alarms_of_these_days(plant: Watched, city: Any) -> None:
    for _ in range(3):  # one alarm that rings thrice
        plant.raises(5, 8.2)
        city.clock.forward(timedelta(seconds=10))
        plant.raises(5)
        city.clock.forward(timedelta(seconds=5))
    officer, alarms = city.city_officer, list_of("alarms")
    [one] = drawn(health(asked(officer, place=city.city, days="7")))["actors"]
    assert (one["times"], one["n"]) == (3, 1)
    of_it = QueryDict(one["url"].partition("?")[2])
    assert [row.sensor_id for row in alarms.rows(officer, dict(of_it.lists()))] == [plant.sensor.pk]
    assert not alarms.rows(officer, {"sensor": (str(new_id()),)}).exists()
    words = next(f for f in Alarm.filters() if f.name == "sensor")
    assert plant.sensor.tag not in str(words.said(str(plant.sensor.pk))), (
        "told by an address to whoever holds it"
    )
    with pytest.raises(Invalid):
        alarms.rows(officer, {"sensor": ("PT-202",)})
    city.clock.forward(timedelta(days=9))
    assert ringing_most(officer, city.city, 7) == []


def test_online_and_handled_are_told_by_place_and_by_enterprise(plant: Watched, city: Any) -> None:
    plant.raises(5, 8.2)
    shown = drawn(health(asked(city.city_officer, place=city.city, days="7")))
    [firm] = shown["firms"]
    assert (firm.sensors, firm.online, firm.raised, firm.handled) == (1, 1, 1, 0)
    assert sum(row.sensors for row in shown["places"] if not row.name.endswith("开发区")) == 1
    city.clock.forward(timedelta(hours=1))
    [firm] = drawn(health(asked(city.city_officer, place=city.city, days="nonsense")))["firms"]
    assert (firm.online, firm.online_rate, firm.handled_rate) == (0, "0.0%", "0.0%")
    online = next(f for f in Sensor.filters() if f.name == "online")
    assert Sensor.seen_by(city.city_officer).filter(online.condition("0", city.city_officer)).count() == 1


def test_limits_are_tried_beside_those_of_today_and_nothing_is_written(plant: Watched) -> None:
    shown = drawn(trial(asked(plant.keeper, plant.sensor.pk)))
    assert [one["value"] for one in shown["fields"]][:4] == ["", "1", "8", "9"]
    odd = trial(asked(plant.keeper, plant.sensor.pk, limit_h="12", limit_hh="x"))
    assert isinstance(odd, Drawn)
    assert (odd.status, bool(odd.context["faults"])) == (422, True)
    turned = trial(asked(plant.keeper, plant.sensor.pk, limit_h="9.5"))
    assert isinstance(turned, Drawn)
    assert turned.status == 422  # the high limit above the high high one
    assert Sensor.unscoped("a test reads the result").get(pk=plant.sensor.pk).limit_h == 8
    with pytest.raises((NotSeen, Invalid)):
        trial(asked(plant.keeper, new_id()))


def test_the_share_of_time_online_is_counted_by_the_second_whole_by_month_and_by_enterprise(
    plant: Watched, city: Any, django_assert_max_num_queries: Any
) -> None:
    began = Sensor.unscoped("a test reads the result").get(pk=plant.sensor.pk).created_at
    silence = StreamCondition.objects.get(point__sensor=plant.sensor.pk, kind="stale")
    fact = StreamRaised.objects.create(
        condition=silence, raised_at=began + timedelta(hours=1), noted_at=began, told=3
    )
    seen, hour = Sensor.seen_by(city.city_officer), timedelta(hours=1)
    city.clock.forward(began + 4 * hour - clock.now())
    spans = [(began - hour, began + 2 * hour), (began + 2 * hour, began + 99 * hour), (began - hour, began)]

    def whole(by: str = "") -> dict[Any, list[tuple[int, int]]]:
        found = availability.times(seen, spans, by)
        return {key: [(round(due), round(silent)) for due, silent in of] for key, of in found.items()}

    assert whole()[""] == [(7200, 3600), (7200, 7200), (0, 0)]  # still silent
    StreamRaised.objects.filter(pk=fact.pk).update(cleared_at=began + 2 * hour)
    assert whole("enterprise") == {city.workshop.pk: [(7200, 3600), (7200, 0), (0, 0)]}
    with django_assert_max_num_queries(5):
        months = past(city.city_officer, city.city, city.workshop)
    assert [(one.online, one.handled) for one in months] == [("75.0%", "—")]
    [firm] = drawn(health(asked(city.city_officer, place=city.city, days="7")))["firms"]
    assert firm.time_share == "75.0%"
    Sensor.unscoped("a test takes it away").filter(pk=plant.sensor.pk).update(archived_at=began + hour)
    assert whole()[""] == [(3600, 0), (0, 0), (0, 0)]
    Sensor.unscoped("a test ends the watch for silence").filter(pk=plant.sensor.pk).update(stale_after=0)
    assert whole() == {"": [(0, 0)] * 3}  # not watched for silence: it says nothing


def test_silence_from_before_a_sensor_was_registered_does_not_count_against_its_time(
    plant: Watched, city: Any
) -> None:
    began, hour = (
        Sensor.unscoped("a test reads the result").get(pk=plant.sensor.pk).created_at,
        timedelta(hours=1),
    )
    silence = StreamCondition.objects.get(point__sensor=plant.sensor.pk, kind="stale")
    for first, last in ((-99, -50), (-9, 1)):  # one over before it was there, one that ended an hour after
        StreamRaised.objects.create(
            condition=silence,
            raised_at=began + first * hour,
            noted_at=began,
            cleared_at=began + last * hour,
            told=3,
        )
    city.clock.forward(began + 4 * hour - clock.now())
    [(due, silent)] = availability.times(
        Sensor.seen_by(city.city_officer), [(began - 99 * hour, clock.now())]
    )[""]
    assert (round(due), round(silent)) == (4 * 3600, 3600)
    [firm] = drawn(health(asked(city.city_officer, place=city.city, days="7")))["firms"]
    assert firm.time_share == "75.0%"
