"""Territories and who is responsible there: the tree of places, and the resolver's answer with its reasons."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api import schemas
from anlan.faces.api.declared import query, taking
from anlan.faces.api.operations import Adder
from anlan.faces.api.shapes import answer
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.responsibility import Regulator, responsibility
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.words import Words

DEEPEST = 3
MOST = 5000
_NO_PLACE = Words("没有这个地区。", "There is no such place.")
_NO_DAY = Words("应为日期，如 2026-03-02。", "A day is expected, such as 2026-03-02.")
_NO_INDUSTRY = Words("行业代码应为门类字母或2至4位数字。", "A section letter or two to four digits.")
_DEPTH = Words("深度为0至3。", "The depth is 0 to 3.")
_EARLIEST, _LATEST = date(1950, 1, 1), date(2199, 12, 31)


class TerritoryOut(BaseModel):
    """One node of the tree; ``children`` as deep as was asked."""

    id: str
    code: str
    name: str
    name_en: str
    level: str
    path: str
    parent: str | None
    longitude: str | None
    latitude: str | None
    children: list[TerritoryOut]


class PlaceOut(TerritoryOut):
    """One place with the chain above it."""

    above: list[schemas.PlaceReference]


class PlacesOut(BaseModel):
    """Places."""

    items: list[TerritoryOut]
    is_whole: bool = Field(description="是否完整 / Whether nothing was left off")


def router() -> Router:
    """Return the router of places and responsibility."""
    found = Router(tags=["places"])
    add = Adder(found, "places")
    depth = query(
        "depth", {"type": "integer", "minimum": 0, "maximum": DEEPEST}, "向下几级 / How many levels below"
    )
    above = query(
        "parent",
        {"type": "string", "maxLength": 40},
        "上级（id 或区划代码），不填为顶级 / Parent by id or code",
    )
    add.get("/territories", tree, PlacesOut, "地区 / Places", taking(None, [above, depth]))
    add.get("/territories/{place}", one, PlaceOut, "一个地区 / One place", taking(None, [depth]))
    text = {"type": "string", "maxLength": 40}
    asked = [
        query("territory", text, "地区（id 或区划代码） / Place by id or code", required=True),
        query("industry", {"type": "string", "maxLength": 5}, "行业代码（GB/T 4754） / Industry code"),
        query("on", {"type": "string", "format": "date"}, "哪一天 / On which day"),
        query("subject", text, "专项 / Special subject"),
    ]
    add.get(
        "/responsibility", who, schemas.ResponsibilityOut, "由谁监管 / Who regulates", taking(None, asked)
    )
    return found


def tree(request: HttpRequest) -> HttpResponse:
    """Answer the places below one, or the top of the tree."""
    parent = request.GET.get("parent", "")
    depth = _depth(request)
    if parent:
        place = place_of(parent, "parent")
        tops = list(place.children.order_by("path"))
    else:
        tops = list(Territory.objects.filter(parent=None).order_by("path"))
    nodes, is_whole = _grown(tops, depth)
    return answer({"items": nodes, "is_whole": is_whole})


def one(request: HttpRequest, place: str) -> HttpResponse:
    """Answer one place, the chain above it and what lies below."""
    found = _found(place)
    if found is None:
        raise NotSeen
    (node,), _ = _grown([found], _depth(request))
    above = [{"id": str(t.pk), "name": t.name, "code": t.code} for t in found.ancestors() if t.pk != found.pk]
    return answer({**node, "above": above})


def who(request: HttpRequest) -> HttpResponse:
    """Answer who regulates an industry at a place on a day, with vacuums and overlaps."""
    place = place_of(request.GET.get("territory", ""), "territory")
    industry = request.GET.get("industry", "").strip().upper()
    fits = (
        not industry
        or (len(industry) == 1 and "A" <= industry <= "T")
        or (industry.isascii() and industry.isdigit())
    )
    if not fits or len(industry) > 5:
        raise Invalid({"industry": [_NO_INDUSTRY]})
    subject = request.GET.get("subject", "").strip()[:40] or None
    return answer(answered(place, industry, day_of(request), subject))


def answered(place: Territory, industry: str, on: date, subject: str | None) -> dict[str, Any]:
    """Return the resolver's answer as JSON."""
    found = responsibility(place, industry, on, subject)
    return {
        "on": on.isoformat(),
        "regulator": _regulator(found.regulator) if found.regulator else None,
        "by_role": {role: [_regulator(one) for one in several] for role, several in found.by_role.items()},
        "vacuums": [words.both() for words in found.vacuums],
        "overlaps": [words.both() for words in found.overlaps],
    }


def day_of(request: HttpRequest) -> date:
    """Return the day asked for with ``on``, else today in China."""
    text = request.GET.get("on", "")
    if not text:
        return clock.today()
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not _EARLIEST <= day <= _LATEST:
        raise Invalid({"on": [_NO_DAY]})
    return day


def place_of(text: str, name: str) -> Territory:
    """Return the territory named by id or division code; raises Invalid at the parameter."""
    found = _found(text)
    if found is None:
        raise Invalid({name: [_NO_PLACE]})
    return found


def _found(text: str) -> Territory | None:
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return territory_of_code(text)
    try:
        return Territory.objects.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None


def _depth(request: HttpRequest) -> int:
    text = request.GET.get("depth", "")
    if text and text not in {str(n) for n in range(DEEPEST + 1)}:
        raise Invalid({"depth": [_DEPTH]})
    return int(text) if text else 0


def _grown(tops: list[Territory], depth: int) -> tuple[list[dict[str, Any]], bool]:
    """Return nodes with their descendants, level by level: one query a level."""
    nodes = {place.pk: _node(place) for place in tops}
    level, seen = list(nodes), len(nodes)
    for _ in range(depth):
        below = list(Territory.objects.filter(parent_id__in=level).order_by("path")[: MOST + 1])
        if seen + len(below) > MOST:
            return [nodes[place.pk] for place in tops], False
        for place in below:
            nodes[place.pk] = _node(place)
            nodes[cast(uuid.UUID, place.parent_id)]["children"].append(nodes[place.pk])
        level, seen = [place.pk for place in below], seen + len(below)
    return [nodes[place.pk] for place in tops], True


def _node(place: Territory) -> dict[str, Any]:
    return {
        "id": str(place.pk),
        "code": place.code,
        "name": place.name,
        "name_en": place.name_en,
        "level": place.level,
        "path": place.path,
        "parent": str(place.parent_id) if place.parent_id else None,
        "longitude": str(place.longitude) if place.longitude is not None else None,
        "latitude": str(place.latitude) if place.latitude is not None else None,
        "children": [],
    }


def _regulator(found: Regulator) -> dict[str, Any]:
    return {
        "id": str(found.party_id),
        "name": found.name,
        "role": found.role,
        "level": found.level,
        "sector": found.sector,
        "subject": found.subject,
        "territory": found.territory,
        "reason": found.reason.both(),
        "citation": found.citation,
        "confidence": found.confidence,
    }
