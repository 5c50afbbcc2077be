"""The demonstration's sensors and what they say: plausible tanks, detectors and their excursions, invented and marked so.

Everything is a function of the sensor and of the hours since the demonstration was made, so that what is said later (once a
minute, while it runs) goes on from what was said before.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HOUR = 3_600_000
DAYS_BACK = 7
COARSE_STEP, FINE_STEP, FINE_HOURS = 300_000, 60_000, 24
AGAIN_EVERY = 8  # hours: some sensors go beyond their limits now and then as long as the demonstration runs
DETECTOR_SHARE = 0.02  # what a detector says of clean air, of its first set-point


@dataclass(frozen=True, slots=True)
class Made:
    """One sensor: what it measures and where its limits lie; the set-points of detectors come from the rule."""

    key: str
    name: str
    quantity: str
    unit: str
    limits: tuple[float | None, float | None, float | None, float | None]  # LL L H HH
    span: tuple[float, float]
    dead_band: float


LEVEL = Made("LT", "液位", "level", "m", (0.5, 1.0, 9.6, 10.5), (0, 12), 0.2)
PRESSURE = Made("PT", "压力", "pressure", "MPa", (None, None, 1.5, 1.6), (0, 2.5), 0.02)
COOL = Made("TT", "温度", "temperature", "℃", (None, None, 38, 45), (-40, 80), 0.5)
REACTOR = Made("TT", "反应温度", "temperature", "℃", (None, 35, 80, 90), (0, 150), 1)
FLOW = Made("FT", "进料流量", "flow", "m³/h", (None, 4, 45, None), (0, 60), 1)

UNDER_PRESSURE = frozenset(("氨", "氯", "液化石油气", "天然气"))
TOXIC = frozenset(("氨", "氯", "氯化氢"))


@dataclass(frozen=True, slots=True)
class Excursion:
    """That a sensor goes beyond a limit: from when to when (hours from now), how far, how often in between."""

    start: float
    end: float
    to: str  # L, H, HH
    times: int = 1


@dataclass(frozen=True, slots=True)
class Role:
    """What one sensor of the demonstration is there to show: its excursions, and what people make of the alarm."""

    excursions: tuple[Excursion, ...] = ()
    acts: tuple[tuple[float, str], ...] = ()  # hours from now, step
    falls_silent: bool = False
    under_work: bool = False
    comes_again: bool = False


# By plant and place of the sensor in it. Times are hours from when the demonstration is made.
ROLES: dict[tuple[int, int], Role] = {
    (0, 0): Role((Excursion(-50, -48.5, "H"), Excursion(-6, -5.4, "HH")),
                 ((-49.6, "acknowledge"), (-47, "handle"), (-5.8, "acknowledge")), comes_again=True),
    (0, 4): Role((Excursion(-0.4, 2.5, "H"),)),
    (1, 1): Role((Excursion(-1.6, 3, "HH"),), ((-1.4, "acknowledge"),)),
    (1, 3): Role((Excursion(-70, -69, "H"),), ((-69.9, "acknowledge"), (-68, "handle"))),
    (2, 0): Role((Excursion(-30, -29.6, "H"),)),
    (2, 2): Role((Excursion(-0.15, 1, "HH"),)),
    (3, 1): Role((Excursion(-21, -18, "H", times=14),), ((-20.5, "acknowledge"), (-17, "shelve")), comes_again=True),
    (4, 1): Role((Excursion(-11, -9.5, "H"),), ((-10.8, "acknowledge"), (-9, "to_danger"), (-8.5, "handle"))),
    (4, 3): Role((Excursion(-100, -99, "HH"),), ((-99.8, "acknowledge"), (-97, "handle"))),
    (5, 0): Role(falls_silent=True),
    (6, 1): Role((Excursion(-0.8, 2, "H"),), under_work=True),
    (7, 0): Role((Excursion(-26, -25, "L"),), ((-25.7, "acknowledge"), (-24, "handle"))),
    (7, 2): Role((Excursion(-130, -128, "H"), Excursion(-55, -54.2, "H")),
                 ((-129.8, "acknowledge"), (-127, "handle"), (-54.9, "acknowledge"), (-52, "handle"))),
    (90, 0): Role((Excursion(-0.5, 2, "H"),)),
    (90, 1): Role((Excursion(-5, -4, "HH"),), ((-4.8, "acknowledge"),), comes_again=True),
    (90, 3): Role((Excursion(-27, -26.5, "H"),), ((-26.8, "acknowledge"), (-26, "handle"))),
    (8, 1): Role((Excursion(-3, 1.5, "H"),), ((-2.8, "acknowledge"),)),
}  # fmt: skip
SILENT_HOURS = (-3.0, 6.0)
WORK_HOURS = (-2.0, 4.0)


def sensors_for(kind: str, held: Sequence[tuple[str, str]]) -> list[tuple[Made, str, str]]:
    """Return the sensors of a unit by what it holds (substance, vessel): what, vessel, substance; detectors last."""
    found: list[tuple[Made, str, str]] = []
    for name, vessel in held[:2]:
        if kind == "production":
            found += [(REACTOR, vessel, name), (PRESSURE, vessel, name)]
        else:
            found += [(LEVEL, vessel, name), (PRESSURE if name in UNDER_PRESSURE else COOL, vessel, name)]
    if kind == "production":
        found.append((FLOW, held[0][1], held[0][0]))
    return found


@dataclass(frozen=True)
class Signal:
    """What one sensor says over time; ``anchor`` is when the demonstration was made, in milliseconds."""

    tag: str
    anchor: int
    low: float
    high: float
    limits: dict[str, float]
    is_detector: bool
    role: Role = field(default_factory=Role)

    def speaks(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say when it says anything at all."""
        if not self.role.falls_silent:
            return np.ones(len(at), np.bool_)
        hours = (at - self.anchor) / HOUR
        return (hours < SILENT_HOURS[0]) | (hours > SILENT_HOURS[1])

    def values(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return its values at some instants: a daily swing, a slow drift, a little noise, and its excursions."""
        seed = zlib.crc32(self.tag.encode())
        hours, width = (at - self.anchor) / HOUR, self.high - self.low
        swing = np.sin((hours / 24 + seed % 97 / 97) * 2 * np.pi) * 0.10
        drift = np.sin((hours / (31 + seed % 23)) * 2 * np.pi) * 0.14
        grain = np.sin(at / 60_000 * 12.9898 + seed) * 43758.5453
        noise = (grain - np.floor(grain) - 0.5) * 0.02
        if self.is_detector:
            calm = self.high * np.abs(DETECTOR_SHARE * (1 + swing * 3) + noise * 0.5)
        else:
            calm = self.low + width * (0.5 + seed % 11 / 100 + swing + drift + noise)
        for one in self._excursions(hours):
            calm = self._beyond(calm, hours, one)
        return np.round(calm, 3)

    def _excursions(self, hours: NDArray[np.float64]) -> list[Excursion]:
        found = list(self.role.excursions)
        if self.role.comes_again and len(hours) and hours[-1] > AGAIN_EVERY:
            first, last = int(hours[0] // AGAIN_EVERY), int(hours[-1] // AGAIN_EVERY)
            found += [
                Excursion(n * AGAIN_EVERY + 0.5, n * AGAIN_EVERY + 0.9, "H")
                for n in range(max(1, first), last + 1)
            ]
        return found

    def _beyond(
        self, calm: NDArray[np.float64], hours: NDArray[np.float64], one: Excursion
    ) -> NDArray[np.float64]:
        """Lead the line up to the limit, over it and back, as a hump or as several."""
        limit = self.limits.get(one.to, self.limits.get("H", self.high))
        aim = limit - (self.high - self.low) * 0.06 if one.to == "L" else limit + abs(limit) * 0.03
        inside = (hours >= one.start) & (hours <= one.end)
        share = np.clip((hours - one.start) / max(one.end - one.start, 1e-6), 0, 1)
        hump = np.minimum(1.0, np.abs(np.sin(share * np.pi * one.times)) * 2.2)
        return np.where(inside, calm + (aim - calm) * hump, calm)


def instants(now: int, days: int = DAYS_BACK) -> NDArray[np.int64]:
    """Return when the sensors spoke before now: every five minutes of the week, every minute of the last day."""
    fine = now - FINE_HOURS * HOUR
    first = now - days * 24 * HOUR
    return np.concatenate([np.arange(first, fine, COARSE_STEP), np.arange(fine, now, FINE_STEP)]).astype(
        np.int64
    )
