"""What the ingest holds in memory.

Devices by name, points by device and tag, conditions by point. Read anew when the stamp changes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q
from numpy.typing import NDArray

from anlan.streams.models import StreamCondition, StreamDevice, StreamPoint, StreamStamp
from anlan.streams.words import BAD, REPEAT, STALE, VOTE

_STAMP = 1


class Tags(dict[str, int]):
    """Places of points by tag; what is not there is at -1."""

    def __missing__(self, tag: str) -> int:
        return -1


@dataclass(slots=True)
class Device:
    """A device as the ingest knows it."""

    id: uuid.UUID
    username: str
    secret_sha256: str
    topics: tuple[str, ...]
    tags: Tags = field(default_factory=Tags)
    aliases: dict[str, str] = field(default_factory=dict)  # of Sparkplug metrics, as the last birth gave them
    birth: int | None = (
        None  # the number of that birth, so that the death of an earlier one is not taken for its own
    )

    def is_opened_by(self, secret: str) -> bool:
        """Say whether this is its secret. Secrets are drawn at random, 256 bits long, so a plain digest keeps them."""
        return bool(self.secret_sha256) and secrets.compare_digest(self.secret_sha256, digest(secret))

    def may_publish(self, topic: str) -> bool:
        """Say whether it may publish to a topic: its own tree and what it was given; all else is refused."""
        return _fits_any(self.topics, topic)


@lru_cache(maxsize=100_000)
def _fits_any(patterns: tuple[str, ...], topic: str) -> bool:
    return any(fits(pattern, topic) for pattern in patterns)


def fits(pattern: str, topic: str) -> bool:
    """Say whether a topic fits an MQTT filter."""
    wanted, given = pattern.split("/"), topic.split("/")
    for place, part in enumerate(wanted):
        if part == "#":
            return True
        if place >= len(given) or part not in ("+", given[place]):
            return False
    return len(wanted) == len(given)


@dataclass(frozen=True, slots=True)
class Watched:
    """A condition as the ingest knows it; ``place`` is its point's."""

    id: int
    place: int
    kind: str
    bound: float
    dead_band: float
    on_delay_ms: int
    off_delay_ms: int
    times: int = 0  # of a repetition: so often
    within_ms: int = 0  # within such a span
    members: tuple[frozenset[int], ...] = ()  # of a vote: the conditions by any of which each member votes


@dataclass(slots=True)
class Registry:
    """All points in one order: ``numbers[place]`` is a point's number in the database."""

    version: int
    devices: dict[str, Device]
    numbers: NDArray[np.int32]
    places: NDArray[np.int32]  # by number; -1 where there is none
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    watched: list[Watched]

    def places_of(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the places of points by number; -1 for those that are gone."""
        if not len(self.places):
            return np.full(len(numbers), -1, np.int32)
        known = np.minimum(numbers, len(self.places) - 1)
        return np.where(numbers < len(self.places), self.places[known], -1).astype(np.int32)


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def version() -> int:
    """Return the stamp of the present registry."""
    found = StreamStamp.objects.filter(pk=_STAMP).values_list("version", flat=True).first()
    return found or 0


def load() -> Registry:
    """Read all devices, points and conditions."""
    stamp = version()  # first: what changes while we read is read again
    devices = {
        row.pk: Device(row.pk, row.username, row.secret_sha256, tuple(row.topics), aliases=row.aliases)
        for row in StreamDevice.objects.filter(enabled=True)
    }
    points = list(
        StreamPoint.objects.filter(enabled=True)
        .filter(Q(device__enabled=True) | Q(device=None))
        .order_by("number")
        .values_list("number", "device_id", "tag", "low", "high")
    )
    for place, (_, device, tag, _, _) in enumerate(points):
        if device is not None:  # a vote has no device: nothing is sent to it
            devices[device].tags[tag] = place
    numbers = np.array([point[0] for point in points], np.int32)
    places = np.full(int(numbers.max()) + 1 if len(numbers) else 0, -1, np.int32)
    places[numbers] = np.arange(len(numbers), dtype=np.int32)
    watched = _watched(places)
    return Registry(
        stamp,
        {device.username: device for device in devices.values()},
        numbers,
        places,
        np.array([-np.inf if point[3] is None else point[3] for point in points], np.float64),
        np.array([np.inf if point[4] is None else point[4] for point in points], np.float64),
        watched,
    )


def _watched(places: NDArray[np.int32]) -> list[Watched]:
    columns = ("id", "point_id", "kind", "bound", "dead_band", "on_delay_ms", "off_delay_ms", "more")
    rows = [
        row
        for row in StreamCondition.objects.filter(enabled=True).values_list(*columns)
        if row[1] < len(places) and places[row[1]] >= 0
    ]
    by_kind = {(point, kind): pk for pk, point, kind, *_ in rows}
    found = []
    for pk, point, kind, bound, dead_band, on_delay, off_delay, more in rows:
        one = Watched(pk, int(places[point]), kind, bound, dead_band, on_delay, off_delay)
        if kind == REPEAT:
            one = replace(one, times=int(more["times"]), within_ms=int(more["within_ms"]))
        elif kind == VOTE:
            kinds = (more["of"], BAD, STALE) if more["faults"] else (more["of"],)
            votes = [
                frozenset(by_kind[member, of] for of in kinds if (member, of) in by_kind)
                for member in more["members"]
            ]
            one = replace(one, members=tuple(votes))
        found.append(one)
    return found


# --- how the domain above keeps it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as the domain above asks for it."""

    kind: str
    bound: float = 0.0
    dead_band: float = 0.0
    on_delay_ms: int = 0
    off_delay_ms: int = 0
    more: dict[str, Any] = field(default_factory=dict)


def keep_device(pk: uuid.UUID, username: str, extra_topics: Iterable[str], *, enabled: bool) -> None:
    """Write a device; its own topics stand under its name."""
    topics = [f"anlan/{username}/#", f"spBv1.0/+/+/{username}", f"spBv1.0/+/+/{username}/+", *extra_topics]
    values = {"username": username, "topics": topics, "enabled": enabled}
    with transaction.atomic():
        StreamDevice.objects.update_or_create(pk=pk, defaults=values)
        _renew()


def give_secret(pk: uuid.UUID) -> str:
    """Draw a new secret for a device and return it; the database keeps its digest alone, the former one ends."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        StreamDevice.objects.filter(pk=pk).update(secret_sha256=digest(secret))
        _renew()
    return secret


def keep_point(
    sensor: uuid.UUID, device: uuid.UUID, tag: str, *, low: float | None, high: float | None, enabled: bool,
    conditions: Iterable[Condition],
) -> int:  # fmt: skip
    """Write a point with its conditions and return its number; conditions no longer asked for are put out of use."""
    with transaction.atomic():
        values = {"device_id": device, "tag": tag, "low": low, "high": high, "enabled": enabled}
        point, _ = StreamPoint.objects.update_or_create(sensor=sensor, defaults=values)
        asked = {one.kind: one for one in conditions}
        StreamCondition.objects.filter(point=point).exclude(kind__in=asked).update(enabled=False)
        for kind, one in asked.items():
            StreamCondition.objects.update_or_create(
                point=point, kind=kind,
                defaults={"bound": one.bound, "dead_band": one.dead_band, "on_delay_ms": one.on_delay_ms,
                          "off_delay_ms": one.off_delay_ms, "more": one.more, "enabled": enabled},
            )  # fmt: skip
        _renew()
    return point.number


def keep_vote(
    group: uuid.UUID,
    name: str,
    sensors: Iterable[uuid.UUID],
    *,
    of: str,
    least: int,
    faults: bool,
    enabled: bool,
) -> int:
    """Write a vote: raised while ``least`` of some sensors have their condition ``of`` raised; returns its point's number.

    ``faults``: a sensor that is silent or of bad quality counts as one that has.
    """
    with transaction.atomic():
        numbers = StreamPoint.objects.filter(sensor__in=list(sensors)).order_by("number")
        more = {"members": list(numbers.values_list("number", flat=True)), "of": of, "faults": faults}
        values = {"device": None, "tag": name[:120], "enabled": enabled}
        point, _ = StreamPoint.objects.update_or_create(sensor=group, defaults=values)
        StreamCondition.objects.update_or_create(
            point=point, kind=VOTE, defaults={"bound": least, "more": more, "enabled": enabled}
        )
        _renew()
    return point.number


def keep_aliases(pk: uuid.UUID, aliases: dict[str, str]) -> None:
    """Keep what a birth said, so that who starts anew understands what comes after it."""
    with transaction.atomic():
        StreamDevice.objects.filter(pk=pk).update(aliases=aliases)
        _renew()


def forget(devices: Iterable[uuid.UUID]) -> int:
    """Take devices out with their points and what was raised there; their readings go with their partitions."""
    with transaction.atomic():
        rows = StreamDevice.objects.filter(pk__in=list(devices))
        count = rows.count()
        numbers = set(StreamPoint.objects.filter(device__in=rows).values_list("number", flat=True))
        for vote in StreamCondition.objects.filter(kind=VOTE).select_related("point"):
            if numbers.intersection(vote.more["members"]):
                vote.point.delete()
        # A point may be without a device (a vote), so nothing but this says that points go first.
        StreamPoint.objects.filter(number__in=numbers).delete()
        rows.delete()
        if count:
            _renew()
    return count


def _renew() -> None:
    # Never a number it had before, also not after a restored backup: who holds the registry compares no more than this.
    StreamStamp.objects.update_or_create(pk=_STAMP, defaults={"version": time.time_ns()})
