"""The first picture of a map, in the page itself: seen and tapped before any script runs, and where none ever does.

Its signs come from the querysets of the lists, under the reader's own scope and the filters of the page, counted by what
counts the tiles; each is a link to what it stands for. The living map takes its place once that is drawn whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from anlan.faces.counties import counties
from anlan.faces.office import map_drawing
from anlan.faces.office.map_drawing import Area, Disc, View
from anlan.faces.office.shell import current_actor
from anlan.faces.office.subjects import Subject, subject_named
from anlan.kernel.finding.tallying import within
from anlan.kernel.registers.coordinates import drawn_in
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.mercator import EXTENT, Tile
from anlan.kernel.registers.overview import AFAR_TO, Box, Sign, afar, signs, spread
from anlan.kernel.registers.tiles import MapLayer
from anlan.kernel.scope.pack_files import PackError

MOST_MILLISECONDS = 800  # of any question; a page that would wait longer comes without its picture
SIZE = "anlan_map"  # the cookie in which a browser keeps how large the map of this page was the last time
PHONE, DESK = (364, 510), (1160, 650)  # pixels of a map where no browser has told any yet
NARROW, WITH_LEGEND = 480, 640
LEGEND = 264  # pixels that the open legend takes on a wide map
SHALLOWEST, DEEPEST = 5.0, 14.0  # zooms a map begins with
PIXELS = 512  # of the world at zoom 0
NEAR = 14  # pixels around a heap that names no cell
_WORLD = Tile(14, 0, 0)  # its units tell places apart to an eighth of a pixel at the deepest first view
_UNITS = EXTENT * 2**14
Place = tuple[float, float]  # longitude and latitude in WGS84
_SIZE = re.compile(r"(\d{3,4})x(\d{3,4})")


@dataclass(frozen=True, slots=True)
class FirstPicture:
    """What a page draws: the picture, the box and zoom it shows, and under which query it holds."""

    svg: SafeString
    box: str
    layers: str
    query: str
    zoom: int
    is_narrow: bool
    placed: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The lists a picture is drawn of, and the query they are narrowed by."""

    subjects: Sequence[Subject]
    query: QueryDict

    @property
    def slugs(self) -> str:
        """Return the lists by comma."""
        return ",".join(one.slug for one in self.subjects)

    def values(self) -> dict[str, list[str]]:
        """Return the query as lists and tiles are asked by it."""
        return {name: [str(value) for value in values] for name, values in self.query.lists()}

    def link(self, shown: str = "", **narrowed: str) -> str:
        """Return the list of one kind (or ``shown`` otherwise), else the map of several, narrowed further."""
        params = self.query.copy()
        for name, value in narrowed.items():
            params[name] = value
        if len(self.subjects) == 1:
            if shown:
                params["view"] = shown
            return f"{reverse('office:list', args=[self.slugs])}?{params.urlencode()}"
        params["layers"] = self.slugs
        return f"{reverse('office:map')}?{params.urlencode()}"


def first_picture(request: HttpRequest, spot: Any) -> FirstPicture | None:
    """Return the picture of a map, None where there is nothing to draw or the database would take too long."""
    actor = current_actor(request)
    if actor is None:
        return None
    slugs = _told_by(spot, "first_layers", "layers").split(",")
    query = QueryDict(_told_by(spot, "first_query", "query"))
    asked = Asked([subject_named(slug) for slug in slugs if slug], query)
    size, ring = _size(request), _ring(_told_by(spot, "outline"))
    try:
        layers = [MapLayer(one.slug, one.listing(actor).filtered(asked.values())) for one in asked.subjects]
        found = within(MOST_MILLISECONDS, lambda: _found(layers, ring, size))
    except Invalid:
        return None  # the map itself says what is wrong with the filter
    if found is None:
        return None
    view, box, seen = found
    return FirstPicture(
        svg=_picture(view, asked, seen, ring, dict(_value(spot, "areas") or {})),
        box=",".join(f"{side:.6f}" for side in box),
        layers=asked.slugs,
        query=query.urlencode(),
        zoom=math.floor(view.zoom),
        is_narrow=size[0] < NARROW,
        placed=f"{sum(one.size for one in seen):,}",
    )


def asked_first(spot: Any) -> list[str]:
    """Return what the living map will ask for first, letter for letter as it does (frontend/src/ahead.ts)."""
    query = QueryDict(_told_by(spot, "first_query", "query"), mutable=True)
    query["layers"] = _told_by(spot, "first_layers", "layers")
    return ["/api/v1/map/boundaries", f"/api/v1/map/tiles.json?{query.urlencode()}"]


def _found(
    layers: Sequence[MapLayer], ring: Sequence[Place], size: tuple[float, float]
) -> tuple[View, Box, list[Sign]] | None:
    """Return the view of an area that was drawn, else of all rows, and its signs; None without rows.

    Of a whole city one question is enough; where rows lie close together it is asked anew where they lie, and finer.
    """
    rough = afar(layers)
    if not rough.counts:
        return None
    box = _around(ring) if ring else rough.box
    view = _view(box, *size)
    if view.zoom < AFAR_TO:
        return view, box, rough.signs(layers, math.floor(view.zoom))
    exact = spread(layers)
    if exact.bounds is None:
        return None
    box = _around(ring) if ring else exact.bounds
    view = _view(box, *size)
    seen = signs(layers, exact.bounds, math.floor(view.zoom), settings.ANLAN_MAP_SYSTEM)
    # Fewer where a row came or went between two questions, or in too wide a view of points: the living map tells it.
    return (view, box, seen) if sum(one.size for one in seen) == exact.placed else None


def _picture(
    view: View, asked: Asked, seen: Sequence[Sign], ring: Sequence[Place], levels: Mapping[str, int]
) -> SafeString:
    areas = _areas(view, asked, levels)
    discs = [_disc(one, view, asked, areas) for one in sorted(seen, key=lambda one: one.size)]
    system = settings.ANLAN_MAP_SYSTEM
    cells = [(one, [view.place(*drawn_in(system, *corner)) for corner in one.outline]) for one in seen]
    outline = [view.place(*drawn_in(system, *place)) for place in ring]
    return map_drawing.picture(view, areas, cells, discs, outline)


def _value(spot: Any, name: str) -> Any:
    return spot.get(name) if isinstance(spot, Mapping) else getattr(spot, name, None)


def _told_by(spot: Any, *names: str) -> str:
    """Return the first of some values that a map is told."""
    found = (_value(spot, name) for name in names)
    return str(next((one for one in found if one is not None), ""))


# --- where one looks -----------------------------------------------------------------------------------------------


def _size(request: HttpRequest) -> tuple[float, float]:
    """Return the pixels of the map: as this browser had it the last time, else by whether it says that it is a telephone."""
    kept = _SIZE.fullmatch(request.COOKIES.get(SIZE, ""))
    if kept:
        return float(kept[1]), float(kept[2])
    return PHONE if "Mobi" in request.headers.get("User-Agent", "") else DESK


def _view(box: Box, width: float, height: float) -> View:
    """Return the view that shows a box whole, with the room at its edges that the living map leaves."""
    beside = LEGEND if width >= WITH_LEGEND else 40
    room = (width - 64, height - 64) if width < NARROW else (width - 60 - beside, height - 80)
    (left, low), (right, high) = (_world(x, y) for x, y in ((box[0], box[1]), (box[2], box[3])))
    across, down = max(right - left, 1e-9), max(low - high, 1e-9)
    exact = math.log2(max(1.0, min(max(room[0], 64) / across, max(room[1], 64) / down)) / PIXELS)
    zoom = min(max(exact, SHALLOWEST), DEEPEST)
    scale = PIXELS * 2**zoom
    if zoom == exact:
        return View(zoom, scale, left, high, across * scale, down * scale)
    middle = ((left + right) / 2, (high + low) / 2)
    return View(zoom, scale, middle[0] - room[0] / 2 / scale, middle[1] - room[1] / 2 / scale, *room)


def _world(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where in the world a WGS84 place is drawn: shares from the west and from the north."""
    x, y = _WORLD.place(*drawn_in(settings.ANLAN_MAP_SYSTEM, longitude, latitude))
    return x / _UNITS, y / _UNITS


def _ring(text: str) -> list[Place]:
    pairs = [part.split(",") for part in text.split(";") if part]
    return [(float(pair[0]), float(pair[1])) for pair in pairs if len(pair) == 2]


def _around(ring: Sequence[Place]) -> Box:
    across, up = [x for x, _ in ring], [y for _, y in ring]
    return min(across), min(up), max(across), max(up)


# --- what stands there ---------------------------------------------------------------------------------------------


def _areas(view: View, asked: Asked, levels: Mapping[str, int]) -> list[Area]:
    try:
        shapes, _ = counties()
    except PackError:
        return []
    found = []
    for one in shapes["features"]:
        code = str(one["properties"]["code"])
        found.append(map_drawing.area(view, one, levels.get(code, 0), asked.link("map", territory=code)))
    return found


def _disc(one: Sign, view: View, asked: Asked, areas: Sequence[Area]) -> Disc:
    """Return a sign with where it is, where it leads and what a tap on it asks for."""
    x, y = view.place(*drawn_in(settings.ANLAN_MAP_SYSTEM, one.longitude, one.latitude))
    place = next((area.name for area in areas if area.holds(x, y)), "")
    if one.row is not None:
        slug, pk = one.row
        words = next(str(each.words) for each in asked.subjects if each.slug == slug)
        way = reverse("office:detail", args=[slug, pk])
        return Disc(x, y, one, f"{place} {words}".strip(), way, f"kind={slug}&id={pk}", slug)
    around = one.cell or _square(one, view)
    slug = asked.subjects[0].slug
    return Disc(x, y, one, place, asked.link(within=around), f"within={around}", slug)


def _square(one: Sign, view: View) -> str:
    """Return the surroundings of a sign that names no cell, as an area of lists."""
    across = NEAR / view.scale * 360
    up = across * math.cos(math.radians(one.latitude))
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return ";".join(f"{one.longitude + x * across:.6f},{one.latitude + y * up:.6f}" for x, y in corners)
