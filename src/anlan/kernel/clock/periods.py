"""Reporting periods of the calendar year: month, quarter, year. Never a deadline, never a fiscal or
academic year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

MONTHS_IN_QUARTER = 3
MONTHS_IN_YEAR = 12


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of whole days, first and last day included."""

    first: date
    last: date
    kind: str

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """Return how many days the period has."""
        return (self.last - self.first).days + 1

    @property
    def is_whole_year(self) -> bool:
        """Say whether the period is a calendar year from its first to its last day."""
        whole = year(self.first)
        return (self.first, self.last) == (whole.first, whole.last)

    def next(self) -> Period:
        """Return the period of the same kind that follows."""
        return _MAKERS[self.kind](self.last + timedelta(days=1))

    def previous(self) -> Period:
        """Return the period of the same kind that came before."""
        return _MAKERS[self.kind](self.first - timedelta(days=1))


def month(day: date) -> Period:
    """Return the calendar month a day lies in."""
    return _span(day.year, day.month, 1, "month")


def quarter(day: date) -> Period:
    """Return the calendar quarter a day lies in."""
    first = day.month - (day.month - 1) % MONTHS_IN_QUARTER
    return _span(day.year, first, MONTHS_IN_QUARTER, "quarter")


def year(day: date) -> Period:
    """Return the calendar year a day lies in."""
    return _span(day.year, 1, MONTHS_IN_YEAR, "year")


def _span(first_year: int, first_month: int, months: int, kind: str) -> Period:
    years, month_index = divmod(first_month - 1 + months, MONTHS_IN_YEAR)
    after = date(first_year + years, month_index + 1, 1)
    return Period(date(first_year, first_month, 1), after - timedelta(days=1), kind)


_MAKERS = {"month": month, "quarter": quarter, "year": year}
