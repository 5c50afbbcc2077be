"""New limits tried on what was recorded: how many alarms they would have made, when and how long, beside the limits of today.

The same evaluation judges as judges live readings, from the sensor's own readings; nothing is written. Serves articles 14 and 18.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from anlan.streams.codec import Readings
from anlan.streams.evaluating import Evaluator
from anlan.streams.journal import instant
from anlan.streams.registry import Condition, Device, Registry, Watched
from anlan.streams.words import STALE

_ALONE = 1  # the one point of a trial


@dataclass(frozen=True, slots=True)
class Episode:
    """One alarm as it would have been: which condition, from when to when (None: until the end of the readings)."""

    kind: str
    since: datetime
    until: datetime | None
    value: float

    def minutes(self, end: datetime) -> float:
        """Return how long it lasted."""
        return ((self.until or end) - self.since).total_seconds() / 60


@dataclass(frozen=True, slots=True)
class Tried:
    """What limits would have made of some readings."""

    episodes: Sequence[Episode]
    minutes: float

    def count(self, kind: str) -> int:
        """Return how many alarms of one condition."""
        return sum(one.kind == kind for one in self.episodes)


def tried(readings: Readings, conditions: Sequence[Condition]) -> Tried:
    """Judge readings of one point, in order of time, by conditions; silence is not tried, for it is not in the readings."""
    if not len(readings):
        return Tried((), 0.0)
    watched = [
        Watched(number, 0, one.kind, one.bound, one.dead_band, one.on_delay_ms, one.off_delay_ms)
        for number, one in enumerate(conditions)
        if one.kind != STALE
    ]
    evaluator = Evaluator(_registry(watched), int(readings.at[0]))
    own = Readings(np.zeros(len(readings), np.int32), readings.at, readings.value, readings.quality)
    changes = evaluator.evaluate(own, int(readings.at[-1]))
    kinds = {one.id: one.kind for one in watched}
    begun: dict[int, tuple[int, float]] = {}
    episodes: list[Episode] = []
    for change in changes:
        if change.raised:
            begun[change.condition] = change.at, change.value
        elif change.condition in begun:
            at, value = begun.pop(change.condition)
            episodes.append(Episode(kinds[change.condition], instant(at), instant(change.at), value))
    episodes += [Episode(kinds[number], instant(at), None, value) for number, (at, value) in begun.items()]
    episodes.sort(key=lambda one: one.since)
    end = instant(int(readings.at[-1]))
    return Tried(tuple(episodes), sum(one.minutes(end) for one in episodes))


def _registry(watched: list[Watched]) -> Registry:
    nobody = uuid.UUID(int=0)
    devices = {"": Device(nobody, "", "", ())}
    numbers, places = np.array([_ALONE], np.int32), np.array([-1, 0], np.int32)
    return Registry(0, devices, numbers, places, np.array([-np.inf]), np.array([np.inf]), watched)
