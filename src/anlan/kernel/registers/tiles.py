"""Vector tiles of rows: points where they can be told apart, cells of the H3 grid with their counts where they cannot.

A tile is drawn from querysets that were scoped and filtered like a list's, so it holds no row the list would not hold, and
the counts of all tiles of a zoom add up to the list's. Nothing is ever left off: what is too dense is counted instead.
A point carries its id, kind and level; what it is called is asked for when it is picked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import h3
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.expressions import Col, RawSQL
from django.db.models.functions import Cast

from anlan.kernel.registers.coordinates import WGS84, drawn_in, kept_from
from anlan.kernel.registers.hexagons import (
    RESOLUTION,
    cover,
    parent_of,
    ranges_of,
    shift_to,
    within_ranges,
)
from anlan.kernel.registers.levels import graded_by, level_column, level_of_grade
from anlan.kernel.registers.mercator import EXTENT, Tile, holds, world_of
from anlan.kernel.registers.vector_tile import Feature, encoded

POINTS_FROM = 13  # from this zoom on rows are drawn one by one
MOST_POINTS = 1500  # rows drawn one by one in a tile; beyond, a grid counts them
GRID = 32  # squares across a tile where even the deepest zooms are too dense
RESOLUTIONS = (1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 7, 7, 7)  # of the cells, by zoom: some 50 to 100 pixels across
EXACT_FROM = 10  # from this zoom the middle of a cell is that of its very rows
WHOLE_WORLD = 4  # up to this zoom a tile is too wide to be narrowed by cells
MARGIN = 0.06  # of a tile: rows of a cell may lie a little outside the cell's own outline
HEAP = {
    True: 24,
    False: 96,
}  # units within which points are one heap: 3 pixels where zoom is deepest, else 12
DEEP = 16
STRETCHES = 4  # of the index in which a filter's rows are looked for
UNFILTERED = {"path", "sector", "sensitivity", "holder", "id", "archived_at", "closed_at"}
EVERYWHERE = [(0, 2**63 - 1)]  # every number a cell can have
Ranges = Sequence[tuple[int, int]]  # of numbers of cells, apart from each other
PointRow = tuple[
    str, Any, int, float, float
]  # slug, id, level, longitude and latitude of a row drawn by itself

# How many rows of each level lie in an area → the level of the area, and whether too few lie there to say so firmly.
AreaLevel = Callable[[Mapping[int, int]], tuple[int, bool]]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """The rows of one register or loop that are drawn, under its slug."""

    slug: str
    rows: QuerySet[Any]

    @property
    def graded_by(self) -> str:
        """Return the column of the level, empty where rows bear none."""
        return level_column(self.rows.model)

    def level(self, grade: Any) -> int:
        """Return the level that a grade of these rows means."""
        own = graded_by(self.rows.model)
        return own.get(grade, 0) if own is not None else level_of_grade(grade)

    @property
    def area_level(self) -> AreaLevel | None:
        """Return the rule by which a cell bears a level of its own from the rows within, where the kind has one."""
        rule: AreaLevel | None = getattr(self.rows.model, "area_level", None)
        return rule


@dataclass(slots=True)
class Heap:
    """Rows that are drawn as one sign: how many of each level, and where their middle is."""

    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    east: float = 0.0
    north: float = 0.0

    def add(self, level: int, count: int, longitude: float, latitude: float) -> None:
        """Take in some rows of one level that lie around a place."""
        self.counts[level] += count
        self.east += longitude * count
        self.north += latitude * count

    @property
    def size(self) -> int:
        """Return how many rows it stands for."""
        return sum(self.counts.values())

    @property
    def middle(self) -> tuple[float, float]:
        """Return the middle of its rows in degrees."""
        return self.east / self.size, self.north / self.size

    def told(self) -> dict[str, int]:
        """Return what a tile says of it: the count and the count of every level that occurs."""
        return {"n": self.size, **{f"n{level}": count for level, count in sorted(self.counts.items())}}


def drawn(layers: Sequence[MapLayer], tile: Tile, system: str = WGS84) -> bytes:
    """Return a tile of some layers as Mapbox Vector Tile, on a base layer of a coordinate system."""
    rule = layers[0].area_level if len(layers) == 1 else None
    if tile.z < POINTS_FROM:
        cells = counted_cells(layers, tile.z, _near(tile, RESOLUTIONS[tile.z], system))
        outlines, discs = _hexagons(cells, tile, system, rule), _heaps(cells.items(), tile, system, rule)
        return encoded({"cells": list(outlines), "clusters": list(discs)})
    heaps, rows = counted_points(layers, tile, system)
    discs = _heaps((("", heap) for heap in heaps), tile, system, rule)
    return encoded({"clusters": list(discs), "points": [_point(row, tile, system) for row in rows]})


# --- cells of the grid ---------------------------------------------------------------------------------------------


def counted_cells(layers: Sequence[MapLayer], zoom: int, ranges: Ranges) -> dict[str, Heap]:
    """Count the rows of the cells of a zoom in some ranges: of a tile those that touch it, so that neighbours agree.

    From afar the middle of a cell's rows is taken from the counts of its seven children: averaging the degrees of every
    row would cost more than all the rest.
    """
    resolution = RESOLUTIONS[zoom]
    if zoom < EXACT_FROM:
        return heaped(fine_counts(layers, resolution + 1, ranges, of=resolution), resolution + 1)
    found: dict[str, Heap] = defaultdict(Heap)
    for layer in layers:
        group, levels = F("hexagon").bitrightshift(shift_to(resolution)), _Levels(layer)
        for number, grade, count, *middle in _counted(layer, ranges, {"map_group": group}, of=resolution):
            found[parent_of(number, resolution)].add(levels[grade], count, middle[0], middle[1])
    return found


def fine_counts(
    layers: Sequence[MapLayer], resolution: int, ranges: Ranges, of: int | None = None
) -> Iterator[tuple[int, int, int]]:
    """Yield (shifted number of a cell, level, how many rows) over the rows of some layers in some ranges (see ``_counted``)."""
    for layer in layers:
        group, levels = F("hexagon").bitrightshift(shift_to(resolution)), _Levels(layer)
        for number, grade, count in _counted(layer, ranges, {"map_group": group}, middle=False, of=of):
            yield number, levels[grade], count


def heaped(counts: Iterable[tuple[int, int, int]], resolution: int) -> dict[str, Heap]:
    """Return the heaps of the parents of counted cells; the middle of each is that of its children, by their rows."""
    found: dict[str, Heap] = defaultdict(Heap)
    for number, level, count in counts:
        cell, *middle = child(number, resolution)
        found[cell].add(level, count, middle[0], middle[1])
    return found


class _Levels(dict[Any, int]):
    """The levels that the grades of a layer mean, each asked for once: a tile counts thousands of groups."""

    def __init__(self, layer: MapLayer) -> None:
        super().__init__()
        self._layer = layer

    def __missing__(self, grade: Any) -> int:
        self[grade] = level = self._layer.level(grade)
        return level


@lru_cache(maxsize=20_000)
def child(number: int, resolution: int) -> tuple[str, float, float]:
    """Return of a shifted number the parent of its cell, and the middle of the cell itself in degrees."""
    cell = parent_of(number, resolution)
    latitude, longitude = h3.cell_to_latlng(cell)
    return str(h3.cell_to_parent(cell, resolution - 1)), longitude, latitude


@lru_cache(maxsize=4_000)
def _near(tile: Tile, resolution: int, system: str) -> Ranges:
    if tile.z <= WHOLE_WORLD:
        return EVERYWHERE
    west, south, east, north = tile.box(MARGIN)
    ring = [
        kept_from(system, *corner) for corner in ((west, south), (east, south), (east, north), (west, north))
    ]
    return ranges_of(cover(ring, resolution))


def _counted(
    layer: MapLayer,
    ranges: Ranges,
    groups: dict[str, Any],
    *,
    middle: bool = True,
    inside: Q | None = None,
    of: int | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Yield (group…, grade, count, and the middle if asked) over the rows in some ranges of cells (``of`` that resolution).

    The ranges are joined to the rows, so that each is one stretch of the index of maps and no row outside is looked at: as
    alternatives in a condition, every row of the city would be compared with every range. The names bear a prefix, since a
    register may have a column of any other name.
    """
    bounds = (RawSQL("map_near.low", []), RawSQL("map_near.high", []))
    rows = layer.rows.order_by().filter(inside or Q(), hexagon__range=bounds)
    if of is not None and len(ranges) > STRETCHES and _is_narrowed(layer.rows):
        rows, ranges = _in_stretches(rows, ranges, of)
    names = [*groups, "map_grade"]
    rows = rows.annotate(**groups, map_grade=F(layer.graded_by) if layer.graded_by else Value(""))
    if middle:
        sides = {"map_east": "longitude", "map_north": "latitude"}
        rows = rows.annotate(**{name: Cast(column, FloatField()) for name, column in sides.items()})
        names += sides
    try:
        inner, values = rows.values(*names).query.sql_with_params()
    except EmptyResultSet:
        return
    grouped = ", ".join([*groups, "map_grade"])
    more = ", avg(map_east), avg(map_north)" if middle else ""
    sql = (
        f"SELECT {grouped}, count(*){more} FROM unnest(%s::bigint[], %s::bigint[]) AS map_near(low, high)"  # noqa: S608 - names of our own
        f" CROSS JOIN LATERAL ({inner}) AS map_rows GROUP BY {grouped}"
    )
    low, high = zip(*ranges, strict=True) if ranges else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(low), list(high), *values])
        yield from cursor.fetchall()


def _in_stretches(rows: QuerySet[Any], ranges: Ranges, resolution: int) -> tuple[QuerySet[Any], Ranges]:
    """Return rows in the very cells of some ranges, and a few stretches of the index in which all of these lie.

    Of rows that pass a filter PostgreSQL may find the few by the filter's own index, and then compares each with every range;
    with the set of cells it is compared once. The widest gaps part the stretches.
    """
    shift = shift_to(resolution)
    cells = [cell for low, high in ranges for cell in range(low >> shift, (high >> shift) + 1)]
    widest = sorted(range(1, len(ranges)), key=lambda at: ranges[at - 1][1] - ranges[at][0])
    edges = [0, *sorted(widest[: STRETCHES - 1]), len(ranges)]
    stretches = [(ranges[first][0], ranges[beyond - 1][1]) for first, beyond in pairwise(edges)]
    # One parameter, of the very type of the cells: for another, or a text of thousands, neither they nor the text are hashed.
    among = RawSQL("%s::bigint[]", [cells])
    return rows.annotate(map_cell=F("hexagon").bitrightshift(shift)).filter(map_cell__any=among), stretches


def _is_narrowed(rows: QuerySet[Any]) -> bool:
    """Say whether rows pass a filter, beyond scope and what is told by the indexes of maps themselves."""
    for leaf in rows.query.where.leaves():
        parts = leaf.flatten() if hasattr(leaf, "flatten") else ()
        own = [part for part in parts if isinstance(part, Col) and part.alias == rows.model._meta.db_table]
        if not own or any(part.target.name not in UNFILTERED for part in own):
            return True
    return False


def _hexagons(cells: dict[str, Heap], tile: Tile, system: str, rule: AreaLevel | None) -> Iterator[Feature]:
    for cell, heap in cells.items():
        ring = _corners(cell, system)
        if not ring:
            continue  # it crosses the antimeridian: its count is drawn, its outline is not
        places = [tile.place_of(*corner) for corner in ring]
        if _touches(places):
            properties: dict[str, Any] = heap.told()
            if rule is not None:
                level, is_few = rule(heap.counts)
                properties |= {"level": level, "few": is_few, "cell": cell}
            yield Feature(places, properties)


@lru_cache(maxsize=20_000)
def outline(cell: str) -> tuple[tuple[float, float], ...]:
    """Return the corners of a cell; none where it crosses the antimeridian."""
    ring = tuple((longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell))
    longitudes = [longitude for longitude, _ in ring]
    return () if max(longitudes) - min(longitudes) > 180 else ring


@lru_cache(maxsize=20_000)
def _corners(cell: str, system: str) -> tuple[tuple[float, float], ...]:
    """Return the corners of a cell as ``world_of`` tells places: the same in every tile that shows it."""
    return tuple(world_of(*drawn_in(system, *corner)) for corner in outline(cell))


def _touches(places: Sequence[tuple[int, int]]) -> bool:
    across, down = [x for x, _ in places], [y for _, y in places]
    return max(across) >= 0 and min(across) < EXTENT and max(down) >= 0 and min(down) < EXTENT


def _heaps(
    heaps: Iterable[tuple[str, Heap]], tile: Tile, system: str, rule: AreaLevel | None
) -> Iterator[Feature]:
    for cell, heap in heaps:
        place = tile.place(*drawn_in(system, *heap.middle))
        if holds(place):
            properties: dict[str, Any] = {**heap.told(), **({"cell": cell} if cell else {})}
            if rule is not None:
                properties["level"], properties["few"] = rule(heap.counts)
            yield Feature([place], properties)


# --- points --------------------------------------------------------------------------------------------------------


def counted_points(
    layers: Sequence[MapLayer], tile: Tile, system: str = WGS84
) -> tuple[list[Heap], list[PointRow]]:
    """Return the heaps and the single rows of a tile; what lies on one spot is one heap, whatever its kind."""
    west, south, east, north = _degrees(tile, system)
    box = Q(longitude__range=(west, east), latitude__range=(south, north))
    ring = [(west, south), (east, south), (east, north), (west, north)]
    ranges = ranges_of(cover(ring, RESOLUTION))
    spots: dict[tuple[int, int], list[PointRow]] = defaultdict(list)
    side, heaps = HEAP[tile.z >= DEEP], list[Heap]()
    for layer in layers:
        rows = _alone(layer, box & within_ranges(ranges))
        if len(rows) > MOST_POINTS:
            heaps += _squares(layer, ranges, box, (west, south, east, north))
            continue
        levels = _Levels(layer)
        for pk, grade, longitude, latitude in rows:
            x, y = tile.place(*drawn_in(system, float(longitude), float(latitude)))
            if holds((x, y)):
                row = (layer.slug, pk, levels[grade], float(longitude), float(latitude))
                spots[x // side, y // side].append(row)
    heaps += [_heap_of(rows) for rows in spots.values() if len(rows) > 1]
    return heaps, [rows[0] for rows in spots.values() if len(rows) == 1]


def _degrees(tile: Tile, system: str) -> tuple[float, float, float, float]:
    """Return the WGS84 box that holds every place drawn inside a tile."""
    west, south, east, north = tile.box()
    corners = [
        kept_from(system, x, y) for x, y in ((west, south), (east, south), (east, north), (west, north))
    ]
    slack = 0.0 if system == WGS84 else 0.0005
    return (
        min(x for x, _ in corners) - slack,
        min(y for _, y in corners) - slack,
        max(x for x, _ in corners) + slack,
        max(y for _, y in corners) + slack,
    )


def _alone(layer: MapLayer, near: Q) -> list[tuple[Any, ...]]:
    grade: Any = F(layer.graded_by) if layer.graded_by else Value("")
    rows = layer.rows.order_by().filter(near).annotate(map_grade=grade)
    return list(rows.values_list("pk", "map_grade", "longitude", "latitude")[: MOST_POINTS + 1])


def _heap_of(rows: Sequence[PointRow]) -> Heap:
    heap = Heap()
    for _slug, _pk, level, longitude, latitude in rows:
        heap.add(level, 1, longitude, latitude)
    return heap


def _point(row: PointRow, tile: Tile, system: str) -> Feature:
    slug, pk, level, longitude, latitude = row
    properties = {"id": str(pk), "kind": slug, "level": level}
    return Feature([tile.place(*drawn_in(system, longitude, latitude))], properties)


def _squares(
    layer: MapLayer, ranges: Ranges, inside: Q, box: tuple[float, float, float, float]
) -> list[Heap]:
    """Count rows in squares of a tile that holds too many to draw."""
    west, south, east, north = box
    groups = {
        "map_column": _square("longitude", west, east),
        "map_line": _square("latitude", south, north),
    }
    found: dict[tuple[int, int], Heap] = defaultdict(Heap)
    levels = _Levels(layer)
    for column, line, grade, count, longitude, latitude in _counted(layer, ranges, groups, inside=inside):
        found[column, line].add(levels[grade], count, longitude, latitude)
    return list(found.values())


def _square(column: str, low: float, high: float) -> models.Func:
    edges = [Value(edge, output_field=FloatField()) for edge in (low, high)]
    return models.Func(
        Cast(column, FloatField()), *edges, Value(GRID), function="width_bucket",
        output_field=models.IntegerField(),
    )  # fmt: skip
