"""Figures as the office shows them: value, change with the direction that is good, the list behind it, the formula in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.listing import filter_words
from anlan.faces.office.shapes import Figure
from anlan.faces.office.subjects import subject_named
from anlan.kernel import clock
from anlan.kernel.clock.periods import Period, month, quarter, year
from anlan.kernel.indicators import Indicator, Measured, rows_behind
from anlan.kernel.indicators.declaration import DOWN, UP
from anlan.kernel.indicators.declared import declared_list
from anlan.kernel.indicators.formulas import (
    Declared,
    Flow,
    Late,
    Median,
    Part,
    Rate,
    Ratio,
    Stock,
    Sum,
    counted,
)
from anlan.kernel.indicators.yearly import yearly_words
from anlan.kernel.scope.tree import tree

MONTHS_SHOWN = 12
YEARS_SHOWN = 10
LAST_DAYS = 30


@dataclass(frozen=True)
class Choice:
    """A period to choose: its name in addresses, its words, the period up to today and the one it is compared with."""

    name: str
    words: Any
    period: Period
    before: Period


def choices() -> list[Choice]:
    """Return the periods a board may be read for, each compared with as many days of the one before."""
    today = clock.today()
    last = Period(today - timedelta(days=LAST_DAYS - 1), today, "days")
    found = [
        (
            "days30",
            _("近30天"),
            last,
            Period(last.first - timedelta(days=LAST_DAYS), last.first - timedelta(days=1), "days"),
        )
    ]
    calendar = {"month": (_("本月"), month), "quarter": (_("本季度"), quarter), "year": (_("今年"), year)}
    for name, (words, of) in calendar.items():
        whole = of(today)
        before = whole.previous()
        until = min(before.last, before.first + (today - whole.first))
        found.append((name, words, whole, Period(before.first, until, "days")))
    return [Choice(*one) for one in found]


def choices_for(indicator: Indicator) -> list[Choice]:
    """Return the periods an indicator may be read for."""
    return [one for one in choices() if one.name == "year" or not indicator.is_yearly]


def chosen(name: str) -> Choice:
    """Return the period of an address; the last thirty days where it names none."""
    known = {one.name: one for one in choices()}
    return known.get(name, known["days30"])


def last_months(count: int = MONTHS_SHOWN) -> list[Period]:
    """Return the months up to this one, the oldest first."""
    found = [month(clock.today())]
    while len(found) < count:
        found.insert(0, found[0].previous())
    return found


def last_years(count: int = YEARS_SHOWN) -> list[Period]:
    """Return the years up to this one, the oldest first."""
    found = [year(clock.today())]
    while len(found) < count:
        found.insert(0, found[0].previous())
    return found


def a_day(day: date) -> Period:
    """Return one day as a period."""
    return Period(day, day, "days")


def url_of(found: Measured, *, below: bool = False) -> str:
    """Return the address of the list behind a figure; nothing where the figure is unknown."""
    if found.value is None:
        return ""
    behind = rows_behind(found, all_below=below)
    if behind.page:
        return f"{reverse(behind.page)}?{behind.query}#rows"
    return f"{reverse('office:list', args=[behind.slug])}?{behind.query}"


def figure_of(found: Measured, before: Measured | None = None, against: str = "") -> Figure:
    """Return a figure to draw, with its change against another reading of it."""
    change, is_good = change_of(found, before, against or _("较上期 %(change)s"))
    small = _("样本少：%(n)s") % {"n": found.sample} if found.is_small else ""
    note = found.unknown or small or found.added_words or ""
    unit = "" if found.value is None else found.indicator.unit
    return Figure(found.indicator.words, found.text, unit, note, change, is_good, url_of(found))


def change_of(found: Measured, before: Measured | None, against: str) -> tuple[str, bool | None]:
    """Return the change in words, and whether it is good, bad or neither."""
    if before is None or found.value is None or before.value is None or found.indicator.is_of_this_moment:
        return "", None
    difference = found.value - before.value
    places = 0 if found.indicator.is_whole else found.indicator.places
    text = f"{abs(difference):,.{places}f}"
    if not float(text.replace(",", "")):
        return _("持平"), None
    arrow = "↑" if difference > 0 else "↓"
    good = {UP: difference > 0, DOWN: difference < 0}.get(found.indicator.good)
    return against % {"change": f"{arrow} {text}"}, good


def formula_words(indicator: Indicator) -> str:
    """Return the formula as a sentence that is read off it."""
    formula, top = indicator.formula, part_words(counted(indicator.formula))
    if isinstance(formula, Ratio):
        return _("（%(top)s）÷（%(bottom)s）× %(per)s") % {
            "top": top,
            "bottom": part_words(formula.bottom),
            "per": formula.per,
        }
    if isinstance(formula, Rate):
        below = yearly_words(formula.yearly)
        if formula.per == 1:
            return _("（%(top)s）÷ %(below)s") % {"top": top, "below": below}
        return _("（%(top)s）÷ %(below)s × %(per)s") % {"top": top, "below": below, "per": f"{formula.per:,}"}
    return top


def part_words(part: Part) -> str:
    """Return one part of a formula in words."""
    if isinstance(part, Declared):
        return _declared_words(part)
    subject = subject_named(part.rows.of)
    what = f"{subject.words}{_filters(subject, part.rows.params())}"
    if isinstance(part, Late):
        return _("%(what)s，此刻已过期限的条数") % {"what": what}
    if isinstance(part, Stock):
        return (
            _("%(what)s，期末未办结的条数") % {"what": what}
            if subject.is_loop
            else _("%(what)s，期末在册的条数") % {"what": what}
        )
    on = subject.spec(part.on).label
    if isinstance(part, Median):
        start = subject.spec(part.since).label
        return _("%(what)s，%(on)s在期间内，从%(since)s到%(on)s天数的中位数") % {
            "what": what,
            "on": on,
            "since": start,
        }
    if isinstance(part, Sum):
        return _("%(what)s，%(on)s在期间内，%(field)s合计") % {
            "what": what,
            "on": on,
            "field": subject.spec(part.field).label,
        }
    return _("%(what)s，%(on)s在期间内的条数") % {"what": what, "on": on}


def _declared_words(part: Declared) -> str:
    kept = declared_list(part.rows.of)
    said = [
        f"{label}{_('：')}{_('、').join(str(choices[value]) for value in part.rows.params()[name])}"
        for name, (label, choices) in kept.filters.items()
        if name in part.rows.params()
    ]
    what = (
        f"{kept.words}{_('（%(filters)s）') % {'filters': _('，').join(said)}}" if said else str(kept.words)
    )
    return _("%(what)s，此刻的条数") % {"what": what}


def list_words(indicator: Indicator) -> Any:
    """Return what the list is called whose rows make a figure."""
    of = indicator.rows.of
    return declared_list(of).words if indicator.is_declared else subject_named(of).words


def _filters(subject: Any, params: Mapping[str, tuple[str, ...]]) -> str:
    said = [filter_words(subject, name, values, tree()) for name, values in params.items()]
    return _("（%(filters)s）") % {"filters": _("，").join(said)} if said else ""


def is_flow(indicator: Indicator) -> bool:
    """Say whether a figure adds up over its period."""
    return isinstance(counted(indicator.formula), Flow | Sum)
