"""The map of dangers: whatever index answers, it counts what plain counting does, under scope and filter, as rows stand now."""

from __future__ import annotations

from collections import Counter
from copy import copy
from decimal import Decimal
from typing import Any

import h3
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.registers import Listing
from anlan.kernel.registers.coordinates import WGS84
from anlan.kernel.registers.mercator import EXTENT, Tile
from anlan.kernel.registers.overview import afar, spread
from anlan.kernel.registers.tiles import EVERYWHERE, RESOLUTIONS, MapLayer, counted_cells, drawn
from anlan.kernel.registers.tiles import _near as near

LEVELS = {"": 0, "general": 2, "major": 4}
PEOPLE = ("city_officer", "officer", "far_officer", "safety_officer", "worker", "grid_inspector")
ASKED = (
    {}, {"severity": ["major"]}, {"severity": ["general"]}, {"severity": ["major", "general"]}, {"open": ["1"]},
    {"severity": ["major"], "open": ["1"]}, {"severity": ["major"], "state": ["planning"]},
)  # fmt: skip
MAJOR = {"severity": ["major"]}

places = st.tuples(st.floats(124.2, 126.9), st.floats(43.2, 45.1)) | st.just((125.32, 43.88)) | st.none()
dangers = st.lists(
    st.tuples(
        places, st.sampled_from(sorted(LEVELS)), st.booleans(), st.booleans(), st.sampled_from([0, 1, 2, 3])
    ),
    max_size=14,
)


def planted(city: Any, told: list[tuple[Any, ...]]) -> None:
    """Dangers written plainly: where, how grave, whether closed, whether at the far enterprise, how sensitive."""
    near, far = city.reports(), city.reports(by=city.far_officer, at=city.far_shop)
    made = []
    for serial, (place, severity, is_closed, is_far, sensitivity) in enumerate(told):
        row = copy(far if is_far else near)
        row.pk, row.number, row.severity, row.sensitivity = new_id(), f"T{serial}", severity, sensitivity
        row.longitude, row.latitude = (Decimal(f"{side:.6f}") for side in place) if place else (None, None)
        row.cell = h3.latlng_to_cell(float(row.latitude), float(row.longitude), 8) if place else ""
        row.closed_at = clock.now() if is_closed else None
        row.state = "planning" if severity == "major" else "rectifying"
        made.append(row)
    HiddenDanger.unscoped("a test plants its rows").bulk_create(made)


def passes(row: HiddenDanger, asked: dict[str, list[str]]) -> bool:
    return (
        row.severity in asked.get("severity", [row.severity])
        and row.state in asked.get("state", [row.state])
        and ("open" not in asked or row.closed_at is None)
    )


def layer(actor: Any, asked: dict[str, list[str]]) -> MapLayer:
    return MapLayer(
        "hidden-dangers",
        Listing(HiddenDanger, actor, ("severity", "state"), (), "-opened_at").filtered(asked),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=dangers, who=st.sampled_from(PEOPLE), asked=st.sampled_from(ASKED), zoom=st.integers(0, 12))
def test_the_map_counts_what_plain_counting_does(
    city: Any, told: list[tuple[Any, ...]], who: str, asked: dict[str, list[str]], zoom: int
) -> None:
    with transaction.atomic():
        planted(city, told)
        actor = getattr(city, who)
        rows = [row for row in HiddenDanger.seen_by(actor) if passes(row, asked)]
        layers = [layer(actor, asked)]
        placed = [row for row in rows if row.cell]
        found = spread(layers)
        assert (found.count, found.placed) == (len(rows), len(placed))
        if placed:
            sides = [float(row.longitude) for row in placed], [float(row.latitude) for row in placed]
            assert found.bounds == (*map(min, sides), *map(max, sides))
        else:
            assert found.bounds is None
        resolution = RESOLUTIONS[zoom]
        plain = Counter((h3.cell_to_parent(row.cell, resolution), LEVELS[row.severity]) for row in placed)
        cells = counted_cells(layers, zoom, EVERYWHERE)
        assert plain == {(cell, level): n for cell, heap in cells.items() for level, n in heap.counts.items()}
        assert afar(layers).placed == len(placed)
        # Of one tile: the cells that touch it, whole, and no other.
        x, y = Tile(zoom, 0, 0).place(125.32, 43.88)
        ranges = near(Tile(zoom, x // EXTENT, y // EXTENT), resolution, WGS84)
        numbers = {cell: h3.str_to_int(h3.cell_to_center_child(cell, 8)) for cell, _ in plain}
        touching = {
            cell for cell, number in numbers.items() if any(low <= number <= high for low, high in ranges)
        }
        assert {one: n for one, n in plain.items() if one[0] in touching} == {
            (cell, level): n
            for cell, heap in counted_cells(layers, zoom, ranges).items()
            for level, n in heap.counts.items()
        }
        transaction.set_rollback(True)


def test_a_tile_of_major_dangers_shows_what_has_just_changed(city: Any) -> None:
    danger = city.reports()
    x, y = Tile(8, 0, 0).place(float(danger.longitude), float(danger.latitude))
    at = Tile(8, x // EXTENT, y // EXTENT)
    rows = HiddenDanger.unscoped("a test changes its row").filter(pk=danger.pk)
    assert drawn([layer(city.city_officer, MAJOR)], at) == b""
    rows.update(severity="major")
    assert drawn([layer(city.city_officer, MAJOR)], at) != b""
    assert drawn([layer(city.far_officer, MAJOR)], at) == b""
    assert spread([layer(city.city_officer, MAJOR)]).placed == 1
    rows.update(longitude=None, latitude=None, cell="")
    assert drawn([layer(city.city_officer, MAJOR)], at) == b""
    assert spread([layer(city.city_officer, MAJOR)]).count == 1


@pytest.mark.parametrize("asked", [MAJOR, {**MAJOR, "open": ["1"]}])
def test_the_map_of_major_dangers_reads_an_index_of_few_and_no_table(
    city: Any, asked: dict[str, list[str]]
) -> None:
    planted(
        city, [((125.3, 43.9), severity, False, False, 1) for severity in ["general"] * 300 + ["major"] * 3]
    )
    rows = layer(city.city_officer, asked).rows.order_by().filter(hexagon__range=EVERYWHERE[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE hidden_dangers_hiddendanger")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        # Of three rows any index costs as little, of thirty thousand not: what is asked is whether this one holds everything.
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'hidden_dangers_hiddendanger'"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%' AND indexname <> 'hiddendanger_majormap'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
    plan = str(rows.values("hexagon", "severity", "longitude", "latitude").explain(costs=False))
    assert plan.startswith("Index Only Scan using hiddendanger_majormap"), plan
