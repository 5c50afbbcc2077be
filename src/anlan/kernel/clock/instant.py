"""The present, in one place, so that a test (and only a test) may move it.

Stored times are UTC; days are days in Asia/Shanghai. Nothing else in Anlan asks the machine for the time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_world_shift = timedelta(0)


def now() -> datetime:
    """Return the present as an aware UTC instant."""
    return datetime.now(UTC) + _world_shift


def today() -> date:
    """Return the day it is in Asia/Shanghai."""
    return now().astimezone(CHINA).date()


class travel:
    """Move the clock, for tests: ``with travel(to): …``; keep the object to go on with ``.to(later)``.

    ``to`` is an aware instant, or a date (noon of that day in Asia/Shanghai). The clock keeps running from
    there, in every thread of the process, because a request of the test client may be served by another
    thread.
    """

    def __init__(self, to: datetime | date) -> None:
        self._start = to
        self._before = timedelta(0)

    def __enter__(self) -> travel:
        self._before = _world_shift
        self.to(self._start)
        return self

    def __exit__(self, *exc: object) -> None:
        _set_world_shift(self._before)

    def to(self, moment: datetime | date) -> None:
        """Go to a moment (see the class)."""
        _set_world_shift(_instant(moment) - datetime.now(UTC))

    def forward(self, by: timedelta) -> None:
        """Go on by a while."""
        _set_world_shift(_world_shift + by)


def _instant(moment: datetime | date) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(12), CHINA).astimezone(UTC)
    if moment.tzinfo is None:
        raise ValueError("the clock takes an aware instant or a date, not a naive time")
    return moment.astimezone(UTC)


def _set_world_shift(shift: timedelta) -> None:
    global _world_shift
    _world_shift = shift
