"""Chattering, floods and warning levels: by pure rules with their boundaries, and as those who may see them are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.alarms.models import Alarm, Sensor
from anlan.domains.alarms.queries import chattering, flood, warning_words, warnings
from anlan.domains.alarms.rules import Standing, Thresholds, burst, floods, warning_colour
from anlan.domains.alarms.telling import tell
from anlan.domains.alarms.tests.test_story import Plant
from anlan.kernel import clock
from anlan.kernel.registers import create
from anlan.streams import facts
from anlan.streams.codec import Readings

T = datetime(2026, 11, 26, 8, tzinfo=UTC)
MINUTE, SPAN = timedelta(minutes=1), timedelta(minutes=10)
ASKED = Thresholds(3, 1, 1, 1, 10, 1, 5)


def at(*seconds: float) -> list[datetime]:
    return [T + timedelta(seconds=one) for one in seconds]


def test_three_within_a_minute_chatter_and_two_do_not() -> None:
    assert burst(at(0, 30), 3, MINUTE) is None
    assert burst(at(0, 30, 61), 3, MINUTE) is None
    found = burst(at(0, 30, 60, 300, 900, 910, 920, 930), 3, MINUTE)
    assert found is not None
    assert (found.times, found.total, found.first, found.last) == (4, 7, T, T + timedelta(seconds=930))


def test_more_than_ten_in_ten_minutes_are_a_flood_until_fewer_than_five() -> None:
    now = T + timedelta(hours=5)
    assert floods(at(*range(10)), 10, 5, SPAN, now) == []
    [one] = floods(at(*range(11)), 10, 5, SPAN, now)
    # Of eleven, the fifth from the end is the one whose age leaves four.
    assert (one.begun_at, one.ended_at, one.count, one.peak) == (T, T + timedelta(seconds=6) + SPAN, 11, 11)
    [still] = floods(at(*range(11)), 10, 5, SPAN, T + timedelta(minutes=5))
    assert still.ended_at is None
    assert len(floods(at(*range(11), *range(7200, 7211)), 10, 5, SPAN, now)) == 2


@given(st.lists(st.integers(0, 20_000), max_size=120).map(sorted))
def test_floods_do_not_overlap_and_hold_what_makes_them_one(seconds: list[int]) -> None:
    moments = at(*seconds)
    found = floods(moments, 10, 5, SPAN, T + timedelta(days=1))
    for one in found:
        assert one.ended_at is not None
        assert one.ended_at > one.begun_at
        assert 10 < one.peak <= one.count
        assert one.count == sum(one.begun_at <= moment < one.ended_at for moment in moments)
    for before, after in pairwise(found):
        assert before.ended_at is not None
        assert before.ended_at <= after.begun_at + SPAN


@pytest.mark.parametrize(
    ("standing", "colour"),
    [
        (Standing(), ""), (Standing(instrument=1), "blue"), (Standing(instrument=5), "yellow"), (Standing(high=1), "yellow"),
        (Standing(high=10), "orange"), (Standing(critical=1), "orange"), (Standing(critical=3), "red"),
        (Standing(critical=1, critical_late=1), "red"), (Standing(critical=1, votes=1), "red"),
    ],
)  # fmt: skip
def test_the_colour_follows_what_is_open(standing: Standing, colour: str) -> None:
    assert warning_colour(standing, ASKED) == colour


numbers = st.integers(0, 20)


@given(
    st.builds(Standing, numbers, numbers, numbers, numbers, numbers),
    st.sampled_from(["critical", "high", "instrument"]),
)
def test_one_more_alarm_never_calms(standing: Standing, name: str) -> None:
    more = Standing(**{one: getattr(standing, one) + (one == name) for one in Standing.__slots__})
    order = ["", "blue", "yellow", "orange", "red"]
    assert order.index(warning_colour(more, ASKED)) >= order.index(warning_colour(standing, ASKED))


class Farm(Plant):
    """A workshop with as many gauges as a storm needs."""

    def __init__(self, city: Any, count: int) -> None:
        super().__init__(city)
        for n in range(count - 1):
            create(Sensor, self.keeper, self.answers(tag=f"LT-2{n:02d}", name=f"液位{n}"))
        self.count = count
        self.judge()

    def all_say(self, value: float) -> None:
        """Let every gauge say the same, twice, as a gateway that is not answered does."""
        now = self.now()
        columns = Readings(
            np.arange(self.count, dtype=np.int32), np.full(self.count, now, np.int64), np.full(self.count, value),
            np.zeros(self.count, np.uint8),
        )  # fmt: skip
        for _ in range(2):
            changes = self.evaluator.evaluate(columns, now)
            facts.write(changes, [], self.evaluator.latest_of(changes), clock.now())


def test_a_storm_opens_each_alarm_once_and_is_seen_as_a_flood(city: Any) -> None:
    """Forty in a moment here; five thousand in a minute are the bench ``storm``."""
    farm = Farm(city, 40)
    farm.all_say(8.5)
    assert (tell(), tell()) == (40, 0)
    assert len({one.condition for one in farm.alarms}) == len(farm.alarms) == 40
    for actor in (farm.keeper, city.officer):
        [found] = flood(actor)
        assert (found.enterprise, found.flood.peak, found.flood.ended_at) == (city.workshop.pk, 40, None)
    assert flood(city.far_safety_officer) == []
    assert chattering(farm.keeper) == []
    city.clock.forward(timedelta(minutes=11))
    [found] = flood(farm.keeper)
    assert found.flood.ended_at is not None


def test_an_alarm_that_comes_and_goes_chatters_and_what_work_suppressed_does_not(plant: Plant) -> None:
    for _ in range(3):
        plant.says(8.5)
        plant.city.clock.forward(timedelta(seconds=10))
        plant.says(5)
        plant.city.clock.forward(timedelta(seconds=10))
    [one] = chattering(plant.keeper)
    assert (one.sensor, one.kind, one.burst.times) == (plant.sensor.pk, "H", 3)
    assert chattering(plant.city.far_safety_officer) == []
    from anlan.streams.models import StreamRaised

    StreamRaised.objects.update(told=3)
    assert chattering(plant.keeper) == []


@pytest.fixture
def plant(city: Any) -> Plant:
    return Plant(city)


def test_the_warning_level_of_an_enterprise_rises_when_an_alarm_is_late(plant: Plant) -> None:
    assert warnings(plant.city.officer) == {}
    plant.says(9.5)
    tell()
    [level] = warnings(plant.city.officer).values()
    assert (level.enterprise, level.colour, level.standing.critical) == (plant.city.workshop.pk, "orange", 1)
    plant.city.clock.forward(timedelta(hours=1))
    assert warnings(plant.city.officer, [plant.city.workshop.pk])[plant.city.workshop.pk].colour == "red"
    assert warnings(plant.city.far_safety_officer) == {}
    assert (str(warning_words("red")), str(warning_words(""))) == ("红色（一级）", "无预警")
    assert Alarm.unscoped("a test reads the result").count() == 2
