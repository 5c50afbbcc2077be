"""The goals of article 2 as they stand: baseline, path, present value, gap, and what is still asked for.

A year's value comes from the yearly figures; where none is entered and the register of accidents was kept in that year, it is
counted from there, and the page says which. Nothing is guessed: what is missing is a line to be filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Min

from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.targets.rules import Path, fall, gap, reduced, share
from anlan.domains.targets.words import KINDS
from anlan.domains.targets.yearly import YearlyBook
from anlan.kernel import clock
from anlan.kernel.clock.periods import year as whole_year
from anlan.kernel.indicators import figure, indicator_named, rows_behind
from anlan.kernel.rules import Parameter, RuleGap, parameter
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

SMALL = 10  # below so many a single case moves the figure


@dataclass(frozen=True, slots=True)
class Reduction:
    """A goal that demands a fall against the base year. ``counted``: the indicator that counts it from the register."""

    clause: str
    words: Words
    figure: str
    counted: str
    by: str


@dataclass(frozen=True, slots=True)
class Full:
    """A goal of one hundred per cent: of what is due, how much is done."""

    clause: str
    words: Words
    done: str
    due: str


REDUCTIONS = (
    Reduction("A2.2", Words("事故死亡人数", "Deaths in accidents"), "deaths", "accident-deaths", "targets.deaths_reduction"),
    Reduction("A2.3", Words("较大事故起数", "Larger accidents"), "larger_accidents", "accidents-larger",
              "targets.larger_reduction"),
)  # fmt: skip
FULLS = (
    Full("A2.6", Words("企业安全生产标准化达标率", "Enterprises with a standardization grade"), "standard_met", "standard_due"),
    Full("A2.15", Words("公路危险路段防护实施率", "Dangerous road sections protected"), "sections_done", "sections_due"),
    Full("A2.16", Words("桥梁隧道检测率", "Bridges and tunnels inspected"), "structures_done", "structures_due"),
    Full("A2.16", Words("桥梁隧道病害整治率", "Defects of bridges and tunnels treated"), "defects_done", "defects_due"),
)  # fmt: skip
COUNTED = ("accidents-all", "accident-deaths", "accidents-larger", "accidents-major")
# Where a rate of the base year was published, by the indicator that computes it: the yearly figure that holds it.
PUBLISHED = {"deaths-per-gdp": "gdp_death_rate"}
RATES = ("deaths-per-gdp", "deaths-per-employees", "deaths-per-vehicles", "deaths-per-coal")


@dataclass(frozen=True, slots=True)
class Asked:
    """A yearly figure that is missing: which, of which year, and why it cannot be used."""

    figure: str
    words: Words
    year: int
    why: Words


@dataclass(frozen=True, slots=True)
class Point:
    """One year of a goal: its value and where it comes from (``yearly``, ``register``), or none; where the path stands.

    ``added``: of so many rows it is the sum; nothing where it is their number.
    """

    year: int
    value: Decimal | None
    origin: str
    path: Decimal | None
    url: str = ""
    added: int = 0


@dataclass(frozen=True)
class ReductionState:
    """A reduction as it stands in a year."""

    goal: Reduction
    per_cent: Parameter
    base_year: int
    goal_year: int
    base: Decimal | None
    wanted: Decimal | None
    points: Sequence[Point]
    now: Point
    gap: Decimal | None
    fall: Decimal | None
    asked: Sequence[Asked]

    @property
    def is_small(self) -> bool:
        """Say whether the figures are so small that a single case moves them."""
        return self.now.value is not None and self.now.value < SMALL


@dataclass(frozen=True, slots=True)
class FullState:
    """A goal of one hundred per cent as it stands in a year."""

    goal: Full
    wanted: Decimal
    value: Decimal | None
    done: Decimal | None
    due: Decimal | None
    asked: Sequence[Asked]

    @property
    def gap(self) -> Decimal | None:
        """Return how much is missing to the goal, in points of a per cent."""
        return None if self.value is None else gap(self.value, self.wanted, less_is_better=False)


def set_on() -> date:
    """Return the day as of which the goals are read: today."""
    return clock.today()


def reductions(actor: Actor, place: Territory, year: int, book: YearlyBook) -> list[ReductionState]:
    """Return the goals of reduction of a place; none where no goal is set for it."""
    reader = _Reader(actor, place, book)
    try:
        base_year, goal_year = (
            int(parameter(f"targets.{key}", set_on()).value) for key in ("base_year", "goal_year")
        )
        return [_reduction(goal, reader, year, base_year, goal_year) for goal in REDUCTIONS]
    except RuleGap:
        return []


def _reduction(goal: Reduction, reader: _Reader, year: int, base_year: int, goal_year: int) -> ReductionState:
    per_cent = parameter(goal.by, set_on())
    base = reader.book.of(goal.figure, base_year)
    wanted = None if base.value is None else reduced(base.value, Decimal(per_cent.value))
    path = None if base.value is None or wanted is None else Path(base_year, base.value, goal_year, wanted)
    points = [reader.point(goal, one, path) for one in range(base_year, max(year, goal_year) + 1)]
    now = next((point for point in points if point.year == year), points[-1])
    asked = [Asked(goal.figure, KINDS[goal.figure].words, base_year, base.unknown)] if base.unknown else []
    if now.value is None and year != base_year:
        why = reader.book.of(goal.figure, year).unknown
        asked += [Asked(goal.figure, KINDS[goal.figure].words, year, why)] if why else []
    known = now.value is not None
    return ReductionState(
        goal, per_cent, base_year, goal_year, base.value, wanted, points, now,
        gap(now.value, now.path, less_is_better=True) if now.value is not None and now.path is not None else None,
        fall(base.value, now.value) if known and base.value is not None and now.value is not None else None, asked,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rate of the base year as published: its value, where it was published, by how many per cent it has fallen since."""

    year: int
    value: Decimal
    source: str
    row: object
    fall: Decimal | None


def baseline(indicator: str, now: Decimal | None, book: YearlyBook) -> Baseline | None:
    """Return the published rate of the base year; None where no goal is set or nobody has entered one to be relied on."""
    key = PUBLISHED.get(indicator)
    try:
        year = int(parameter("targets.base_year", set_on()).value)
    except RuleGap:
        return None
    found, row = (book.of(key, year), book.row(key, year)) if key else (None, None)
    if found is None or found.value is None:
        return None
    return Baseline(year, found.value, found.source, row.pk, None if now is None else fall(found.value, now))


def kept_since(actor: Actor) -> int | None:
    """Return the year from which the reader's register of accidents is kept: that of its first row; None without any."""
    rows = AccidentRecord.seen_by(actor).filter(archived_at=None)
    first: date | None = rows.aggregate(first=Min("occurred_on"))["first"]
    return first.year if first else None


class _Reader:
    """Reads the years of a goal for one reader: the yearly figures first, then the register since its first row."""

    def __init__(self, actor: Actor, place: Territory, book: YearlyBook) -> None:
        self.actor, self.place, self.book = actor, place, book
        self._kept_since = kept_since(actor)

    def point(self, goal: Reduction, year: int, path: Path | None) -> Point:
        """Return one year of a goal."""
        stands = path.at(year) if path else None
        official = self.book.of(goal.figure, year)
        if official.value is not None:
            return Point(year, official.value, "yearly", stands)
        indicator = indicator_named(goal.counted)
        is_kept = self._kept_since is not None and self._kept_since <= year <= clock.today().year
        if indicator is None or not is_kept:
            return Point(year, None, "", stands)
        found = figure(indicator, self.actor, whole_year(date(year, 1, 1)), self.place)
        behind = rows_behind(found)
        return Point(year, found.value, "register", stands, f"/{behind.slug}/?{behind.query}", found.added)


def fulls(year: int, book: YearlyBook) -> list[FullState]:
    """Return the goals of one hundred per cent of a place; none where no goal is set for it."""
    try:
        wanted = Decimal(parameter("targets.full_rate", set_on()).value)
    except RuleGap:
        return []
    return [_full(goal, year, wanted, book) for goal in FULLS]


def _full(goal: Full, year: int, wanted: Decimal, book: YearlyBook) -> FullState:
    done, due = (book.of(key, year) for key in (goal.done, goal.due))
    asked = [
        Asked(key, KINDS[key].words, year, found.unknown)
        for key, found in ((goal.due, due), (goal.done, done))
        if found.unknown
    ]
    value = share(done.value, due.value) if done.value is not None and due.value is not None else None
    return FullState(goal, wanted, value, done.value, due.value, asked)
