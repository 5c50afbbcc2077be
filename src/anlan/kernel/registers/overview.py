"""The first view of a map: the signs it begins with, told before any tile is asked for (articles 15 and 22: one map for all).

They are counted by what counts the tiles, from the same querysets under scope and filter, so that the picture a page brings
along and the tiles that take its place say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Max, Min, QuerySet

from anlan.kernel.registers.coordinates import WGS84, drawn_in
from anlan.kernel.registers.hexagons import tells_unplaced
from anlan.kernel.registers.mercator import EXTENT, Tile, holds
from anlan.kernel.registers.tiles import (
    EVERYWHERE,
    POINTS_FROM,
    RESOLUTIONS,
    AreaLevel,
    Heap,
    MapLayer,
    child,
    counted_cells,
    counted_points,
    fine_counts,
    heaped,
    outline,
)

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
MOST_TILES = 24  # of a view that shows points: a wide screen has half as many
FINE = 6  # the resolution in which rows are counted before it is known where they lie
AFAR_TO = next(
    zoom for zoom, resolution in enumerate(RESOLUTIONS) if resolution >= FINE
)  # below it, FINE is enough
EDGE = (
    0.047,
    0.034,
)  # degrees from the middle of such a cell to its corner, in the latitudes of these cities


@dataclass(frozen=True, slots=True)
class Spread:
    """How many rows some layers have, how many of them have a place, and where these lie (None without any)."""

    count: int
    placed: int
    bounds: Box | None


@dataclass(frozen=True, slots=True)
class Sign:
    """One disc of a view: where, how many rows of each level; ``level`` only where their kind has a rule for areas.

    ``cell`` names the cell of the grid it stands for; ``row`` is slug and id where it is a single row.
    """

    longitude: float
    latitude: float
    counts: Mapping[int, int]
    level: int | None = None
    is_few: bool = False
    cell: str = ""
    row: tuple[str, Any] | None = None

    @property
    def size(self) -> int:
        """Return how many rows it stands for."""
        return sum(self.counts.values())

    @property
    def gravest(self) -> int:
        """Return the level by the rule of areas, else the gravest that occurs."""
        return self.level if self.level is not None else max(self.counts)

    @property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """Return the corners of its cell in WGS84; none without one."""
        return outline(self.cell) if self.cell else ()


def spread(layers: Sequence[MapLayer]) -> Spread:
    """Count the rows of some layers and find where they lie."""
    found = [_told(layer.rows.order_by()) for layer in layers]
    placed = [one for one in found if one[1]]
    sides = [[float(one[at]) for one in placed] for at in (2, 3, 4, 5)]
    bounds = (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])) if placed else None
    return Spread(sum(one[0] for one in found), sum(one[1] for one in found), bounds)


_SIDES = {
    "west": Min("longitude"), "south": Min("latitude"), "east": Max("longitude"), "north": Max("latitude"),
}  # fmt: skip


def _told(rows: QuerySet[Any]) -> tuple[Any, ...]:
    """Return how many rows, how many of them have a place, and west, south, east and north of these.

    Where a kind has an index of what lies nowhere, that and the index of maps are read in one question, and no row of the table.
    """
    if not tells_unplaced(rows.model):
        found = rows.aggregate(count=Count("*"), placed=Count("hexagon"), **_SIDES)
        return tuple(found.values())
    with_place = rows.filter(hexagon__isnull=False).values("longitude", "latitude")
    without = rows.filter(hexagon__isnull=True).values("pk")
    try:
        placed, values = with_place.query.sql_with_params()
        bare, more = without.query.sql_with_params()
    except EmptyResultSet:
        return 0, 0, None, None, None, None
    sides = "min(longitude), min(latitude), max(longitude), max(latitude)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT map_bare.n + map_placed.n, map_placed.*"  # noqa: S608 - written by Django, values apart
            f" FROM (SELECT count(*) AS n, {sides} FROM ({placed}) AS map_rows) AS map_placed,"
            f" (SELECT count(*) AS n FROM ({bare}) AS map_rows) AS map_bare",
            [*values, *more],
        )
        return tuple(cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Afar:
    """The rows of some layers counted in small cells, all at once: enough for every view of a whole city."""

    counts: Sequence[tuple[int, int, int]]

    @property
    def placed(self) -> int:
        """Return how many rows have a place."""
        return sum(count for _number, _level, count in self.counts)

    @property
    def box(self) -> Box:
        """Return a box around the cells, a little wider than the rows themselves lie."""
        middles = [child(number, FINE)[1:] for number in {number for number, *_ in self.counts}]
        across, up = [x for x, _ in middles], [y for _, y in middles]
        return min(across) - EDGE[0], min(up) - EDGE[1], max(across) + EDGE[0], max(up) + EDGE[1]

    def signs(self, layers: Sequence[MapLayer], zoom: int) -> list[Sign]:
        """Return the signs of a zoom below ``AFAR_TO``, as its tiles bear them."""
        finer = RESOLUTIONS[zoom] + 1
        counts = ((number >> 3 * (FINE - finer), level, count) for number, level, count in self.counts)
        return [_sign(heap, cell, _rule(layers)) for cell, heap in heaped(counts, finer).items()]


def afar(layers: Sequence[MapLayer]) -> Afar:
    """Count the rows of some layers in small cells, reading nothing but the index of maps."""
    return Afar(list(fine_counts(layers, FINE, EVERYWHERE)))


def _rule(layers: Sequence[MapLayer]) -> AreaLevel | None:
    return layers[0].area_level if len(layers) == 1 else None


def signs(layers: Sequence[MapLayer], box: Box, zoom: int, system: str = WGS84) -> list[Sign]:
    """Return the signs of all rows of some layers, as the tiles of a zoom bear them; ``box`` holds them all."""
    rule = _rule(layers)
    if zoom < POINTS_FROM:
        cells = counted_cells(layers, zoom, EVERYWHERE)
        return [_sign(heap, cell, rule) for cell, heap in cells.items()]
    found: list[Sign] = []
    for tile in _tiles(box, zoom, system):
        heaps, rows = counted_points(layers, tile, system)
        inside = [heap for heap in heaps if holds(tile.place(*drawn_in(system, *heap.middle)))]
        found += [_sign(heap, "", rule) for heap in inside]
        found += [Sign(x, y, {level: 1}, row=(slug, pk)) for slug, pk, level, x, y in rows]
    return found


def _sign(heap: Heap, cell: str, rule: AreaLevel | None) -> Sign:
    level, is_few = rule(heap.counts) if rule is not None else (None, False)
    return Sign(*heap.middle, dict(heap.counts), level, is_few, cell)


def _tiles(box: Box, zoom: int, system: str) -> Iterator[Tile]:
    """Yield the tiles of a zoom that a box touches, none beyond the world, no more than a screen shows."""
    world = Tile(zoom, 0, 0)
    (left, low), (right, high) = (
        world.place(*drawn_in(system, *corner)) for corner in ((box[0], box[1]), (box[2], box[3]))
    )
    columns = range(math.floor(left / EXTENT), math.floor(right / EXTENT) + 1)
    rows = range(math.floor(high / EXTENT), math.floor(low / EXTENT) + 1)
    if len(columns) * len(rows) > MOST_TILES:
        return
    yield from (tile for x in columns for y in rows if (tile := Tile(zoom, x, y)).exists)
