"""The filter ``within``: rows inside a drawn polygon or a cell of the grid, for lists, map, export and API alike.

``within=125.31,43.88;125.35,43.9;125.33,43.92`` is a ring of WGS84 degrees (closed by itself); ``within=872c…`` a cell of
H3. Cells narrow it by the index, then the database decides exactly, point by point.
"""

from __future__ import annotations

import re

import h3
from django.db import models
from django.db.models import F, Q, Value

from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.hexagons import RESOLUTION, cover, ranges_of, within_ranges
from anlan.kernel.words import Words

WITHIN = "within"
MOST_CORNERS = 200
LONGEST = 8000
MOST_CELLS = 64
_NUMBER = r"-?\d{1,3}(?:\.\d{1,12})?"
_RING = re.compile(rf"{_NUMBER},{_NUMBER}(?:;{_NUMBER},{_NUMBER})+")
_CELL = re.compile(r"[0-9a-f]{15}")
_WRITTEN = Words(
    "范围应为“经度,纬度;经度,纬度;…”，至少三个点。",
    "The area is `longitude,latitude;…`, at least three points.",
)
_TOO_MANY = Words("范围最多200个点，请画得简单些。", "The area has at most 200 points; draw it simpler.")
_OUTSIDE = Words(
    "经度应在-180至180之间，纬度在-90至90之间。", "Longitude is -180 to 180, latitude -90 to 90."
)
_CROSSED = Words("范围的边线有交叉，重新圈一次。", "The outline crosses itself; draw it again.")
Ring = list[tuple[float, float]]


class Inside(models.Func):
    """Whether a row's point lies in a polygon, by PostgreSQL's own geometry (the edge counts as inside)."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = models.BooleanField()

    def __init__(self, polygon: str) -> None:
        point = models.Func(
            F("longitude"),
            F("latitude"),
            template="point(%(expressions)s)",
            output_field=models.TextField(),
        )
        drawn = models.Func(
            Value(polygon), template="%(expressions)s::polygon", output_field=models.TextField()
        )
        super().__init__(drawn, point)


def inside(text: str) -> Q:
    """Return the condition for rows inside what ``text`` draws; raises Invalid."""
    if _CELL.fullmatch(text):
        if not h3.is_valid_cell(text) or h3.get_resolution(text) > RESOLUTION:
            raise Invalid({WITHIN: [_WRITTEN]})
        return within_ranges(ranges_of([text]))
    ring = ring_of(text)
    west, south, east, north = _bounds(ring)
    condition = Q(longitude__range=(west, east), latitude__range=(south, north))
    cells = _cells(ring)
    if cells is not None:
        condition &= within_ranges(ranges_of(cells))
    written = "(" + ",".join(f"({longitude!r},{latitude!r})" for longitude, latitude in ring) + ")"
    return condition & Q(Inside(written))


def ring_of(text: str) -> Ring:
    """Return the corners of a drawn polygon; raises Invalid for what is no simple polygon."""
    if len(text) > LONGEST or text.count(";") >= MOST_CORNERS:
        raise Invalid({WITHIN: [_TOO_MANY]})
    if not (text.isascii() and _RING.fullmatch(text)):
        raise Invalid({WITHIN: [_WRITTEN]})
    ring = [_corner(part) for part in text.split(";")]
    if len(set(ring)) < 3:
        raise Invalid({WITHIN: [_WRITTEN]})
    from shapely.geometry import Polygon  # here: every start would pay for it, few requests draw

    shape = Polygon(ring)
    if not shape.is_valid or shape.area == 0:
        raise Invalid({WITHIN: [_CROSSED]})
    return ring


def _corner(text: str) -> tuple[float, float]:
    longitude, latitude = (round(float(part), 6) for part in text.split(","))
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise Invalid({WITHIN: [_OUTSIDE]})
    return longitude, latitude


def _bounds(ring: Ring) -> tuple[float, float, float, float]:
    longitudes, latitudes = zip(*ring, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _cells(ring: Ring) -> list[str] | None:
    """Return the finest cover of few cells; None where the ring is so wide that cells would narrow nothing."""
    west, south, east, north = _bounds(ring)
    if east - west > 20 or north - south > 20 or max(abs(south), abs(north)) > 80:
        return None
    best: list[str] | None = None
    for resolution in range(2, RESOLUTION + 1):
        cells = cover(ring, resolution)
        if best is not None and len(cells) > MOST_CELLS:
            break
        best = cells
    return best
