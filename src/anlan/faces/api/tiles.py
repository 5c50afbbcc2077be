"""Vector tiles of any register or loop, under the scope and the filters of its list.

A tile is kept by the reader's own browser for half a minute and never by what stands between; its address names the
reach it was made for, so that a person who changes the post asks anew.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api.declared import query, taking, within
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder
from anlan.faces.api.registers import params_of
from anlan.faces.api.shapes import answer
from anlan.faces.api.subjects import ApiSubject, subjects
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.registers.mercator import Tile
from anlan.kernel.registers.overview import spread
from anlan.kernel.registers.tiles import DEEP, POINTS_FROM, MapLayer, drawn
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

MVT = "application/vnd.mapbox-vector-tile"
KEPT_SECONDS = 30
WORTH_PACKING = 600  # bytes
MOST_PLACES = 200  # places told one by one; of more, a map asks for everything anew
OVERLAP = timedelta(seconds=5)  # a change is dated before it is committed, and seen only afterwards
EARLIEST, LATEST = 2000, 2999
_SINCE = Words(
    "应为带时区的时刻，如 2026-03-01T08:00:00+08:00。",
    "A moment with its zone, such as 2026-03-01T08:00:00+08:00.",
)
_LAYER = Words("没有这个图层。", "There is no such layer.")
_FIELDS = {
    "cells": {"n": "Number"},
    "clusters": {"n": "Number", "cell": "String"},
    "points": {"id": "String", "kind": "String", "level": "Number"},
}


class TilesOut(BaseModel):
    """TileJSON 3.0.0 of the rows asked for, with how many there are and where they lie."""

    tilejson: str
    tiles: list[str] = Field(description="相对地址 / Addresses on this host")
    minzoom: int
    maxzoom: int
    bounds: list[float] | None = Field(
        description="西,南,东,北；没有点时为空 / West, south, east, north; null without points"
    )
    vector_layers: list[dict[str, Any]]
    count: int = Field(description="列表的条数 / Rows of the list")
    placed: int = Field(description="其中有坐标的条数 / Those of them that have coordinates")
    as_of: str = Field(
        description="此后的变化用 changed 查 / What changed after it is asked for by `changed`"
    )
    points_from: int = Field(description="从此级起逐个显示 / From this zoom rows are drawn one by one")


class ChangedOut(BaseModel):
    """Where something changed since a moment, in degrees; null where it cannot be told or is too much to tell."""

    as_of: str = Field(description="下次从此刻问起 / Ask from this moment next time")
    places: list[list[float]] | None = Field(
        description="经度、纬度；空值即全部重取 / Longitude and latitude; null means everything"
    )


def add_tiles(router: Router) -> None:
    """Add the operations to the router of the map."""
    add = Adder(router, "map")
    text = {"type": "string", "maxLength": 400}
    about = "逗号分隔的台账、闭环 / Registers and loops, by comma: " + ", ".join(s.slug for s in subjects())
    said = "检索词；各列表的筛选条件也可用 / Words; the filters of the lists apply too"
    words = query("q", {"type": "string", "maxLength": 200}, said)
    taken = taking(None, [query("layers", text, about), words, within()])
    add.get("/tiles.json", tiles, TilesOut, "矢量瓦片的说明 / TileJSON of the vector tiles", taken)
    since = query(
        "since", {"type": "string", "format": "date-time"}, "从此刻起 / From this moment", required=True
    )
    about_changes = "某时刻以来变化的位置 / Where something changed since a moment"
    add.get(
        "/changed", changed, ChangedOut, about_changes, taking(None, [query("layers", text, about), since])
    )
    add.get("/tiles/{z}/{x}/{y}.mvt", tile, None, "矢量瓦片 / A vector tile", taken)


def layers_of(text: str) -> list[ApiSubject]:
    """Return the registers and loops named by comma, all of them if none is named; raises Invalid."""
    known = {subject.slug: subject for subject in subjects()}
    wanted = list(dict.fromkeys(name for name in text.split(",") if name))
    if any(name not in known for name in wanted):
        raise Invalid({"layers": [_LAYER]})
    return [known[name] for name in wanted] or list(known.values())


def tiles(request: HttpRequest) -> HttpResponse:
    """Answer where the tiles are, how many rows they show and where these lie."""
    actor, asked, now = actor_of(request), params_of(request), clock.now()
    found = spread(list(_drawn_layers(request, actor)))
    query_of = urlencode([*((n, v) for n, values in asked.items() for v in values), ("for", reach_of(actor))])
    return answer(
        {
            "tilejson": "3.0.0",
            "tiles": [f"/api/v1/map/tiles/{{z}}/{{x}}/{{y}}.mvt?{query_of}"],
            "minzoom": 0,
            "maxzoom": DEEP,
            "bounds": list(found.bounds) if found.bounds else None,
            "vector_layers": [{"id": name, "fields": fields} for name, fields in _FIELDS.items()],
            "count": found.count,
            "placed": found.placed,
            "as_of": (now - OVERLAP).isoformat(),
            "points_from": POINTS_FROM,
        }
    )


def changed(request: HttpRequest) -> HttpResponse:
    """Answer where rows that the reader sees changed since a moment, so that a map asks for those tiles alone."""
    actor, since, now = actor_of(request), _moment(request.GET.get("since", "")), clock.now()
    places: set[tuple[float, float]] | None = set()
    for subject in layers_of(request.GET.get("layers", "")):
        found = _changed_places(subject, actor, since) if places is not None else None
        places = None if places is None or found is None else places | found
    if places is not None and len(places) > MOST_PLACES:
        places = None
    return answer(
        {
            "as_of": (now - OVERLAP).isoformat(),
            "places": None if places is None else sorted(map(list, places)),
        }
    )


def _changed_places(subject: ApiSubject, actor: Actor, since: datetime) -> set[tuple[float, float]] | None:
    """Return where rows of a list changed, those archived meanwhile too; None for a table not kept by its changes."""
    model = subject.model
    if not any(index.fields[:1] == ["updated_at"] for index in model._meta.indexes):
        return None
    rows = model.seen_by(actor).filter(updated_at__gte=since, longitude__isnull=False).order_by()
    found = rows.values_list("longitude", "latitude").distinct()[: MOST_PLACES + 1]
    return {(round(float(x), 5), round(float(y), 5)) for x, y in found}


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        raise Invalid({"since": [_SINCE]}) from None
    if found.tzinfo is None or not EARLIEST <= found.year <= LATEST:
        raise Invalid({"since": [_SINCE]})
    return found


def tile(request: HttpRequest, z: str, x: str, y: str) -> HttpResponse:
    """Answer one tile; one that is none is not found."""
    at = _tile_at(z, x, y)
    body = drawn(list(_drawn_layers(request, actor_of(request))), at, settings.ANLAN_MAP_SYSTEM)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    is_known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if is_known else _packed(request, body)
    response["ETag"] = tag
    patch_cache_control(response, private=True, max_age=KEPT_SECONDS)
    patch_vary_headers(response, ["Cookie", "Authorization", "Accept-Encoding"])
    return response


def reach_of(actor: Actor) -> str:
    """Return a short digest of what an actor reaches: it keeps one person's posts apart in the browser's store."""
    told = repr((actor.account_id, actor.post_id, actor.party_ids, actor.grants))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _drawn_layers(request: HttpRequest, actor: Actor) -> Iterable[MapLayer]:
    params = params_of(request)
    for subject in layers_of(request.GET.get("layers", "")):
        yield MapLayer(subject.slug, subject.listing(actor).filtered(params))


def _tile_at(z: str, x: str, y: str) -> Tile:
    numbers = (z, x, y)
    if not all(number.isascii() and number.isdigit() and len(number) < 8 for number in numbers):
        raise NotSeen
    at = Tile(int(z), int(x), int(y))
    if not at.exists:
        raise NotSeen
    return at


def _packed(request: HttpRequest, body: bytes) -> HttpResponse:
    if len(body) < WORTH_PACKING or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(body, content_type=MVT)
    return HttpResponse(gzip.compress(body, 5), content_type=MVT, headers={"Content-Encoding": "gzip"})
