"""Evaluates readings against the conditions of their points, from memory: most readings touch no limit and cost an array
comparison.

Time is the time of the readings: what a gateway sends after a cut is judged as if it had come in time, and a delay passes as the
readings say. Only silence is judged by the clock of the server. A reading no newer than the last one judged changes nothing, so
that what is sent twice, or late, raises nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anlan.streams.codec import Readings
from anlan.streams.registry import Registry, Watched
from anlan.streams.words import BAD, GOOD, HH, LL, POOR, RATE, STALE, H, L

_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Change:
    """That a condition was raised, or cleared, at an instant (milliseconds), by a value."""

    condition: int
    raised: bool
    at: int
    value: float


@dataclass(slots=True)
class _Standing:
    """How one condition stands: open or not, and since when it has been about to turn."""

    watched: Watched
    is_open: bool = False
    turning_since: int = 0


@dataclass
class Evaluator:
    """The memory of the evaluation. ``open_conditions`` are those that stood open when it was made."""

    registry: Registry
    now_ms: int
    open_conditions: frozenset[int] = frozenset()
    latest: dict[int, tuple[int, float, int]] = field(default_factory=dict)  # by number of point

    def __post_init__(self) -> None:
        count = len(self.registry.numbers)
        self.last_at = np.zeros(count, np.int64)
        self.last_value = np.full(count, np.nan)
        self.last_quality = np.zeros(count, np.uint8)
        self.heard_at = np.full(count, self.now_ms, np.int64)
        self.changed = np.zeros(count, np.bool_)
        for number, (at, value, quality) in self.latest.items():
            place = self.registry.places[number] if number < len(self.registry.places) else -1
            if place >= 0:
                self.last_at[place], self.last_value[place], self.last_quality[place] = at, value, quality
        self.upper = np.full(count, np.inf)
        self.lower = np.full(count, -np.inf)
        self.rated = np.full(count, np.inf)
        self.stale_after = np.zeros(count, np.int64)
        self.hot = np.zeros(count, np.bool_)
        self.standing: dict[int, list[_Standing]] = defaultdict(list)
        for one in self.registry.watched:
            self._watch(one)

    def _watch(self, one: Watched) -> None:
        standing = _Standing(one, is_open=one.id in self.open_conditions)
        self.standing[one.place].append(standing)
        self.hot[one.place] |= standing.is_open
        if one.kind in (H, HH):
            self.upper[one.place] = min(self.upper[one.place], one.bound)
        elif one.kind in (L, LL):
            self.lower[one.place] = max(self.lower[one.place], one.bound)
        elif one.kind == RATE:
            self.rated[one.place] = one.bound
        elif one.kind == STALE:
            self.stale_after[one.place] = one.on_delay_ms

    def take_over(self, before: Evaluator) -> None:
        """Go on where another memory, of an older registry, stood."""
        places = self.registry.places_of(before.registry.numbers)
        there = places >= 0
        for name in ("last_at", "last_value", "last_quality", "heard_at", "changed"):
            getattr(self, name)[places[there]] = getattr(before, name)[there]
        stood = {one.watched.id: one for several in before.standing.values() for one in several}
        for several in self.standing.values():
            for one in several:
                earlier = stood.get(one.watched.id)
                if earlier is not None:
                    one.is_open, one.turning_since = earlier.is_open, earlier.turning_since
                    self.hot[one.watched.place] |= one.is_open or one.turning_since > 0

    def evaluate(self, readings: Readings, now_ms: int) -> list[Change]:
        """Judge readings (their ``points`` are places) and return what changed, in order of time."""
        if not len(readings):
            return []
        self.heard_at[readings.points] = now_ms
        fresh = readings.at > self.last_at[readings.points]
        if not fresh.all():
            readings = readings.only(fresh)
        if not len(readings):
            return []
        at = readings.at
        if len(at) > 1 and (at[1:] < at[:-1]).any():
            readings = readings.only(np.argsort(at, kind="stable"))
        changes = self._judge(readings)
        # Of several readings of one point the last one stays: numpy assigns in order.
        self.last_at[readings.points] = readings.at
        self.last_value[readings.points] = readings.value
        self.last_quality[readings.points] = readings.quality
        self.changed[readings.points] = True
        return changes

    def _judge(self, readings: Readings) -> list[Change]:
        points, value = readings.points, readings.value
        rates = self._rates(readings)
        beyond = (value >= self.upper[points]) | (value <= self.lower[points])
        beyond |= self.hot[points] | (readings.quality != GOOD)
        if rates is not None:
            beyond |= rates > self.rated[points]
        changes: list[Change] = []
        # What a reading in here makes hot concerns later ones of the same point: they are judged too.
        touched = np.zeros(len(self.hot), np.bool_)
        touched[points[beyond]] = True
        chosen = np.flatnonzero(touched[points])
        for index in chosen.tolist():
            rate = float(rates[index]) if rates is not None else 0.0
            one = (
                int(readings.at[index]),
                float(value[index]),
                int(readings.quality[index]),
                rate,
            )
            self._step(int(points[index]), one, changes)
        return changes

    def _rates(self, readings: Readings) -> NDArray[np.float64] | None:
        """Return how fast each reading changed, per minute, where its point is watched for it; None where none is."""
        chosen = np.flatnonzero(np.isfinite(self.rated[readings.points]))
        if not len(chosen):
            return None
        chosen = chosen[np.argsort(readings.points[chosen], kind="stable")]
        points, at, value = readings.points[chosen], readings.at[chosen], readings.value[chosen]
        before_at = np.concatenate([[0], at[:-1]])
        before_value = np.concatenate([[np.nan], value[:-1]])
        first = np.concatenate([[True], points[1:] != points[:-1]])
        before_at[first] = self.last_at[points[first]]
        before_value[first] = self.last_value[points[first]]
        found = np.zeros(len(readings))
        with np.errstate(invalid="ignore"):
            rate = np.abs(value - before_value) / np.maximum(at - before_at, 1) * _MINUTE
        found[chosen] = np.nan_to_num(rate, nan=0.0, posinf=0.0)
        return found

    def _step(self, place: int, reading: tuple[int, float, int, float], changes: list[Change]) -> None:
        at, value, quality, rate = reading
        is_hot = False
        for one in self.standing.get(place, ()):
            kind = one.watched.kind
            if kind == STALE:
                if one.is_open:
                    one.is_open = False
                    changes.append(Change(one.watched.id, False, at, value))
                continue
            if kind != BAD and quality == POOR:
                is_hot |= one.is_open or one.turning_since > 0
                continue  # what a poor instrument says of its subject raises nothing and clears nothing
            self._turn(one, at, value, _holds(one, value, quality, rate), changes)
            is_hot |= one.is_open or one.turning_since > 0
        self.hot[place] = is_hot

    def _turn(self, one: _Standing, at: int, value: float, holds: bool, changes: list[Change]) -> None:
        if holds == one.is_open:
            one.turning_since = 0
            return
        one.turning_since = one.turning_since or at
        delay = one.watched.off_delay_ms if one.is_open else one.watched.on_delay_ms
        if at - one.turning_since >= delay:
            one.is_open, one.turning_since = not one.is_open, 0
            changes.append(Change(one.watched.id, one.is_open, at, value))

    def silent(self, now_ms: int) -> list[Change]:
        """Return the points that have fallen silent: judged by when we heard of them last, whatever their clock says."""
        late = np.flatnonzero((self.stale_after > 0) & (now_ms - self.heard_at > self.stale_after))
        changes = []
        for place in late.tolist():
            for one in self.standing[place]:
                if one.watched.kind == STALE and not one.is_open:
                    one.is_open = self.hot[place] = True
                    changes.append(Change(one.watched.id, True, now_ms, float(self.last_value[place])))
        return changes

    def renewed(self) -> Readings:
        """Return the latest reading of each point that had a new one since this was asked last; ``points`` are numbers."""
        places = np.flatnonzero(self.changed)
        self.changed[places] = False
        return self._latest_at(places)

    def latest_of(self, changes: list[Change]) -> Readings:
        """Return the latest readings of points where something changed, to be kept with the change: judged once is judged."""
        conditions = {change.condition for change in changes}
        places = {one.place for one in self.registry.watched if one.id in conditions} if conditions else ()
        found = np.array(sorted(place for place in places if self.last_at[place]), np.intp)
        return self._latest_at(found)

    def _latest_at(self, places: NDArray[np.intp]) -> Readings:
        return Readings(
            self.registry.numbers[places],
            self.last_at[places],
            self.last_value[places],
            self.last_quality[places],
        )


def _holds(one: _Standing, value: float, quality: int, rate: float) -> bool:
    """Say whether a condition holds; an open one holds on within its dead band."""
    watched = one.watched
    slack = watched.dead_band if one.is_open else 0.0
    if watched.kind in (H, HH):
        return value >= watched.bound if not one.is_open else value >= watched.bound - slack
    if watched.kind in (L, LL):
        return value <= watched.bound if not one.is_open else value <= watched.bound + slack
    if watched.kind == RATE:
        return rate > watched.bound - slack
    return quality != GOOD
