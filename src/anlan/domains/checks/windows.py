"""Due windows: from a cycle ("every 2 weeks") and a pattern of working to the stretches of time in which a check is due.

Time is cut into tiles that never move: hours, days and weeks are counted from fixed beginnings, months from January of year 0. So
a cycle gives the same windows whoever asks and whenever, without a memory of the last one. Where only working days count, a
window begins with the first working day of its tile and ends with the last (make-up working days are working days); a tile
without one gives no window. Shanghai has one offset and no summer time. Pure: values in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise

SHANGHAI = timezone(timedelta(hours=8))  # since 1992 without summer time; the tiles below know none
BEGINNING = date(2000, 1, 3)  # a Monday: weeks and days are counted from it
ONE_DAY = timedelta(days=1)
DAY_MINUTES, WEEK_DAYS, MONTHS_IN_QUARTER, MONTHS_IN_YEAR = 24 * 60, 7, 3, 12
MOST_SHIFTS = 6
EVERY_DAY, WORKING_DAYS = "every", "working"
HOUR, SHIFT, DAY, WEEK, MONTH, QUARTER, YEAR = "hour", "shift", "day", "week", "month", "quarter", "year"
WITHIN_DAY = (HOUR, SHIFT)  # units for which the times of the shifts matter
_MONTHS = {MONTH: 1, QUARTER: MONTHS_IN_QUARTER, YEAR: MONTHS_IN_YEAR}
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\s*[-—–~至到]\s*([01]\d|2[0-4]):([0-5]\d)")

IsWorking = Callable[[date], bool]
Shifts = tuple[tuple[int, int], ...]


class ShiftError(ValueError):
    """Times of shifts that cannot be read, or that run into each other."""


@dataclass(frozen=True, order=True)
class Window:
    """A stretch of time, its end not included."""

    starts: datetime
    ends: datetime

    @property
    def last(self) -> datetime:
        """Return the last moment that is still in time, as deadlines are kept: 23:59:59.999999 for a whole day."""
        return self.ends - timedelta(microseconds=1)

    @property
    def day(self) -> date:
        """Return the day on which it ends: the day the check is due."""
        return self.last.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Pattern:
    """When a post works: on every day or on working days only; ``shifts``: minutes of the day (none: round the clock)."""

    days: str = EVERY_DAY
    shifts: Shifts = ()

    def works_on(self, day: date, is_working: IsWorking) -> bool:
        """Say whether the post works on a day."""
        return self.days == EVERY_DAY or is_working(day)


def read_pattern(days: str, shift_times: str) -> Pattern:
    """Return the pattern of two columns; raises ShiftError."""
    return Pattern(days, read_shifts(shift_times))


@lru_cache(maxsize=4096)
def read_shifts(text: str) -> Shifts:
    """Read times such as ``08:00-16:00，16:00-00:00``; an end at or before its start lies on the next day. Raises ShiftError."""
    parts = [part.strip() for part in re.split(r"[\n,，;；、]+", text.replace("：", ":")) if part.strip()]
    found = [_TIME.fullmatch(part) for part in parts]
    if len(parts) > MOST_SHIFTS or not all(found):
        raise ShiftError(text)
    numbers = [tuple(map(int, one.groups())) for one in found if one]
    spans = [(_minute(a, b), _minute(c, d)) for a, b, c, d in numbers]
    shifts = sorted((start, end if end > start else end + DAY_MINUTES) for start, end in spans)
    for (_, end), (start, _) in pairwise(shifts):
        if start < end:
            raise ShiftError(text)
    if shifts and shifts[-1][1] - DAY_MINUTES > shifts[0][0]:
        raise ShiftError(text)  # the last one runs into the first of the next day
    return tuple(shifts)


def _minute(hour: int, minute: int) -> int:
    found = hour * 60 + minute
    if found > DAY_MINUTES:
        raise ShiftError(f"{hour}:{minute}")
    return found % DAY_MINUTES


def windows(unit: str, cycle: int, pattern: Pattern, day: date, is_working: IsWorking) -> list[Window]:
    """Return the windows of a cycle that touch a day, in order. Raises ValueError for a unit that is none."""
    if cycle < 1:
        raise ValueError(cycle)
    if unit == HOUR:
        return [one for one in _hours(cycle, day) if _is_worked(one, pattern, is_working)]
    if unit == SHIFT:
        return list(_of_shifts(cycle, pattern, day, is_working))
    if unit not in {DAY, WEEK, *_MONTHS}:
        raise ValueError(unit)
    first, last = tile(unit, cycle, day)
    span = _trimmed(first, last, pattern, is_working)
    return (
        [span]
        if span is not None and span.starts < midnight(day + ONE_DAY) and span.ends > midnight(day)
        else []
    )


def tile(unit: str, cycle: int, day: date) -> tuple[date, date]:
    """Return the first and the last day of the tile a day lies in (days, weeks, months, quarters, years)."""
    if unit in _MONTHS:
        length = _MONTHS[unit] * cycle
        start = (day.year * MONTHS_IN_YEAR + day.month - 1) // length * length
        return _first_of(start), _first_of(start + length) - ONE_DAY
    length = cycle * (WEEK_DAYS if unit == WEEK else 1)
    first = BEGINNING + timedelta(days=(day - BEGINNING).days // length * length)
    return first, first + timedelta(days=length - 1)


def _first_of(month: int) -> date:
    """Return the first day of a month counted from year 0, not before the calendar begins nor after it ends."""
    year, place = divmod(month, MONTHS_IN_YEAR)
    return date(min(max(year, date.min.year), date.max.year), place + 1, 1)


def midnight(day: date) -> datetime:
    """Return the instant a day begins in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def _trimmed(first: date, last: date, pattern: Pattern, is_working: IsWorking) -> Window | None:
    while first <= last and not pattern.works_on(first, is_working):
        first += ONE_DAY
    while last > first and not pattern.works_on(last, is_working):
        last -= ONE_DAY
    return Window(midnight(first), midnight(last + ONE_DAY)) if first <= last else None


def _hours(cycle: int, day: date) -> Iterator[Window]:
    """Yield every tile of so many hours that touches a day."""
    begin, end = (
        (midnight(edge) - midnight(BEGINNING)) // timedelta(hours=1) for edge in (day, day + ONE_DAY)
    )
    for number in range(begin // cycle, (end - 1) // cycle + 1):
        start = midnight(BEGINNING) + timedelta(hours=number * cycle)
        yield Window(start, start + timedelta(hours=cycle))


def _is_worked(window: Window, pattern: Pattern, is_working: IsWorking) -> bool:
    """Say whether anybody works in a stretch of hours."""
    day = window.starts.date() - ONE_DAY  # a shift of the day before may reach over midnight
    while day <= window.day:
        if any(
            one.starts < window.ends and window.starts < one.ends for one in _shifts(day, pattern, is_working)
        ):
            return True
        day += ONE_DAY
    return False


def _shifts(day: date, pattern: Pattern, is_working: IsWorking) -> list[Window]:
    """Return the shifts that begin on a day."""
    if not pattern.works_on(day, is_working):
        return []
    start = midnight(day)
    return [
        Window(start + timedelta(minutes=begin), start + timedelta(minutes=end))
        for begin, end in pattern.shifts or ((0, DAY_MINUTES),)
    ]


def _of_shifts(cycle: int, pattern: Pattern, day: date, is_working: IsWorking) -> Iterator[Window]:
    """Yield the runs of so many shifts that touch a day: from the beginning of the first to the end of the last worked one."""
    a_day = len(pattern.shifts) or 1
    first, last = ((day + timedelta(days=n) - BEGINNING).days * a_day for n in (-1, 1))
    for number in range(first // cycle, (last - 1) // cycle + 1):
        span = _run(range(number * cycle, (number + 1) * cycle), a_day, pattern, is_working)
        if span is not None and span.starts < midnight(day + ONE_DAY) and span.ends > midnight(day):
            yield span


def _run(places: range, a_day: int, pattern: Pattern, is_working: IsWorking) -> Window | None:
    worked = [
        _shifts(BEGINNING + timedelta(days=place // a_day), pattern, is_working)[place % a_day]
        for place in places
        if pattern.works_on(BEGINNING + timedelta(days=place // a_day), is_working)
    ]
    return Window(worked[0].starts, worked[-1].ends) if worked else None
