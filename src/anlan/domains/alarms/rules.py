"""What the alarms of an enterprise amount to: chattering, floods, the warning level. Pure: values in, values out.

Serves articles 14 and 22. The norms are those of alarm management (ISA-18.2, EEMUA 191); the warning level follows settings of
the platform, since no model for it is published that we know of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

RED, ORANGE, YELLOW, BLUE, NONE = "red", "orange", "yellow", "blue", ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many alarms of an enterprise are open."""

    critical: int = 0
    critical_late: int = 0
    votes: int = 0  # of several sensors that agree, still raised
    high: int = 0
    instrument: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From how many on which colour (rules ``alarms.red_…`` to ``alarms.yellow_…``)."""

    red_critical: int
    red_late: int
    red_votes: int
    orange_critical: int
    orange_high: int
    yellow_high: int
    yellow_instrument: int


def warning_colour(standing: Standing, asked: Thresholds) -> str:
    """Return the colour of an enterprise's warning; empty where nothing is open."""
    if (
        standing.critical >= asked.red_critical
        or standing.critical_late >= asked.red_late
        or standing.votes >= asked.red_votes
    ):
        return RED
    if standing.critical >= asked.orange_critical or standing.high >= asked.orange_high:
        return ORANGE
    if standing.high >= asked.yellow_high or standing.instrument >= asked.yellow_instrument:
        return YELLOW
    return BLUE if standing.critical or standing.high or standing.instrument else NONE


@dataclass(frozen=True, slots=True)
class Burst:
    """A span in which one alarm came again and again."""

    times: int  # within the norm's span, at worst
    total: int
    first: datetime
    last: datetime


def burst(moments: Sequence[datetime], times: int, within: timedelta) -> Burst | None:
    """Return what of an alarm's moments (in order) is chattering; None where it never came so often within the span."""
    recent: deque[datetime] = deque()
    chattering: list[datetime] = []
    worst = 0
    for at in moments:
        recent.append(at)
        while at - recent[0] > within:
            recent.popleft()
        if len(recent) >= times:
            worst = max(worst, len(recent))
            chattering += [one for one in recent if not chattering or one > chattering[-1]]
    return Burst(worst, len(chattering), chattering[0], chattering[-1]) if chattering else None


@dataclass(frozen=True, slots=True)
class Flood:
    """A span in which more alarms came than one operator can deal with; ``ended_at`` None: it goes on."""

    begun_at: datetime
    ended_at: datetime | None
    count: int
    peak: int  # within the norm's span


def floods(
    moments: Sequence[datetime], begins: int, ends: int, within: timedelta, now: datetime
) -> list[Flood]:
    """Return the floods among an operator's alarms (in order): more than ``begins`` within the span until fewer than ``ends``."""
    found: list[Flood] = []
    recent: deque[datetime] = deque()
    begun: datetime | None = None
    count = peak = 0
    for at in moments:
        if begun is not None and (calm := _calm_at(recent, ends, within)) <= at:
            found.append(Flood(begun, calm, count, peak))
            begun, count, peak = None, 0, 0
        while recent and at - recent[0] >= within:
            recent.popleft()
        recent.append(at)
        if begun is None and len(recent) > begins:
            begun, count = recent[0], len(recent) - 1
        if begun is not None:
            count, peak = count + 1, max(peak, len(recent))
    if begun is not None:
        calm = _calm_at(recent, ends, within)
        found.append(Flood(begun, calm if calm <= now else None, count, peak))
    return found


def _calm_at(recent: deque[datetime], ends: int, within: timedelta) -> datetime:
    """Return when fewer than ``ends`` of these lie within the span, if nothing more comes."""
    return recent[max(0, len(recent) - ends)] + within
