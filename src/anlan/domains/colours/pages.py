"""The four-colour map as a page of its own: map, time, places and industries beside it."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from anlan.domains.colours import actions, plans
from anlan.domains.colours.area import area_settings
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.colours.models.colour import SLUG
from anlan.domains.colours.queries import Counted, spread
from anlan.domains.colours.words import COLOURS
from anlan.kernel import clock
from anlan.kernel.registers.errors import Changed, Invalid
from anlan.kernel.registers.pages import Asked, DomainPage, Done, Drawn, OwnPage
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

DAYS_BACK = 365
LONGEST_VERSION = 9  # digits
LEGEND = Words(
    "网格和圆的颜色按区域规则取，圆内是企业家数；灰色为未评级，颜色浅的格子家数少。",
    "Cells and discs bear the colour of the area rule, the number counts enterprises; grey is not graded, pale cells hold few.",
)
WRONG_DAY = Words("日期写成 2026-03-01 这样。", "Write the day as 2026-03-01.")
LEVELS = (4, 3, 2, 1, 0)


def four_colours(asked: Asked) -> Drawn:
    """Draw the map of the colours now or on a past day, with the places and industries of it."""
    today = clock.today()
    day = _day(asked.values.get("on", ""), today)
    past = day if day < today else None
    place = asked.place
    below = _below(place)
    found = spread(asked.actor, place, below, past)
    query = {"on": day.isoformat()} if past else {}
    here = {"territory": place.code} if place is not None and place.path != asked.actor.home_path else {}
    context = {
        "place": place,
        "day": day,
        "is_past": past is not None,
        "back": (today - day).days,
        "days_back": _days_back(asked.actor, today, day),
        "today": today,
        "spot": _spot({**query, **here}, {one.code: counted.area.level for one, counted in found.places}),
        "whole": [(level, dict(COLOURS)[level], n, url) for level, n, url in _cells(found.whole, {**query, **here})],
        "area": found.whole.area,
        "places": [_line(one, counted, query) for one, counted in found.places],
        "sections": [
            (words, counted, _cells(counted, {**query, **here, "section": code})) for code, words, counted in found.sections
        ],
        "settings": area_settings(),
    }  # fmt: skip
    return Drawn("colours/map.html", context)


def _line(place: Territory, counted: Counted, query: dict[str, str]) -> dict[str, Any]:
    where = {**query, "territory": place.code}
    return {"place": place, "area": counted.area, "cells": _cells(counted, where), "url": _list_of(where)}


def _cells(counted: Counted, query: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Return every colour, how many bear it, and the list of those."""
    return [
        (level, counted.counts.get(level, 0), _list_of({**query, "risk_level": level})) for level in LEVELS
    ]


def _below(place: Territory | None) -> list[Territory]:
    if place is None:
        return []
    if place.level == "zone":
        return [
            member.territory for member in place.members.filter(valid_to=None).select_related("territory")
        ]
    return list(place.children.filter(valid_to=None).order_by("path"))


def _day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        return min(date.fromisoformat(text[:10]), today)
    except ValueError:
        raise Invalid({"on": [WRONG_DAY]}) from None


def _days_back(actor: Actor, today: date, day: date) -> int:
    """Return how far back the slider reaches: to the first colour this reader sees, a year at most."""
    first = EnterpriseColour.seen_by(actor).order_by("since").values_list("since", flat=True).first()
    reach = (today - first.astimezone(clock.CHINA).date()).days if first else 0
    return max(1, min(DAYS_BACK, reach), (today - day).days)


def _spot(query: dict[str, str], areas: dict[str, int]) -> dict[str, Any]:
    words = EnterpriseColour.kept.words
    return {
        "layers": SLUG, "query": urlencode(query), "outline": "",
        "print_url": f"/map/sheet?{urlencode({**query, 'layers': SLUG})}", "lists": [(SLUG, words, f"/{SLUG}/")],
        "note": LEGEND, "areas": areas,
    }  # fmt: skip


def _list_of(query: dict[str, Any]) -> str:
    return f"/{SLUG}/?{urlencode(query)}"


def draw_plan(asked: Asked) -> Drawn | Done:
    """Draw units on a plan: the island shows the picture, what is sent are the outlines."""
    row = actions.plan_for(asked.pk, asked.actor, act=True)
    if row.picture is None:
        return hang_picture(asked)
    faults: list[Words | str] = []
    if asked.is_sent:
        try:
            version = asked.values.get("version", "")
            row = actions.draw(
                asked.pk, asked.actor, asked.values.get("outlines", ""), key=asked.key,
                version=int(version) if version.isdecimal() and len(version) < LONGEST_VERSION else None,
            )  # fmt: skip
            return Done(row, Words("已保存。", "Saved."))
        except Changed as changed:
            faults = [changed.words]
        except Invalid as refusal:
            faults = [reason for reasons in refusal.errors.values() for reason in reasons]
    outlines = asked.values.get("outlines", "") if faults else row.outlines
    context = {"row": row, "outlines": outlines, "units": plans.units_of(row, asked.actor), "faults": faults}
    return Drawn("colours/draw.html", context, 422 if faults else 200)


def hang_picture(asked: Asked) -> Drawn | Done:
    """Upload the picture of a plan."""
    row = actions.plan_for(asked.pk, asked.actor, act=True)
    faults: list[Words | str] = []
    if asked.is_sent:
        try:
            row = actions.hang(asked.pk, asked.actor, asked.id_of("picture"), key=asked.key)
            return Done(
                row, Words("图片已放上，可以画分析单元了。", "The picture is up; units can be drawn.")
            )
        except Invalid as refusal:
            faults = [reason for reasons in refusal.errors.values() for reason in reasons]
    return Drawn("colours/picture.html", {"row": row, "faults": faults}, 422 if faults else 200)


pages = (
    DomainPage("floor-plans", "draw", draw_plan, longest=200_000),
    DomainPage("floor-plans", "picture", hang_picture),
    OwnPage(
        slug="four-colour-map", words=Words("四色图", "Four-colour map"), part="prevention", serves=("A15.3", "A15.4", "A14"),
        icon="map-2", answer=four_colours, is_for=lambda actor: bool(actor.grants),
    ),
)  # fmt: skip
