"""Tiles: every row of the list is counted once at every zoom, cells are ranges of the index, and drawings are judged."""

from __future__ import annotations

import math
import random
from collections import Counter
from copy import copy
from decimal import Decimal
from typing import Any

import h3
import mapbox_vector_tile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.ids import new_id
from anlan.kernel.registers import tiles
from anlan.kernel.registers.coordinates import GCJ02, WGS84, drawn_in
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.hexagons import RESOLUTION, parent_of, ranges_of, shift_to
from anlan.kernel.registers.mercator import EXTENT, Tile
from anlan.kernel.registers.tiles import MapLayer, drawn
from anlan.kernel.registers.within import inside, ring_of

degrees = (st.floats(-180, 179.999999), st.floats(-85, 85))


# --- cells as numbers


@given(*degrees, st.integers(0, RESOLUTION))
def test_a_cell_is_a_range_and_its_shifted_number_is_its_name(
    longitude: float, latitude: float, resolution: int
) -> None:
    cell = h3.latlng_to_cell(latitude, longitude, RESOLUTION)
    parent = h3.cell_to_parent(cell, resolution)
    ((low, high),) = ranges_of([parent])
    assert low <= h3.str_to_int(cell) <= high
    assert parent_of(h3.str_to_int(cell) >> shift_to(resolution), resolution) == parent
    other = h3.latlng_to_cell(-latitude / 2, longitude / 2 + 30, RESOLUTION)
    is_child = h3.cell_to_parent(other, resolution) == parent
    assert (low <= h3.str_to_int(other) <= high) == is_child


def test_neighbouring_ranges_are_joined() -> None:
    parent = h3.latlng_to_cell(43.8, 125.3, 5)
    ((low, high),) = ranges_of(h3.cell_to_children(parent, 6))
    ((first, last),) = ranges_of([parent])
    assert (low, high <= last) == (first, True)


@given(*degrees, st.integers(0, 16))
def test_a_place_lies_in_exactly_one_tile(longitude: float, latitude: float, zoom: int) -> None:
    x, y = Tile(zoom, 0, 0).place(longitude, latitude)
    home = Tile(zoom, x // EXTENT, y // EXTENT)
    assert home.exists
    west, south, east, north = home.box()
    slack = 1e-6
    assert west - slack <= longitude <= east + slack
    assert south - slack <= latitude <= north + slack


@given(*degrees, st.integers(0, 16), st.sampled_from([WGS84, GCJ02]))
def test_a_corner_kept_lies_where_its_degrees_lie(
    longitude: float, latitude: float, zoom: int, system: str
) -> None:
    cell = h3.latlng_to_cell(latitude, longitude, 6)
    plainly = [drawn_in(system, *corner) for corner in tiles.outline(cell)]
    world = Tile(zoom, 0, 0)
    x, y = world.place(longitude, latitude)
    tile = Tile(zoom, x // EXTENT, y // EXTENT)
    kept = [tile.place_of(*corner) for corner in tiles._corners(cell, system)]
    assert kept == [tile.place(*place) for place in plainly]
    for corner, place in zip(kept, plainly, strict=True):
        for whole, exact in zip(corner, _placed(tile, *place), strict=True):
            # On the line between two units the last bit of a sum decides on which side a corner falls.
            assert math.floor(exact - 1e-6) <= whole <= math.floor(exact + 1e-6)


def _placed(tile: Tile, longitude: float, latitude: float) -> tuple[float, float]:
    """The projection in one piece, in units and parts of units."""
    sine, across = math.sin(math.radians(latitude)), 2**tile.z
    column = (longitude + 180) / 360 * across
    row = (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * across
    return (column - tile.x) * EXTENT, (row - tile.y) * EXTENT


@pytest.mark.parametrize("at", [(0, 0, 1), (3, 8, 0), (3, -1, 0), (23, 0, 0), (-1, 0, 0)])
def test_what_is_no_tile(at: tuple[int, int, int]) -> None:
    assert not Tile(*at).exists


# --- rows


def planted(city: Any, places: list[tuple[float, float]]) -> None:
    """Enterprises at places, written plainly."""
    made = []
    for serial, (longitude, latitude) in enumerate(places):
        firm = copy(city.workshop)
        firm.pk, firm.name, firm.credit_code = new_id(), f"点{serial}", str(serial)
        firm.longitude, firm.latitude = Decimal(f"{longitude:.6f}"), Decimal(f"{latitude:.6f}")
        firm.settle()
        made.append(firm)
    Enterprise.unscoped("a test plants its rows").bulk_create(made)


def layer(city: Any, actor: Any = None) -> MapLayer:
    return MapLayer("enterprises", Enterprise.seen_by(actor or city.city_officer))


def read(body: bytes) -> dict[str, list[dict[str, Any]]]:
    found = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    return {name: part["features"] for name, part in found.items()}


def counted(layers: list[MapLayer], zoom: int, system: str = WGS84) -> int:
    """How many rows all tiles of a zoom around the city show."""
    whole = Tile(zoom, 0, 0)
    (west, north), (east, south) = whole.place(124.5, 45.2), whole.place(127.2, 42.9)
    total = 0
    for x in range(west // EXTENT, east // EXTENT + 1):
        for y in range(north // EXTENT, south // EXTENT + 1):
            found = read(drawn(layers, Tile(zoom, x, y), system))
            total += sum(one["properties"]["n"] for one in found.get("clusters", []))
            total += len(found.get("points", []))
    return total


@pytest.mark.parametrize("zoom", [0, 4, 5, 7, 9, 10])
def test_the_tiles_of_a_zoom_count_every_row_once(city: Any, zoom: int) -> None:
    chance = random.Random(7)
    planted(city, [(chance.gauss(125.32, 0.4), chance.gauss(43.9, 0.3)) for _ in range(60)])
    rows = [layer(city)]
    placed = rows[0].rows.exclude(longitude=None).count()
    assert placed >= 60
    assert counted(rows, zoom) == placed
    assert counted(rows, zoom, GCJ02) == placed


def around(places: list[tuple[float, float]], zoom: int) -> set[tuple[int, int]]:
    whole = Tile(zoom, 0, 0)
    found = [whole.place(*place) for place in places]
    return {(x // EXTENT + a, y // EXTENT + b) for x, y in found for a in (-1, 0, 1) for b in (-1, 0, 1)}


@pytest.mark.parametrize(("zoom", "most"), [(12, 1500), (13, 1500), (13, 5), (16, 1500), (18, 3)])
def test_deep_tiles_count_every_row_once_too(
    city: Any, zoom: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "MOST_POINTS", most)
    chance = random.Random(8)
    places = [(chance.gauss(125.32, 0.02), chance.gauss(43.9, 0.015)) for _ in range(40)] + [
        (125.3, 43.9)
    ] * 5
    planted(city, places)
    rows = MapLayer("enterprises", Enterprise.seen_by(city.city_officer).filter(name__startswith="点"))
    total, names = 0, Counter[str]()
    for x, y in around(places, zoom):
        found = read(drawn([rows], Tile(zoom, x, y)))
        total += sum(one["properties"]["n"] for one in found.get("clusters", []))
        names.update(one["properties"]["id"] for one in found.get("points", []))
    assert total + names.total() == len(places)
    assert not names or max(names.values()) == 1
    if zoom >= 13 and most > 100:
        assert names.total() > 10


def test_a_tile_says_the_levels_of_its_rows_and_nothing_by_name(city: Any) -> None:
    city.reports()
    danger = type(city.reports())
    rows = MapLayer("hidden-dangers", danger.seen_by(city.officer))
    body = drawn([rows], Tile(0, 0, 0))
    (cluster,) = read(body)["clusters"]
    assert cluster["properties"]["n"] == 2 == cluster["properties"]["n0"]
    assert h3.is_valid_cell(cluster["properties"]["cell"])
    assert city.workshop.name.encode() not in body
    (outline,) = read(body)["cells"]
    assert outline["geometry"]["type"] == "Polygon"


def test_nothing_is_an_empty_tile(city: Any) -> None:
    assert (
        drawn([MapLayer("enterprises", Enterprise.seen_by(city.city_officer).none())], Tile(7, 0, 0)) == b""
    )


@pytest.mark.parametrize(
    "place", [(180.0, 10.0), (-180.0, -10.0), (179.9999, 85.0), (0.0, -85.0), (0.0, 90.0)]
)
@pytest.mark.parametrize("zoom", [0, 2, 5, 9, 12, 14, 22])
def test_the_edges_of_the_world_are_drawn_without_fault(
    city: Any, place: tuple[float, float], zoom: int
) -> None:
    planted(city, [place])
    x, y = Tile(zoom, 0, 0).place(*place)
    last = 2**zoom - 1
    drawn([layer(city)], Tile(zoom, min(max(x // EXTENT, 0), last), min(max(y // EXTENT, 0), last)))


# --- within


SQUARE = "125,43.5;125.6,43.5;125.6,44.2;125,44.2"


def test_within_is_exact_and_agrees_with_the_cells(city: Any) -> None:
    chance = random.Random(9)
    places = [(chance.gauss(125.32, 0.4), chance.gauss(43.9, 0.3)) for _ in range(80)]
    planted(city, places)
    rows = Enterprise.seen_by(city.city_officer).filter(name__startswith="点")
    expected = sum(125 <= round(x, 6) <= 125.6 and 43.5 <= round(y, 6) <= 44.2 for x, y in places)
    assert 0 < expected < 80
    assert rows.filter(inside(SQUARE)).count() == expected
    triangle = "125,43.5;125.6,43.5;125.6,44.2"
    other = "125,43.5;125.6,44.2;125,44.2"
    assert rows.filter(inside(triangle)).count() + rows.filter(inside(other)).count() == expected
    cell = h3.latlng_to_cell(places[0][1], places[0][0], 5)
    held = sum(h3.latlng_to_cell(round(y, 6), round(x, 6), 5) == cell for x, y in places)
    assert rows.filter(inside(cell)).count() == held


@pytest.mark.parametrize(
    "text",
    [
        "1", "1,2", "1,2;3,4", "nan,1;2,3;4,5", "inf,1;2,3;4,5", "1e9,1;2,3;4,5", "1,2;3,4;x,6", "181,0;1,1;0,1", "0,91;1,1;0,1",
        "125,43;126,44;126,43;125,44", "1,1;1,1;1,1", "1,1;2,2;3,3", ";".join(["1,2"] * 3000), "8" * 15, "f" * 15,
        "8928308280fffff",
        "1,2;3,4;5,6'); drop table x", "１,２;３,４;５,６", "1,2;3,4;5,6;", "0,0;" * 2_000_000,
    ],
)  # fmt: skip
def test_a_drawing_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        inside(text)
    assert refusal.value.errors["within"]


@given(st.text(max_size=60))
def test_whatever_is_written_is_judged_not_stumbled_over(text: str) -> None:
    try:
        ring = ring_of(text)
    except Invalid:
        return
    assert len(ring) >= 3
