"""The province page: its cities side by side, by rate and by count, read from their roll-ups and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.cities import City, cities_of_province
from anlan.faces.office.shell import page
from anlan.faces.office.wording import named
from anlan.kernel import clock
from anlan.kernel.clock import periods
from anlan.kernel.clock.periods import Period
from anlan.kernel.indicators.across import NOT_JOINED, CityFigures, figures_of_city
from anlan.kernel.indicators.declaration import UP, Indicator, indicators
from anlan.kernel.indicators.formulas import Late, Rate, Ratio, counted
from anlan.kernel.indicators.measured import Measured
from anlan.kernel.loops import loops
from anlan.kernel.registers import registers
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

PERIODS = {"month": periods.month, "quarter": periods.quarter, "year": periods.year}
RATES, COUNTS, LATES = 2, 2, 1  # how many columns of each a comparison has
WIDTH = 100
ONLY_PROVINCE = Words("这一页只对省级监管干部开放。", "This page is for officers of the province.")


@dataclass(frozen=True)
class Cell:
    """One figure in the table: its text, how long its bar is, what is to be known about it, where its city shows its rows."""

    label: Any
    text: str
    bar: int = 0
    note: Any = ""
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One city in a comparison."""

    name: str
    cells: Sequence[Cell]
    as_of: datetime | None
    missing: Any
    key: tuple[bool, Decimal, str]
    url: str = ""


@dataclass(frozen=True)
class Comparison:
    """One subject over all cities."""

    words: Any
    heads: Sequence[tuple[str, Any, Any, Any, bool]]
    rows: Sequence[Row]

    @property
    def span(self) -> int:
        """Return how many columns stand beside the name."""
        return len(self.heads) + 1


@dataclass(frozen=True)
class Subject:
    """What is compared together: the figures of one register or loop, rates before counts."""

    slug: str
    words: Any
    columns: tuple[Indicator, ...]


@dataclass(frozen=True)
class Opened:
    """Where the figures of a city open their rows: at the page of the same indicator and period in that city."""

    cities: Mapping[str, City]
    period: str

    def home(self, found: CityFigures) -> str:
        """Return the address of a city's own platform."""
        return self.cities[found.place.path].at("/")

    def figure(self, found: CityFigures, one: Indicator) -> str:
        """Return the address of one figure there."""
        path = reverse("office:indicator", args=[one.slug])
        return self.cities[found.place.path].at(f"{path}?period={self.period}")


@signed_in
def province(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Compare the cities of the province; a city's own installation has no such page."""
    if not settings.ANLAN_PROVINCE:
        raise Http404
    if actor.post_kind != "province_officer":
        raise NotAllowed(ONLY_PROVINCE)
    kind = request.GET.get("period", "")
    kind = kind if kind in PERIODS else "year"
    order = request.GET.get("sort", "")
    period, subjects = PERIODS[kind](clock.today()), list(_subjects())
    cities = list(cities_of_province())
    found = list(_read(actor, cities, subjects, period))
    joined = [city for city in found if city.missing is not NOT_JOINED]
    opened = Opened({city.place.path: city for city in cities}, kind)
    context = {
        "comparisons": [_comparison(subject, joined, order, opened) for subject in subjects]
        if joined
        else [],
        "period": period,
        "kinds": [(key, words, key == kind) for key, words in _kinds()],
        "kind": kind,
        "order": order,
        "unopened": _("、").join(str(named(city.place)) for city in joined if not opened.home(city)),
        "joined": len(joined),
        "total": len(found),
        "not_joined": _("、").join(str(named(city.place)) for city in found if city.missing is NOT_JOINED),
    }
    return page(request, "office/province.html", context, here="province")


def _kinds() -> list[tuple[str, str]]:
    return [("month", _("本月")), ("quarter", _("本季度")), ("year", _("今年"))]


def _subjects() -> Iterator[Subject]:
    """Yield what can be compared, each with its first rates, counts and what is late."""
    by_slug: dict[str, list[Indicator]] = {}
    for one in (one for one in indicators() if not one.is_declared):
        by_slug.setdefault(one.rows.of, []).append(one)
    words = {model.kept.slug: model.kept.words for model in registers()}
    words |= {loop.slug: loop.words for loop in loops()}
    for slug, declared in sorted(by_slug.items(), key=lambda pair: list(words).index(pair[0]), reverse=True):
        rates = [one for one in declared if isinstance(one.formula, Ratio | Rate)]
        lates = [one for one in declared if isinstance(counted(one.formula), Late)]
        counts = [one for one in declared if one.is_whole and one not in lates]
        if rates:
            yield Subject(slug, words[slug], (*rates[:RATES], *counts[:COUNTS], *lates[:LATES]))


def _read(
    actor: Actor, cities: Sequence[City], subjects: Sequence[Subject], period: Period
) -> Iterator[CityFigures]:
    wanted = [one for subject in subjects for one in subject.columns]
    for city in cities:
        yield figures_of_city(actor, city.place, city.schema, wanted, period)


def _comparison(subject: Subject, cities: Sequence[CityFigures], order: str, opened: Opened) -> Comparison:
    longest = [_longest(one, cities) for one in subject.columns]
    slugs = [one.slug for one in subject.columns]
    order = order if order in (*slugs, "name") else slugs[0]
    rows = [_row(city, subject.columns, longest, order, opened) for city in cities]
    heads = [(one.slug, one.words, one.unit, one.about, one.slug == order) for one in subject.columns]
    return Comparison(subject.words, heads, sorted(rows, key=lambda row: row.key))


def _longest(one: Indicator, cities: Sequence[CityFigures]) -> Decimal:
    """Return what a whole bar stands for: a hundred per cent, or the largest of the cities."""
    if isinstance(one.formula, Ratio) and one.formula.per == WIDTH:
        return Decimal(WIDTH)
    values = [city.figures[one.slug].value for city in cities if one.slug in city.figures]
    return max((value for value in values if value is not None), default=Decimal(0))


def _row(
    city: CityFigures, columns: Sequence[Indicator], longest: Sequence[Decimal], order: str, opened: Opened
) -> Row:
    cells = [
        _cell(one.words, city.figures.get(one.slug), most, opened.figure(city, one))
        for one, most in zip(columns, longest, strict=True)
    ]
    return Row(named(city.place), cells, city.as_of, city.missing, _key(city, order), opened.home(city))


def _cell(label: Any, found: Measured | None, longest: Decimal, url: str) -> Cell:
    if found is None:
        return Cell(label, "—")
    if found.value is None:
        return Cell(label, found.text, note=found.unknown or "")
    bar = min(WIDTH, int(found.value * WIDTH / longest)) if longest > 0 and found.value > 0 else 0
    note = _("数量太少，一件就能改变") if found.is_small else ""
    return Cell(label, found.text, bar, note, url)


def _key(city: CityFigures, order: str) -> tuple[bool, Decimal, str]:
    """Cities that report come first; the worse on top where one direction is good, else the larger."""
    found = city.figures.get(order)
    if found is None:
        return city.missing is not None, Decimal(0), city.place.path
    if found.value is None:
        return False, Decimal("Infinity"), city.place.path
    return False, found.value if found.indicator.good == UP else -found.value, city.place.path
