"""The goals page: each goal of article 2 with baseline, path, present value, gap, and what is still to be entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from anlan.domains.targets.charts import RateChart, YearValue, chart_of, rate_chart
from anlan.domains.targets.goals import (
    COUNTED,
    RATES,
    Asked,
    Baseline,
    FullState,
    ReductionState,
    baseline,
    fulls,
    kept_since,
    reductions,
)
from anlan.domains.targets.models import YearlyFigure
from anlan.domains.targets.words import KINDS
from anlan.domains.targets.yearly import YearlyBook
from anlan.kernel import clock
from anlan.kernel.clock.periods import year as whole_year
from anlan.kernel.indicators import Measured, figures, indicator_named, rows_behind
from anlan.kernel.indicators.reading import table
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.registers.pages import Asked as Request
from anlan.kernel.registers.pages import Drawn, OwnPage
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

FIRST_YEAR = 2015  # the first year the page offers
NOT_YOURS = Words(
    "目标由政府部门查看，您的岗位不用看。", "Goals are for departments of government, not for your post."
)


@dataclass(frozen=True, slots=True)
class Task:
    """A figure that is asked for: what, of which year, why, and where it is entered (for those who may)."""

    words: Words
    year: int
    why: Words
    url: str


@dataclass(frozen=True, slots=True)
class RateState:
    """One of the four rates as it stands: the figure, the base it is measured with, the rows above the line."""

    found: Measured
    base: str
    base_words: Words
    url: str
    tasks: Sequence[Task]
    chart: RateChart | None = None
    baseline: Baseline | None = None

    @property
    def baseline_url(self) -> str:
        """Return the row that holds the rate of the base year, with its source."""
        return f"/{YearlyFigure.kept.slug}/{self.baseline.row}/" if self.baseline else ""

    @property
    def baseline_fall(self) -> str:
        """Return by how many per cent the rate has fallen since, or risen, without its sign."""
        return plain(abs(self.baseline.fall)) if self.baseline and self.baseline.fall is not None else ""

    @property
    def rises(self) -> bool:
        """Say whether the rate is higher than that of the base year."""
        return self.baseline is not None and (self.baseline.fall or 0) < 0

    @property
    def is_small(self) -> bool:
        """Say whether so few accidents make it that a single one moves it."""
        return self.found.is_small


def goals(asked: Request) -> Drawn:
    """Draw the goals of the place looked at, in the year chosen."""
    place, actor = asked.place, asked.actor
    if place is None or not actor.grants:
        raise NotAllowed(NOT_YOURS)
    year = _year(asked.values.get("year", ""))
    book = YearlyBook(place)
    task = _Tasks(actor, place, book)
    since = kept_since(actor)
    is_kept = (
        since is not None and since <= year
    )  # before its first row the register says nothing, not nought
    states = reductions(actor, place, year, book)
    shares = fulls(year, book)
    context = {
        "place": place,
        "year": year,
        "years": range(FIRST_YEAR, clock.today().year + 1),
        "reductions": [(state, chart_of(state), _text(state), task.all(state.asked)) for state in states],
        "fulls": [(state, task.all(state.asked)) for state in shares],
        "counted": _counted(actor, place, year) if is_kept else [],
        "is_kept": is_kept,
        "rates": _rates(actor, place, year, task, since=since),
        "is_city": place.level == "city",
        "missing": _count(states, shares),
    }
    return Drawn("targets/goals.html", context)


def _counted(actor: Actor, place: Territory, year: int) -> list[tuple[Measured, str, int]]:
    """Return what the register of accidents counts in the year, each with the address of its rows; of a sum, how many."""
    wanted = [one for one in map(indicator_named, COUNTED) if one is not None]
    found = figures(wanted, actor, whole_year(date(year, 1, 1)), place).values()
    return [(one, f"/{rows_behind(one).slug}/?{rows_behind(one).query}", one.added) for one in found]


def _rates(actor: Actor, place: Territory, year: int, task: _Tasks, *, since: int | None) -> list[RateState]:
    """Return the four rates of a year, each with its years since the register of accidents is kept."""
    wanted = [one for one in map(indicator_named, RATES) if one is not None]
    years = list(range(max(since or year, FIRST_YEAR), year + 1)) or [year]
    found = table(wanted, actor, [whole_year(date(one, 1, 1)) for one in years], [place])
    states = []
    for one in wanted:
        past = [found[one.slug, 0, n] for n in range(len(years))]
        measured, key = past[-1], getattr(one.formula, "yearly", "")
        if since is None or since > year:
            measured = replace(measured, value=None)
        behind = rows_behind(measured)
        asked = [Asked(key, KINDS[key].words, year, measured.unknown)] if measured.unknown else []
        base = "" if measured.base is None else f"{plain(measured.base)} {KINDS[key].unit}"
        rows, chart = f"/{behind.slug}/?{behind.query}", None
        if since is not None:
            chart = rate_chart([_year_of(each) for each in past])
        since_base = baseline(one.slug, measured.value, task.book)
        states.append(RateState(measured, base, KINDS[key].words, rows, task.all(asked), chart, since_base))
    return states


def _year_of(found: Measured) -> YearValue:
    behind = rows_behind(found)
    url = "" if found.value is None else f"/{behind.slug}/?{behind.query}"
    return YearValue(found.period.first.year, found.value, found.text, url)


class _Tasks:
    """Says where a missing figure is entered, for those whose post may enter it at this place."""

    def __init__(self, actor: Actor, place: Territory, book: YearlyBook) -> None:
        self._place, self.book = place, book
        blank = YearlyFigure(territory=place, path=place.path, sector="work_safety")
        self._may = YearlyFigure.kept.writers.allows(actor, blank, YearlyFigure._meta.app_label)

    def all(self, asked: Sequence[Asked]) -> list[Task]:
        """Return the tasks of several missing figures."""
        return [Task(one.words, one.year, one.why, self._url(one)) for one in asked]

    def _url(self, one: Asked) -> str:
        if not self._may:
            return ""
        row = self.book.row(one.figure, one.year)
        if row is not None:
            return f"/{YearlyFigure.kept.slug}/{row.pk}/edit"
        filled = {"figure": one.figure, "year": one.year, "territory": self._place.pk}
        return f"/{YearlyFigure.kept.slug}/new?{urlencode(filled)}"


def _text(state: ReductionState) -> dict[str, Any]:
    """Return the figures of a goal as people read them."""
    law = state.per_cent.citation.instrument
    return {
        name: plain(value)
        for name, value in (
            ("base", state.base), ("wanted", state.wanted), ("now", state.now.value), ("path", state.now.path),
            ("gap", None if state.gap is None else abs(state.gap)), ("fall", None if state.fall is None else abs(state.fall)),
            ("per_cent", Decimal(state.per_cent.value)),
        )
    } | {
        "law": str(Words(law.title_zh, law.title_en)),
        "is_behind": state.gap is not None and state.gap > 0,
        "rises": state.fall is not None and state.fall < 0,
    }  # fmt: skip


def plain(value: Decimal | None) -> str:
    """Write a number with at most one place behind the point; a dash for none."""
    if value is None:
        return "—"
    return f"{value:,.1f}".removesuffix(".0")


def _count(states: Sequence[ReductionState], shares: Sequence[FullState]) -> int:
    return sum(len(state.asked) for state in (*states, *shares))


def _year(text: str) -> int:
    now = clock.today().year
    chosen = int(text) if text.isascii() and text.isdigit() and len(text) == len(str(now)) else now
    return chosen if FIRST_YEAR <= chosen <= now else now


pages = (
    OwnPage(
        slug="goals", words=Words("目标", "Goals"), part="assessment",
        serves=("A2", "A1.3", "A2.2", "A2.3", "A2.4", "A2.6", "A2.15", "A2.16", "A2.18", "A18.1"), icon="target", answer=goals,
        is_for=lambda actor: bool(actor.grants),
    ),
)  # fmt: skip
