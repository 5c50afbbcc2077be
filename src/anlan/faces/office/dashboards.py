"""Boards (看板) of a city, county or township, the leader's page, and a page for every indicator. Serves article 29.

A board reads only the roll-up: one question a chart, each figure opens its rows, the scope chip narrows all of it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office import charts
from anlan.faces.office.access import View, signed_in
from anlan.faces.office.measuring import (
    a_day,
    choices,
    choices_for,
    chosen,
    figure_of,
    formula_words,
    last_months,
    list_words,
    url_of,
)
from anlan.faces.office.shapes import Card, Figure
from anlan.faces.office.shell import looked_at, narrowed, page, places_below
from anlan.faces.office.subjects import level_of, row_clock, row_title, state_badge, subject_named
from anlan.faces.office.today import card_of
from anlan.faces.office.wording import in_sentence, named
from anlan.kernel import clock
from anlan.kernel.indicators import figure, figures, indicator_named, indicators
from anlan.kernel.indicators.boards import Board, board_named, boards
from anlan.kernel.indicators.declaration import DOWN, UP, Indicator
from anlan.kernel.indicators.dimensions import dimensions_of
from anlan.kernel.indicators.reading import table
from anlan.kernel.indicators.rolling import rolled_at
from anlan.kernel.loops import loop_named
from anlan.kernel.loops.awaiting import counts, first_of_each
from anlan.kernel.scope import Actor

RED_SHOWN = 8
P = ParamSpec("P")


def of_a_city(view: View[P]) -> View[P]:
    """Lead from a page that is made of rows to the comparison of cities, where the installation is a province's."""

    @wraps(view)
    def guarded(request: HttpRequest, actor: Actor, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return (
            redirect("office:province") if settings.ANLAN_PROVINCE else view(request, actor, *args, **kwargs)
        )

    return guarded


@signed_in
@of_a_city
def board(request: HttpRequest, actor: Actor, board: str) -> HttpResponseBase:
    """Show a board for the place looked at and the period chosen."""
    found = board_named(board)
    if found is None:
        raise Http404
    choice, place = chosen(request.GET.get("period", "")), looked_at(request, actor)
    place = place if actor.grants else None
    drawn = [
        charts.compared(found, actor, place, choice) if place is not None else None,
        charts.trend("trend", _trend_question(found), found.trend, actor, place),
        charts.funnel(found, actor, place, choice),
        charts.ages(found, actor, place),
        charts.hours(found, actor, place, choice),
    ]
    context = {
        "board": found,
        "choices": choices(),
        "choice": choice,
        "where": named(place) if place is not None else actor.party_name,
        "figures": _headed(found, actor, choice, place),
        "charts": [chart for chart in drawn if chart is not None],
        "rolled_at": rolled_at(),
        "boards": list(boards()),
    }
    return page(request, "office/board.html", context, here=f"board-{found.slug}")


def _trend_question(found: Board) -> str:
    return _("每月%(what)s多少") % {"what": _("、").join(in_sentence(one.words) for one in found.trend)}


def _headed(found: Board, actor: Actor, choice: Any, place: Any) -> list[Figure]:
    read = table(list(found.figures), actor, [choice.period, choice.before], [place])
    return [figure_of(read[one.slug, 0, 0], read[one.slug, 0, 1]) for one in found.figures]


@signed_in
@of_a_city
def leader(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show what a leader looks at on the way: red items, with my name; what is late; what changed since yesterday."""
    place = looked_at(request, actor) if actor.grants else None
    found = next(iter(boards()))
    late = indicator_named("major-late") or found.late
    red = figure(late, actor, a_day(clock.today()), place)
    context = {
        "where": named(place) if place is not None else actor.party_name,
        "mine": [card_of(card, actor, False) for card in first_of_each(actor, {"overdue": RED_SHOWN})],
        "mine_count": counts(actor)["overdue"],
        "red": _red(request, actor, late),
        "red_figure": figure_of(red),
        "late": _late(found, actor, place),
        "changed": _changed(found, actor, place),
        "yesterday": clock.today() - timedelta(days=1),
        "board": found,
    }
    return page(request, "office/leader.html", context, here="leader")


def _red(request: HttpRequest, actor: Actor, late: Indicator) -> list[Card]:
    """Return the major matters that are late, the longest first."""
    subject = subject_named(late.rows.of)
    listing = subject.listing(actor, narrowed(request, actor))
    found = listing.filtered({**late.rows.params(), "late": ("1",)}).order_by("due_at", "pk").defer("search")
    rows = found.select_related("territory", "holder", "regulator")[:RED_SHOWN]
    return [
        Card(
            title=row_title(subject, row), url=subject.url(row), clock=row_clock(row),  # type: ignore[arg-type]
            where=" · ".join(named(part) for part in (row.holder, row.territory) if part),
            awaited=_("负责：%(who)s") % {"who": named(row.regulator)} if row.regulator else "", level=level_of(row),
            kind=state_badge(row).words, is_demo=row.is_demo,
        )
        for row in rows
    ]  # fmt: skip


def _late(found: Board, actor: Actor, place: Any) -> charts.Chart | None:
    below = places_below(place) if place is not None else []
    if not below:
        return None
    today = chosen("month")
    chart = charts.comparison("late", _("哪里逾期最多"), [found.late], actor, below, today)
    rows = sorted(chart.rows, key=lambda row: -float(row.values[0].number or 0))
    return charts.Chart("late", chart.question, "compare", chart.heads, rows, chart.units)


def _changed(found: Board, actor: Actor, place: Any) -> list[Figure]:
    """Return yesterday's and today's figures that add up, with the change against the day before."""
    days = [
        a_day(clock.today()),
        a_day(clock.today() - timedelta(days=1)),
        a_day(clock.today() - timedelta(days=2)),
    ]
    wanted = [one for one in found.figures if one.is_whole and not one.is_of_this_moment]
    read = table(wanted, actor, days, [place])
    return [figure_of(read[one.slug, 0, 0], read[one.slug, 0, 1], _("较昨天 %(change)s")) for one in wanted]


@signed_in
@of_a_city
def indicator_list(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show every indicator with its value in the place looked at."""
    choice, place = chosen(request.GET.get("period", "")), looked_at(request, actor)
    place = place if actor.grants else None
    words = request.GET.get("q", "").strip()[:50]
    wanted = [
        one for one in indicators() if words.lower() in f"{one.words.zh} {one.words.en} {one.serves}".lower()
    ]
    found = figures(wanted, actor, choice.period, place)
    groups: dict[Any, list[Any]] = {}
    for one in wanted:
        groups.setdefault(list_words(one), []).append((one, found[one.slug], url_of(found[one.slug])))
    context = {
        "groups": list(groups.items()),
        "choices": choices(), "choice": choice, "query": words,
        "where": named(place) if place is not None else actor.party_name,
    }  # fmt: skip
    return page(request, "office/indicators.html", context, here="indicators")


@signed_in
@of_a_city
def indicator(request: HttpRequest, actor: Actor, indicator: str) -> HttpResponseBase:
    """Show one indicator: what it says, its formula, its clause, its past, the places below, its rows."""
    one = indicator_named(indicator)
    if one is None:
        raise Http404
    choice = chosen("year" if one.is_yearly else request.GET.get("period", ""))
    place = looked_at(request, actor) if actor.grants else None
    read = table([one], actor, [choice.period, choice.before], [place])
    now, before = read[one.slug, 0, 0], read[one.slug, 0, 1]
    drawn = _past(one, actor, place)
    # What is the same everywhere is not compared by place.
    has_places = place is not None and not one.is_declared
    below = [child for child in places_below(place) if child.level != "village"] if has_places else []
    if below:
        drawn.append(charts.comparison("compare", _("各地如何"), [one], actor, below, choice))
    offered = list(dimensions_of(one))
    by = next((each for each in offered if each.name == request.GET.get("by", "")), None)
    if by is not None:
        drawn.insert(0, charts.along(by, one, actor, choice, place))
    context = {
        "dimensions": offered, "by": by.name if by else "",
        "one": one, "figure": figure_of(now, before), "measured": now, "formula": formula_words(one),
        "below_url": url_of(now, below=True) if now.base is not None and hasattr(one.formula, "bottom") else "",
        "good": {UP: _("越高越好"), DOWN: _("越低越好")}.get(one.good, _("无高低之分")),
        "charts": drawn, "choices": choices_for(one), "choice": choice, "months": last_months(), "nothing_why": now.unknown or "",
        "where": named(place) if place is not None else actor.party_name,
        "list_words": list_words(one), "api": f"/api/v1/indicators/{one.slug}",
        "is_loop": loop_named(one.rows.of) is not None, "all": reverse("office:indicators"),
    }  # fmt: skip
    return page(request, "office/indicator.html", context, here="indicators")


def _past(one: Indicator, actor: Actor, place: Any) -> list[charts.Chart]:
    """Return the chart of an indicator's past: by months, or by years where it is read by the year; none for what has no past."""
    if one.is_of_this_moment:
        return []
    if one.is_yearly:
        return [charts.years("trend", _("历年怎么变化"), one, actor, place)]
    return [charts.trend("trend", _("近12个月怎么变化"), [one], actor, place, is_wide=True)]
