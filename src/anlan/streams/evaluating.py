"""Evaluates readings against the conditions of their points, from memory: most readings touch no limit and cost an array
comparison.

Time is the time of the readings: what a gateway sends after a cut is judged as if it had come in time, and a delay passes as the
readings say. Only silence is judged by the clock of the server. A reading no newer than the last one judged changes nothing, so
that what is sent twice, or late, raises nothing twice.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anlan.streams.codec import Readings
from anlan.streams.registry import Registry, Watched
from anlan.streams.words import BAD, GONE, GOOD, HH, LL, POOR, RATE, REFUSED, REPEAT, STALE, VOTE, H, L

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
    """How one condition stands: open or not, since when it has been about to turn; of a repetition, when a limit was crossed."""

    watched: Watched
    is_open: bool = False
    turning_since: int = 0
    is_beyond: bool = False
    crossings: deque[int] = field(default_factory=deque)

    @property
    def is_hot(self) -> bool:
        """Say whether the next reading concerns it whatever its value."""
        return self.is_open or self.turning_since > 0 or self.is_beyond or bool(self.crossings)


@dataclass
class Evaluator:
    """The memory of the evaluation. ``open_conditions`` are those that stood open when it was made."""

    registry: Registry
    now_ms: int
    open_conditions: frozenset[int] = frozenset()
    latest: dict[int, tuple[int, float, int]] = field(default_factory=dict)  # by number of point
    turn: int = 0  # the place from which latest readings are written next

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
        self.opened: set[int] = set()
        self.votes: dict[int, list[_Standing]] = defaultdict(list)  # by each condition that counts in them
        self.place_of: dict[int, int] = {}
        for one in self.registry.watched:
            self._watch(one)

    def _watch(self, one: Watched) -> None:
        standing = _Standing(one, is_open=one.id in self.open_conditions)
        self.standing[one.place].append(standing)
        self.place_of[one.id] = one.place
        self.hot[one.place] |= standing.is_open
        if standing.is_open:
            self.opened.add(one.id)
        if one.kind in (H, HH):
            self.upper[one.place] = min(self.upper[one.place], one.bound)
        elif one.kind in (L, LL):
            self.lower[one.place] = max(self.lower[one.place], one.bound)
        elif one.kind == RATE:
            self.rated[one.place] = one.bound
        elif one.kind == STALE:
            self.stale_after[one.place] = one.on_delay_ms
        elif one.kind == VOTE:
            for condition in frozenset().union(*one.members):
                self.votes[condition].append(standing)

    def remember(self, crossed: Mapping[int, Sequence[int]]) -> None:
        """Take in when limits of points (by number) were crossed lately, for the repetitions; after a restart."""
        for several in self.standing.values():
            for one in several:
                if one.watched.kind == REPEAT:
                    one.crossings.extend(crossed.get(int(self.registry.numbers[one.watched.place]), ()))
                    one.is_beyond = any(
                        other.is_open and other.watched.kind in (LL, L, H, HH) for other in several
                    )
                    self.hot[one.watched.place] |= one.is_hot

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
                    one.is_beyond, one.crossings = earlier.is_beyond, earlier.crossings
                    self.hot[one.watched.place] |= one.is_hot
                    (self.opened.add if one.is_open else self.opened.discard)(one.watched.id)

    def evaluate(self, readings: Readings, now_ms: int) -> list[Change]:
        """Judge readings (their ``points`` are places) and return what changed, in order of time."""
        changes: list[Change] = []
        gone = readings.quality == GONE
        if gone.any():
            changes = self._gone(readings.points[gone].tolist(), now_ms)
            readings = readings.only(~gone)
        if not len(readings):
            return changes
        self.heard_at[readings.points] = now_ms
        fresh = readings.at > self.last_at[readings.points]
        if not fresh.all():
            readings = readings.only(fresh)
        if not len(readings):
            return changes
        at = readings.at
        if len(at) > 1 and (at[1:] < at[:-1]).any():
            readings = readings.only(np.argsort(at, kind="stable"))
        changes += self._judge(readings)
        # Of several readings of one point the last one stays: numpy assigns in order.
        self.last_at[readings.points] = readings.at
        self.last_quality[readings.points] = np.minimum(readings.quality, POOR)
        self.changed[readings.points] = True
        refused = readings.quality == REFUSED
        told = (
            readings if not refused.any() else readings.only(~refused)
        )  # the value before it stays, marked as bad
        self.last_value[told.points] = told.value
        return changes

    def _gone(self, places: list[int], now_ms: int) -> list[Change]:
        """Say at once of points whose device took its leave that nothing comes; what comes afterwards ends it."""
        changes: list[Change] = []
        for place in places:
            watches = {one.watched.kind: one for one in self.standing.get(place, ())}
            one = watches.get(STALE) or watches.get(BAD)
            if one is not None and not one.is_open:
                self._flip(one, now_ms, float(self.last_value[place]), changes)
                self.hot[place] = True
            self.last_quality[place] = POOR
            self.changed[place] |= bool(self.last_at[place])
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
                    self._flip(one, at, value, changes)
                continue
            if kind == VOTE:
                continue
            # What a poor instrument says of its subject raises nothing and clears nothing.
            if kind == BAD or quality < POOR:
                holds = (
                    self._is_repeated(one, at, value) if kind == REPEAT else _holds(one, value, quality, rate)
                )
                self._turn(one, at, value, holds, changes)
            is_hot |= one.is_hot
        self.hot[place] = is_hot

    def _is_repeated(self, one: _Standing, at: int, value: float) -> bool:
        """Note a crossing of the nearest limits, however short, and say whether there were enough of them of late."""
        watched, slack = one.watched, one.watched.dead_band if one.is_beyond else 0.0
        upper, lower = self.upper[watched.place], self.lower[watched.place]
        is_beyond = bool(value >= upper - slack or value <= lower + slack)
        if is_beyond and not one.is_beyond:
            one.crossings.append(at)
        one.is_beyond = is_beyond
        while one.crossings and at - one.crossings[0] > watched.within_ms:
            one.crossings.popleft()
        return len(one.crossings) >= watched.times

    def _turn(self, one: _Standing, at: int, value: float, holds: bool, changes: list[Change]) -> None:
        if holds == one.is_open:
            one.turning_since = 0
            return
        one.turning_since = one.turning_since or at
        delay = one.watched.off_delay_ms if one.is_open else one.watched.on_delay_ms
        if at - one.turning_since >= delay:
            self._flip(one, at, value, changes)

    def _flip(self, one: _Standing, at: int, value: float, changes: list[Change]) -> None:
        """Raise or clear a condition, and see what that does to the votes in which it counts."""
        number = one.watched.id
        one.is_open, one.turning_since = not one.is_open, 0
        (self.opened.add if one.is_open else self.opened.discard)(number)
        changes.append(Change(number, one.is_open, at, value))
        for vote in self.votes.get(number, ()):
            self._count(vote, at, changes)

    def _count(self, vote: _Standing, at: int, changes: list[Change]) -> None:
        votes = sum(not member.isdisjoint(self.opened) for member in vote.watched.members)
        if (votes >= vote.watched.bound) != vote.is_open:
            self._flip(vote, at, float(votes), changes)

    def silent(self, now_ms: int) -> list[Change]:
        """Return the points that have fallen silent: judged by when we heard of them last, whatever their clock says."""
        late = np.flatnonzero((self.stale_after > 0) & (now_ms - self.heard_at > self.stale_after))
        changes: list[Change] = []
        for place in late.tolist():
            for one in self.standing[place]:
                if one.watched.kind == STALE and not one.is_open:
                    self.hot[place] = True
                    self._flip(one, now_ms, float(self.last_value[place]), changes)
        return changes

    def recounted(self, now_ms: int) -> list[Change]:
        """Return what votes say that were counted otherwise before: new ones, or with other members."""
        changes: list[Change] = []
        for several in self.standing.values():
            for one in several:
                if one.watched.kind == VOTE:
                    self._count(one, now_ms, changes)
        return changes

    def renewed(self, most: int | None = None) -> Readings:
        """Return the latest reading of points (as many as ``most``) that had a new one since asked last, by number of point.

        The places are gone through in turn, so that none waits for another that always has news.
        """
        places = np.flatnonzero(self.changed)
        if most is not None and len(places) > most:
            begin = int(np.searchsorted(places, self.turn))
            places = np.take(places, np.arange(begin, begin + most), mode="wrap")
            self.turn = int(places[-1]) + 1
        self.changed[places] = False
        return self._latest_at(places)

    def latest_of(self, changes: list[Change]) -> Readings:
        """Return the latest readings of points where something changed, to be kept with the change: judged once is judged."""
        places = {self.place_of[change.condition] for change in changes}
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
