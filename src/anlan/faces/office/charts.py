"""Charts as tables: each answers one question, is titled with it, and is drawn by the island from the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.measuring import Choice, last_months, last_years, url_of
from anlan.faces.office.shell import places_below
from anlan.faces.office.wording import in_sentence, named
from anlan.kernel import clock
from anlan.kernel.indicators import Indicator, Measured
from anlan.kernel.indicators.boards import Board
from anlan.kernel.indicators.counting import Reach, due_today
from anlan.kernel.indicators.dimensions import Dimension
from anlan.kernel.indicators.formulas import Late
from anlan.kernel.indicators.reading import by_dimension, split, table
from anlan.kernel.indicators.sheet import BEGINNING, read_late
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory

AGES = (7, 30, 90)
HOURS, DAYS_OF_WEEK = 24, 7


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a chart's table: text for people, number for the drawing, the list it opens, whether it is small."""

    text: str
    number: str = ""
    url: str = ""
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chart's table."""

    name: Any
    values: Sequence[Value]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. ``kind``: compare, trend, funnel, ages, heat; ``units`` and ``tones`` follow the columns."""

    slug: str
    question: Any
    kind: str
    heads: Sequence[Any]
    rows: Sequence[Row]
    units: Sequence[Any] = ()
    note: Any = ""
    is_wide: bool = False

    @property
    def says_something(self) -> bool:
        """Say whether there is anything to draw."""
        return any(value.number not in {"", "0"} for row in self.rows for value in row.values)


def value_of(found: Measured) -> Value:
    """Return a figure as a value of a table."""
    number = "" if found.value is None else f"{found.value:.4f}".rstrip("0").rstrip(".")
    return Value(found.text, number, url_of(found), found.is_small)


def compared(board: Board, actor: Actor, place: Territory, choice: Choice) -> Chart | None:
    """Compare the places below by rate and by count, side by side; the lowest rate comes first."""
    below = [one for one in places_below(place) if one.level != "village"]
    if not below:
        return None
    names = {"rate": in_sentence(board.rate.words), "count": in_sentence(board.count.words)}
    question = _("各地%(rate)s和%(count)s如何") % names
    return comparison("compare", question, [board.rate, board.count], actor, below, choice)


def comparison(
    slug: str,
    question: Any,
    wanted: Sequence[Indicator],
    actor: Actor,
    below: Sequence[Territory],
    choice: Choice,
) -> Chart:
    """Compare places by several figures."""
    found = table(wanted, actor, [choice.period], list(below))
    rows = []
    for n, place in enumerate(below):
        measured = [found[one.slug, n, 0] for one in wanted]
        rows.append((measured[0].value, Row(named(place), [value_of(one) for one in measured])))
    rows.sort(key=lambda one: (one[0] is None, one[0] or 0))
    return Chart(slug, question, "compare", [_("地区"), *(one.words for one in wanted)], [row for _value, row in rows],
                 [one.unit for one in wanted], is_wide=True)  # fmt: skip


def along(
    dimension: Dimension, one: Indicator, actor: Actor, choice: Choice, place: Territory | None
) -> Chart:
    """Compare the members of a dimension by one figure: the sectors, the scales, the ten parties with the most rows."""
    lines = by_dimension(one, actor, choice.period, place, dimension)
    rows = [Row(words, [value_of(found)]) for _value, words, found in lines]
    question = _("按%(what)s看如何") % {"what": in_sentence(dimension.words)}
    return Chart(
        f"by-{dimension.name}",
        question,
        "compare",
        [dimension.words, one.words],
        rows,
        [one.unit],
        is_wide=True,
    )


def trend(
    slug: str, question: Any, wanted: Sequence[Indicator], actor: Actor, place: Territory | None, *, is_wide: bool = False,
) -> Chart:  # fmt: skip
    """Show figures over the last twelve months."""
    months = last_months()
    found = table(wanted, actor, months, [place])
    rows = [
        Row(f"{period.first:%Y-%m}", [value_of(found[one.slug, 0, m]) for one in wanted])
        for m, period in enumerate(months)
    ]
    return Chart(
        slug,
        question,
        "trend",
        [_("月份"), *(one.words for one in wanted)],
        rows,
        [one.unit for one in wanted],
        is_wide=is_wide,
    )


def years(slug: str, question: Any, one: Indicator, actor: Actor, place: Territory | None) -> Chart:
    """Show a figure that is read by the year, from the first year that has any row: before it a register says nothing."""
    found = table([one], actor, last_years(), [place])
    past = [found[one.slug, 0, n] for n in range(len(last_years()))]
    while len(past) > 1 and not past[0].rows:
        past.pop(0)
    rows = [Row(f"{each.period.first:%Y}", [value_of(each)]) for each in past]
    return Chart(slug, question, "trend", [_("年份"), one.words], rows, [one.unit], is_wide=True)


def funnel(board: Board, actor: Actor, place: Territory | None, choice: Choice) -> Chart:
    """Show how far what was reported in the period has come."""
    held = split(board.states, actor, choice.period, place)
    rows = []
    for stage in board.stages:
        count = sum(held.get(state, 0) for state in stage.states)
        params = [*_where(actor, place), *(("state", state) for state in stage.states), *_opened(choice)]
        rows.append(Row(stage.words, [_count(board.of, count, params)]))
    question = _("期间内上报的，走到了哪一步")
    return Chart("funnel", question, "funnel", [_("环节"), _("件数")], rows)


def ages(board: Board, actor: Actor, place: Territory | None) -> Chart:
    """Show for how long what is overdue has been so: what fell due today as well, so that the whole is the board's figure."""
    part, reach = board.late.formula, Reach(actor, place)
    past, counts, rows = _ages(), [], []
    if isinstance(part, Late):
        # The roll-up knows whole days: what fell due today and is late by now is counted beside it, as for the figure.
        counts = [*due_today([part], [reach])[part], *read_late(part, reach, [days for _name, days in past])]
    spans = [(_("今天到期"), (clock.today(), clock.today())), *past]
    for (name, (first, end)), count in zip(spans, counts, strict=bool(counts)):
        params = [*_where(actor, place), ("late", "1"), ("due_at_to", end.isoformat())]
        params += [] if first == BEGINNING else [("due_at_from", first.isoformat())]
        rows.append(Row(name, [_count(board.of, count, params)]))
    return Chart("ages", _("逾期的拖了多久"), "ages", [_("逾期时长"), _("件数")], rows)


def _ages() -> list[tuple[str, tuple[date, date]]]:
    """Return the stretches of days before today in which overdue matters fell due, with their words."""
    last, before, found = clock.today() - timedelta(days=1), 0, []
    for days in AGES:
        first = clock.today() - timedelta(days=days)
        found.append((_("%(m)s–%(n)s天") % {"m": before + 1, "n": days}, (first, last)))
        last, before = first - timedelta(days=1), days
    return [*found, (_("%(n)s天以上") % {"n": AGES[-1]}, (BEGINNING, last))]


def hours(board: Board, actor: Actor, place: Territory | None, choice: Choice) -> Chart:
    """Show on which weekday and at what hour things are reported."""
    held = split(board.hours, actor, choice.period, place)
    where = [*_where(actor, place), *_opened(choice)]
    names = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    rows = [
        Row(names[day - 1], [
            _count(board.of, held.get(f"{day}-{hour}", 0), [*where, ("opened_hour", f"{day}-{hour}")])
            for hour in range(HOURS)
        ])
        for day in range(1, DAYS_OF_WEEK + 1)
    ]  # fmt: skip
    return Chart(
        "hours",
        _("什么时候上报最多"),
        "heat",
        [_("星期"), *(f"{hour}" for hour in range(HOURS))],
        rows,
    )


def _opened(choice: Choice) -> list[tuple[str, str]]:
    first, last = choice.period.first, choice.period.last
    return [("opened_at_from", first.isoformat()), ("opened_at_to", last.isoformat())]


def _count(slug: str, count: int, params: list[tuple[str, str]]) -> Value:
    url = f"{reverse('office:list', args=[slug])}?{urlencode(params)}" if count else ""
    return Value(f"{count:,}", str(count), url)


def _where(actor: Actor, place: Territory | None) -> list[tuple[str, str]]:
    """Return the place and the sectors of a reading as its list takes them."""
    reach = Reach(actor, place)
    params = [("territory", reach.place.code or str(reach.place.pk))] if reach.place is not None else []
    return [*params, *(("sector", sector) for sector in reach.sectors)]
