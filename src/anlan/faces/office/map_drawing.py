"""The first picture of a map as SVG: county shapes, cells, discs, each level in its colour, pattern and character.

It is dressed by the stylesheet and bears no style of its own. Sizes and strengths are those of the living map
(frontend/src/map-look.ts, map-signs.ts), which takes its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from anlan.faces.office.shapes import MARKS
from anlan.faces.office.wording import is_english
from anlan.kernel.registers.coordinates import drawn_in
from anlan.kernel.registers.mercator import EXTENT, Tile
from anlan.kernel.registers.overview import Sign

Point = tuple[float, float]
HEAP, POINT, SMALL = 40, 26, 18  # pixels across
GREY = -1  # not graded, where the level is a colour of its own
GRADED = "installations"  # rows with grades of their own bear the number of the grade
DENSITY = ((0, 0.07), (1, 0.14), (2, 0.24), (3, 0.36), (4, 0.5))  # by the power of ten of the count
SIZES = ((0, 0.62), (1, 0.8), (2, 0.98), (3, 1.2), (5, 1.5))
AREA_STRENGTH = ((7, 0.3), (10, 0.12))  # of the colour of a county, by zoom
NAME_SIZE = ((7, 12), (11, 16))
LINE_WIDTH = ((7, 1), (12, 2))
AROUND = 1000  # pixels
POINT_SIZE = ((13, 0.8), (16, 1))
_WORLD, _UNITS = Tile(14, 0, 0), EXTENT * 2**14


@dataclass(frozen=True, slots=True)
class View:
    """A stretch of the map: zoom, pixels of the whole world, where its corner lies in that (shares), its pixels."""

    zoom: float
    scale: float
    left: float
    top: float
    width: float
    height: float

    def place(self, longitude: float, latitude: float) -> Point:
        """Return the pixels of a place as it is drawn."""
        x, y = _WORLD.place(longitude, latitude)
        return (x / _UNITS - self.left) * self.scale, (y / _UNITS - self.top) * self.scale


@dataclass(frozen=True, slots=True)
class Area:
    """A county: its name, its rings in pixels, where the name stands, its level where a page tells one, the way into it."""

    name: str
    rings: Sequence[Sequence[Point]]
    at: Point
    level: int
    href: str
    box: tuple[float, float, float, float] = field(default=(0, 0, 0, 0))

    def holds(self, x: float, y: float) -> bool:
        """Say whether a place lies inside: a line from it to the west crosses the rings an odd number of times."""
        if not (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]):
            return False
        return sum(_crossings(ring, x, y) for ring in self.rings) % 2 == 1


@dataclass(frozen=True, slots=True)
class Disc:
    """A sign at its pixels: the place it is in, the page it leads to, and what the card of it is asked by."""

    x: float
    y: float
    sign: Sign
    place: str
    href: str
    asked: str
    slug: str


def area(view: View, shape: dict[str, Any], level: int, href: str) -> Area:
    """Return a county of a FeatureCollection in pixels."""
    said, geometry = shape["properties"], shape["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    rings = [_thinned(_drawn(view, place) for place in ring) for polygon in polygons for ring in polygon]
    across, down = [x for ring in rings for x, _ in ring], [y for ring in rings for _, y in ring]
    box = (min(across), min(down), max(across), max(down))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    at = _drawn(view, (said["label_lon"], said["label_lat"])) if "label_lon" in said else middle
    name = (said.get("name_en") if is_english() else "") or said.get("name") or ""
    return Area(str(name), rings, at, level, href, box)


def picture(
    view: View,
    areas: Sequence[Area],
    cells: Iterable[tuple[Sign, Sequence[Point]]],
    discs: Sequence[Disc],
    ring: Sequence[Point],
) -> SafeString:
    """Return the picture; what came from rows or addresses is escaped."""
    seen = [one for one in areas if _is_near(one, view)]
    parts = [
        f'<svg class="map-first" viewBox="0 0 {max(view.width, 1):.1f} {max(view.height, 1):.1f}" role="group"'
        f' aria-label="{escape(_("地图"))}">',
        _patterns(view.zoom),
        '<g class="first-ground">',
        *(f'<path id="first-a{n}" d="{_path(one.rings)}"/>' for n, one in enumerate(seen)),
        "</g>",
        *_levels_of(seen, view.zoom),
        *_cells(cells),
        f'<g class="first-line" stroke-width="{_between(LINE_WIDTH, view.zoom):.2f}">',
        *(f'<use href="#first-a{n}"/>' for n, _one in enumerate(seen)),
        f'</g><g class="first-name" font-size="{_between(NAME_SIZE, view.zoom):.1f}">',
        *(_name(one) for one in _apart(areas, _between(NAME_SIZE, view.zoom)) if one in seen),
        "</g>",
        f'<path class="first-ring" d="{_path([ring])}"/>' if ring else "",
        *(_sign(one, view.zoom) for one in discs),
        "</svg>",
    ]
    return SafeString("".join(parts))


# --- ground --------------------------------------------------------------------------------------------------------


def _levels_of(areas: Sequence[Area], zoom: float) -> Iterator[str]:
    strength = _between(AREA_STRENGTH, zoom)
    for n, one in enumerate(areas):
        if one.level > 0:
            yield f'<use href="#first-a{n}" class="first-{one.level}" fill-opacity="{strength:.2f}"/>'


def _is_near(one: Area, view: View) -> bool:
    """Say whether a county may be in sight: a screen is larger than the stretch that must be seen, by so much at most."""
    west, north, east, south = one.box
    return west < view.width + AROUND and east > -AROUND and north < view.height + AROUND and south > -AROUND


def _cells(cells: Iterable[tuple[Sign, Sequence[Point]]]) -> Iterator[str]:
    for one, corners in cells:
        if not corners:
            continue
        path = _path([corners])
        if one.level is None:
            strength = _between(DENSITY, math.log10(max(1, one.size)))
            yield f'<path class="first-cell" fill-opacity="{strength:.2f}" d="{path}"/>'
            continue
        strength = 0.12 if one.level == 0 else 0.38 if one.is_few else 0.62
        own = f" first-{one.level}" if one.level else ""
        yield f'<path class="first-cell{own}" fill-opacity="{strength:.2f}" d="{path}"/>'
        if one.level:
            yield f'<path fill="url(#first-g{one.level})" d="{path}"/>'


def _apart(areas: Sequence[Area], size: float) -> Iterator[Area]:
    """Yield the counties whose names do not lie over one before them."""
    taken: list[tuple[float, float, float]] = []
    for one in areas:
        half = sum(size if letter > "\u2e80" else size * 0.55 for letter in one.name) / 2 + 2
        x, y = one.at
        if all(
            abs(x - other) >= half + wide or abs(y - line) >= size * 1.2 + 4 for other, line, wide in taken
        ):
            taken.append((x, y, half))
            yield one


def _name(one: Area) -> str:
    name = escape(one.name)
    title = escape(_("进入%(place)s") % {"place": one.name})
    x, y = one.at
    return f'<a href="{escape(one.href)}" data-place><title>{title}</title><text x="{x:.0f}" y="{y:.0f}">{name}</text></a>'


# --- signs ---------------------------------------------------------------------------------------------------------


def _sign(one: Disc, zoom: float) -> str:
    body = _heap(one) if one.sign.row is None else _point(one, zoom)
    return (
        f'<a class="first-sign" href="{escape(one.href)}" data-card="{escape(one.asked)}"><title>{escape(_words(one))}</title>'
        f'<g transform="translate({one.x:.1f} {one.y:.1f})">{body}</g></a>'
    )


def _words(one: Disc) -> str:
    """Return what a sign says to whoever hears it or points at it."""
    level = one.sign.gravest
    grade = str(MARKS[level][1]) if level in MARKS else ""
    told = {"place": one.place, "n": one.sign.size, "level": grade}
    if one.sign.row is not None:
        words = _("%(place)s，%(level)s") if grade else "%(place)s"
    elif one.place:
        words = _("%(place)s：%(n)s条，最高等级%(level)s") if grade else _("%(place)s：%(n)s条")
    else:
        words = _("%(n)s条，最高等级%(level)s") if grade else _("%(n)s条")
    return words % told


def _heap(one: Disc) -> str:
    level = GREY if one.sign.level == 0 else one.sign.gravest
    size = HEAP * _between(SIZES, math.log10(max(1, one.sign.size)))
    return _round(level, size) + f'<text class="first-ink{level}">{_count(one.sign.size)}</text>'


def _point(one: Disc, zoom: float) -> str:
    level, share = one.sign.gravest, _between(POINT_SIZE, zoom)
    if level <= 0:
        return _round(GREY if one.slug == "enterprise-colours" else 0, SMALL * share)
    side = POINT * share
    half, inner = side / 2 - 0.5, side / 2 - 2
    character = str(5 - level) if one.slug == GRADED else MARKS[level][0]
    return (
        f'<rect class="first-edge" {_square(half)}/><rect class="first-{level}" {_square(inner)}/>'
        f'<rect fill="url(#first-p{level})" {_square(inner)}/>'
        f'<text class="first-character first-ink{level} first-own{level}" font-size="{side * 0.52:.1f}">{character}</text>'
    )


def _square(half: float) -> str:
    return f'x="{-half:.1f}" y="{-half:.1f}" width="{half * 2:.1f}" height="{half * 2:.1f}" rx="5"'


def _round(level: int, size: float) -> str:
    """Return a disc: an edge of the ground's colour, its own colour with the pattern over it, its middle plain for the count."""
    outer, inner, plain = size / 2 - 0.5, (size / 2) * (1 - 2 * 2 / HEAP), size * 0.23
    middle = f'<circle class="first-{level}" r="{plain:.1f}"/>' if level > 0 else ""
    pattern = f'<circle fill="url(#first-p{level})" r="{inner:.1f}"/>' if level > 0 else ""
    return f'<circle class="first-edge" r="{outer:.1f}"/><circle class="first-{level}" r="{inner:.1f}"/>{pattern}{middle}'


def _count(n: int) -> str:
    """Return a count as a heap says it: 999, 1.2k or 12k; halves upward, as the living map rounds."""
    if n < 1000:
        return str(n)
    if n < 10000:
        return f"{math.floor(n / 100 + 0.5) / 10:g}k"
    return f"{math.floor(n / 1000 + 0.5)}k"


_STROKES = {
    4: '<path d="M-1 6L6-1M-1 1L1-1M4 6L6 4"/>',
    3: '<path d="M0 2.5H5"/>',
    2: '<circle cx="2.5" cy="2.5" r="1.1"/>',
    1: '<path d="M2.5 0V5"/>',
}


def _patterns(zoom: float) -> str:
    """Return the patterns of signs, and those of the ground, which grow between two zooms as the living map's do."""
    grown = f' patternTransform="scale({2 ** (zoom - math.floor(zoom)):.3f})"'
    return f"<defs>{''.join(_pattern('p', level) + _pattern('g', level, grown) for level in _STROKES)}</defs>"


def _pattern(kind: str, level: int, more: str = "") -> str:
    return (
        f'<pattern id="first-{kind}{level}" class="first-pattern first-line{level}" width="5" height="5"'
        f' patternUnits="userSpaceOnUse"{more}>{_STROKES[level]}</pattern>'
    )


# --- lines and numbers ---------------------------------------------------------------------------------------------


def _drawn(view: View, place: Sequence[float]) -> Point:
    return view.place(*drawn_in(settings.ANLAN_MAP_SYSTEM, float(place[0]), float(place[1])))


def _thinned(places: Iterable[Point]) -> list[Point]:
    """Return a ring on half pixels, without what falls together: neighbours share their line, so no gap opens."""
    found: list[Point] = []
    for x, y in places:
        place = (round(x * 2) / 2, round(y * 2) / 2)
        if not found or abs(place[0] - found[-1][0]) + abs(place[1] - found[-1][1]) > 0.5:
            found.append(place)
    return found


def _path(rings: Sequence[Sequence[Point]]) -> str:
    return "".join(
        "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in ring) + "Z" for ring in rings if ring
    )


def _crossings(ring: Sequence[Point], x: float, y: float) -> int:
    found = 0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x > (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            found += 1
    return found


def _between(stops: Sequence[tuple[float, float]], at: float) -> float:
    """Return the value at a place between stops, that of the last one beyond them."""
    if at <= stops[0][0]:
        return stops[0][1]
    for (low, first), (high, second) in pairwise(stops):
        if at <= high:
            return first + (second - first) * (at - low) / (high - low)
    return stops[-1][1]
