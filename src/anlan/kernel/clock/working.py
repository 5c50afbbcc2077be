"""Working days (工作日): weekends, public holidays and make-up working days of mainland China.

The days come from one YAML file a year, written from the notice of the General Office of the State Council
that the file names (国办发明电…, under 全国年节及纪念日放假办法). A file of the same year in a later folder
(city pack, data folder) replaces the shipped one, so a new notice needs no new release. A year without a
file is counted by weekends alone **and reported**: ``unverified_years`` names it, and every deadline that
touched it says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHIPPED = Path(__file__).parent / "holidays"
SATURDAY = 5
ONE_DAY = timedelta(days=1)
# The New Year holiday may reach back into December (2018-12-29, 2022-12-31): the last days of a year are
# certain only when the notice of the next year is there as well.
YEAR_END_IN_DOUBT = (12, 25)
CONFIDENCES = ("sourced", "secondary", "memory")


class CalendarError(ValueError):
    """A holiday file that cannot be trusted, or a count that leaves the calendar."""


@dataclass(frozen=True)
class Notice:
    """The notice a year's days off come from."""

    number: str
    issued: date


@dataclass(frozen=True)
class HolidayYear:
    """One year of the calendar: days off, make-up working days, where they come from."""

    year: int
    seen: str
    notices: tuple[Notice, ...]
    days_off: frozenset[date]
    workdays: frozenset[date]


class WorkingCalendar:
    """Counts working days. Build it with ``load``; it never changes afterwards."""

    def __init__(self, years: Iterable[HolidayYear]) -> None:
        self._years = {entry.year: entry for entry in years}
        self._days_off = frozenset().union(*(entry.days_off for entry in self._years.values()))
        self._workdays = frozenset().union(*(entry.workdays for entry in self._years.values()))

    @classmethod
    def load(cls, folders: Iterable[Path] = ()) -> WorkingCalendar:
        """Read the shipped years, then the folders given; a later folder's file replaces the same year."""
        years = shipped_years()
        for folder in folders:
            years.update(_read_folder(folder))
        return cls(years.values())

    def is_working(self, day: date) -> bool:
        """Say whether a day is a working day (of an unknown year: a weekday)."""
        if day in self._workdays:
            return True
        return day not in self._days_off and day.weekday() < SATURDAY

    def is_certain(self, day: date) -> bool:
        """Say whether the notice that governs a day has been read."""
        if day.year not in self._years:
            return False
        return (day.month, day.day) < YEAR_END_IN_DOUBT or day.year + 1 in self._years

    def add_working_days(self, start: date, count: int) -> date:
        """Return the ``count``-th working day after ``start``, which is not counted; ``start`` itself for
        0.
        """
        if count < 0:
            raise CalendarError("working days are counted forward")
        day = start
        while count:
            day = self._after(day)
            count -= self.is_working(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after ``start`` up to and including ``end``."""
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def roll_forward(self, day: date) -> date:
        """Return the day itself if it is a working day, else the next one."""
        while not self.is_working(day):
            day = self._after(day)
        return day

    def unverified_years(self, first: date, last: date) -> tuple[int, ...]:
        """Name the years between two days whose notice is missing (December may need the next year's)."""
        missing = {n for n in range(first.year, last.year + 1) if n not in self._years}
        if not self.is_certain(last):
            missing.add(last.year + 1 if last.year in self._years else last.year)
        return tuple(sorted(missing))

    def notices(self, first: date, last: date) -> tuple[Notice, ...]:
        """Return the notices that govern the days between two days."""
        years = range(first.year, last.year + 1)
        return tuple(notice for n in years if n in self._years for notice in self._years[n].notices)

    def confidence(self, first: date, last: date) -> str:
        """Return the weakest confidence of the years between two days; an unknown year counts as memory."""
        if self.unverified_years(first, last):
            return CONFIDENCES[-1]
        seen = {self._years[n].seen for n in range(first.year, last.year + 1)}
        return max(seen, key=CONFIDENCES.index)

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years that are known."""
        return tuple(sorted(self._years))

    @staticmethod
    def _after(day: date) -> date:
        try:
            return day + ONE_DAY
        except OverflowError as error:
            raise CalendarError("the count leaves the calendar") from error


def shipped_years() -> dict[int, HolidayYear]:
    """Return the years that come with Anlan."""
    return _read_folder(SHIPPED)


def _read_folder(folder: Path) -> dict[int, HolidayYear]:
    return {entry.year: entry for entry in map(_read_year, sorted(folder.glob("*.yaml")))}


_installed: WorkingCalendar | None = None


def working_calendar() -> WorkingCalendar:
    """Return the calendar in use: the shipped files, and the folders given to ``use_holiday_folders``."""
    global _installed
    if _installed is None:
        _installed = WorkingCalendar.load()
    return _installed


def use_holiday_folders(folders: Iterable[Path]) -> WorkingCalendar:
    """Read the calendar anew with further folders (city pack, data folder) and use it from now on."""
    global _installed
    _installed = WorkingCalendar.load(folders)
    return _installed


def _read_year(file: Path) -> HolidayYear:
    raw: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - safe either way
    try:
        entry = HolidayYear(
            year=int(raw["year"]),
            seen=str(raw["seen"]),
            notices=tuple(Notice(str(n["number"]), n["issued"]) for n in raw["notices"]),
            days_off=frozenset(day for span in raw["holidays"] for day in _days(span["from"], span["to"])),
            workdays=frozenset(raw["workdays"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CalendarError(f"{file.name}: {error!r}") from error
    _check_year(file, entry)
    return entry


def _days(first: date, last: date) -> Iterable[date]:
    if not (isinstance(first, date) and isinstance(last, date)) or last < first:
        raise ValueError(f"not a span of days: {first} to {last}")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _check_year(file: Path, entry: HolidayYear) -> None:
    problems = []
    if entry.seen not in CONFIDENCES:
        problems.append(f"seen must be one of {CONFIDENCES}")
    if not entry.notices:
        problems.append("no notice is named")
    if both := entry.days_off & entry.workdays:
        problems.append(f"both day off and working day: {sorted(both)}")
    if wrong := [day for day in entry.workdays if day.weekday() < SATURDAY]:
        problems.append(f"a make-up working day lies on a weekend, not on {sorted(wrong)}")
    near = range(entry.year - 1, entry.year + 1)
    if far := [day for day in entry.days_off | entry.workdays if day.year not in near]:
        problems.append(f"days of another year: {sorted(far)}")
    if problems:
        raise CalendarError(f"{file.name}: {'; '.join(problems)}")
