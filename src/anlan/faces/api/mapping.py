"""The map: boundaries of the city pack with their source, and points of any list, filtered and scoped as the list is.

Points are joined into cells of a grid below a zoom; a cell never says more than how many rows the reader may see there.
What had to be left off is said (`capped`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Avg, Count, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Floor
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder
from anlan.faces.api.registers import params_of
from anlan.faces.api.shapes import answer, page_of
from anlan.faces.api.subjects import ApiSubject, subjects
from anlan.faces.api.tiles import MVT as MVT
from anlan.faces.api.tiles import add_tiles, layers_of
from anlan.faces.counties import counties
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.registers.levels import level_of
from anlan.kernel.scope import Actor
from anlan.kernel.scope.pack_files import PackError
from anlan.kernel.words import Words

GEOJSON = "application/geo+json"
MOST_ROWS = 2000  # drawn one by one at most; beyond, the database joins them into cells
MOST_CELLS = 3000
JOINED_BELOW = 14  # from this zoom on every point stands alone
CELLS_ACROSS = 8  # of a map tile
DEEPEST_ZOOM = 22
COLOURS = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}
_BBOX = Words("应为 西,南,东,北 四个度数。", "West, south, east, north in degrees.")
_ZOOM = Words("缩放级别为0至22。", "The zoom is 0 to 22.")


class Feature(BaseModel):
    """A GeoJSON feature."""

    type: str
    geometry: dict[str, Any]
    properties: dict[str, Any]


class Boundaries(BaseModel):
    """Boundaries with the note on their source, which must be shown with them."""

    type: str
    features: list[Feature]
    attribution: str
    source: dict[str, Any]


class Points(BaseModel):
    """Points and cells; ``count`` is how many rows they stand for."""

    type: str
    features: list[Feature]
    count: int
    capped: bool = Field(description="是否有未画出的点 / Whether something was left off")


def router() -> Router:
    """Return the router of the map."""
    found = Router(tags=["map"])
    add = Adder(found, "map")
    add.get("/boundaries", boundaries, Boundaries, "县级界线 / County boundaries", auth=None)
    text = {"type": "string", "maxLength": 400}
    bbox = query(
        "bbox",
        {"type": "string", "pattern": r"^-?[\d.]+(,-?[\d.]+){3}$"},
        "西,南,东,北 / West, south, east, north",
        required=True,
    )
    zoom = query(
        "zoom", {"type": "integer", "minimum": 0, "maximum": DEEPEST_ZOOM}, "缩放级别 / Zoom", required=True
    )
    about = "逗号分隔的台账、闭环 / Registers and loops, by comma: " + ", ".join(s.slug for s in subjects())
    words = query(
        "q",
        {"type": "string", "maxLength": 200},
        "检索词；各列表的筛选条件也可用 / Words; the filters of the lists apply too",
    )
    add.get(
        "/points",
        points,
        Points,
        "地图上的点 / Points on the map",
        taking(None, [bbox, zoom, query("layers", text, about), words]),
    )
    add_tiles(found)
    return found


def boundaries(request: HttpRequest) -> HttpResponse:
    """Answer the county boundaries of the city pack."""
    try:
        shapes, source = counties()
    except PackError:
        raise NotSeen from None
    said = source.get("source") or source.get("what") or {}
    words = (
        Words(said.get("zh") or "—", said.get("en") or said.get("zh") or "—")
        if isinstance(said, dict)
        else said
    )
    response = answer({**shapes, "attribution": str(words), "source": source})
    response["Content-Type"] = GEOJSON
    del response["Cache-Control"]
    patch_cache_control(response, public=True, max_age=3600)
    return response


def points(request: HttpRequest) -> HttpResponse:
    """Answer the points of some layers inside a box, under the filters of their lists."""
    box, zoom, actor = (
        _box(request.GET.get("bbox", "")),
        _zoom(request.GET.get("zoom", "")),
        actor_of(request),
    )
    features: list[dict[str, Any]] = []
    total, capped = 0, False
    for subject in layers_of(request.GET.get("layers", "")):
        rows = _inside(subject, actor, request, box)
        found, count, cut = _drawn(subject, rows, zoom)
        features, total, capped = features + found, total + count, capped or cut
    if len(features) > MOST_CELLS:
        features, capped = features[:MOST_CELLS], True
    response = answer({"type": "FeatureCollection", "features": features, "count": total, "capped": capped})
    response["Content-Type"] = GEOJSON
    return response


def _box(text: str) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    try:
        sides = [float(part) for part in text.split(",")]
        if len(sides) != 4 or not all(math.isfinite(side) for side in sides):
            raise ValueError
    except ValueError:
        raise Invalid({"bbox": [_BBOX]}) from None
    west, south, east, north = (Decimal(str(round(max(-540.0, min(540.0, side)), 6))) for side in sides)
    if west > east or south > north:
        raise Invalid({"bbox": [_BBOX]})
    return west, south, east, north


def _zoom(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= DEEPEST_ZOOM):
        raise Invalid({"zoom": [_ZOOM]})
    return int(text)


def _inside(
    subject: ApiSubject, actor: Actor, request: HttpRequest, box: tuple[Decimal, ...]
) -> QuerySet[Any]:
    west, south, east, north = box
    rows: QuerySet[Any] = subject.listing(actor).filtered(params_of(request))
    return rows.filter(longitude__range=(west, east), latitude__range=(south, north))


def _drawn(subject: ApiSubject, rows: QuerySet[Any], zoom: int) -> tuple[list[dict[str, Any]], int, bool]:
    """Return features, how many rows they stand for, and whether something was cut."""
    if rows.order_by()[: MOST_ROWS + 1].count() > MOST_ROWS:
        return _joined_by_database(subject, rows, zoom)
    related = [f.name for f in subject.model._meta.fields if isinstance(f, models.ForeignKey)]
    found = list(rows.defer("search").select_related(*related).order_by("pk"))
    if zoom >= JOINED_BELOW:
        return [_point(subject, row) for row in found], len(found), False
    return _joined(subject, found, zoom), len(found), False


def _side(zoom: int) -> float:
    """Return the side of a cell in degrees."""
    return float(360 / 2**zoom / CELLS_ACROSS)


def _joined(subject: ApiSubject, rows: Iterable[Any], zoom: int) -> list[dict[str, Any]]:
    side, cells = _side(zoom), defaultdict[tuple[int, int], list[Any]](list)
    for row in rows:
        cells[(math.floor(float(row.longitude) / side), math.floor(float(row.latitude) / side))].append(row)
    return [
        _point(subject, held[0]) if len(held) == 1 else _cluster(subject, held) for held in cells.values()
    ]


def _joined_by_database(
    subject: ApiSubject, rows: QuerySet[Any], zoom: int
) -> tuple[list[dict[str, Any]], int, bool]:
    side = Value(Decimal(str(_side(zoom))))
    number: Any = models.DecimalField(max_digits=30, decimal_places=12)

    def cell(column: str) -> Floor:
        return Floor(ExpressionWrapper(F(column) / side, output_field=number))

    cells = list(
        rows.order_by()
        .annotate(cell_x=cell("longitude"), cell_y=cell("latitude"))
        .values("cell_x", "cell_y")
        .annotate(n=Count("pk"), x=Avg("longitude"), y=Avg("latitude"))
        .order_by("-n")[: MOST_CELLS + 1]
    )
    drawn = cells[:MOST_CELLS]
    features = [_feature(c["x"], c["y"], _cell(subject, c["n"], "")) for c in drawn]
    return features, sum(c["n"] for c in drawn), len(cells) > MOST_CELLS


def _point(subject: ApiSubject, row: Any) -> dict[str, Any]:
    properties = {
        "id": str(row.pk),
        "url": page_of(subject, row),
        "label": subject.label(row),
        "kind": subject.slug,
        "state": row.state if subject.loop else "",
        "state_words": str(row.state_words) if subject.loop else "",
        "colour": COLOURS.get(level_of(row), ""),
        "count": 1,
    }
    return _feature(row.longitude, row.latitude, properties)


def _cluster(subject: ApiSubject, rows: list[Any]) -> dict[str, Any]:
    x = sum(float(row.longitude) for row in rows) / len(rows)
    y = sum(float(row.latitude) for row in rows) / len(rows)
    worst = max(level_of(row) for row in rows)
    return _feature(x, y, _cell(subject, len(rows), COLOURS.get(worst, "")))


def _cell(subject: ApiSubject, count: int, colour: str) -> dict[str, Any]:
    return {
        "id": "", "url": "", "label": str(subject.words), "kind": subject.slug, "state": "", "state_words": "",
        "colour": colour, "count": count,
    }  # fmt: skip


def _feature(x: Any, y: Any, properties: dict[str, Any]) -> dict[str, Any]:
    place = [round(float(x), 6), round(float(y), 6)]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": properties}
