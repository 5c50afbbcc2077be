"""Tiles at the door: who sees which rows in them, how they are kept, and what is refused."""

from __future__ import annotations

import gzip
import random
from decimal import Decimal
from typing import Any

import mapbox_vector_tile
import pytest
from django.test import Client
from program import Program

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.registers.mercator import EXTENT, Tile

SUBJECTS = "enterprises", "enterprise-places", "hidden-dangers", "listed-supervision"
NEAR = (125.32, 43.88)


def tile_of(zoom: int, place: tuple[float, float] = NEAR) -> str:
    x, y = Tile(zoom, 0, 0).place(*place)
    return f"map/tiles/{zoom}/{x // EXTENT}/{y // EXTENT}.mvt"


def rows_in(program: Program, path: str, params: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    answer = program.get(path, params)
    assert answer.status_code == 200, answer.content
    body = gzip.decompress(answer.content) if answer.get("Content-Encoding") == "gzip" else answer.content
    found = mapbox_vector_tile.decode(body)
    return {name: [one["properties"] for one in part["features"]] for name, part in found.items()}


def counted(program: Program, zoom: int, params: dict[str, str]) -> int:
    found = rows_in(program, tile_of(zoom), params)
    return sum(one["n"] for one in found.get("clusters", [])) + len(found.get("points", []))


@pytest.mark.parametrize("zoom", [0, 7, 10, 12, 14, 18])
@pytest.mark.parametrize("slug", SUBJECTS)
def test_a_tile_counts_what_the_list_counts(city: Any, slug: str, zoom: int) -> None:
    for _ in range(3):
        city.reports()
    city.reports(by=city.far_officer, at=city.far_shop)
    for actor in (
        city.city_officer,
        city.officer,
        city.far_officer,
        city.safety_officer,
        city.grid_inspector,
    ):
        program = Program(actor)
        for more in ({}, {"q": "测试"}, {"sector": "work_safety"}, {"within": "125,43;126,43;126,44;125,44"}):
            listed = program.get(slug, more).json()["count"]
            assert counted(program, zoom, {"layers": slug, **more}) == listed
            told = program.get("map/tiles.json", {"layers": slug, **more}).json()
            assert (told["count"], told["placed"]) == (listed, listed)


def test_layers_are_counted_together_and_singly(city: Any) -> None:
    city.reports()
    program = Program(city.city_officer)
    each = {slug: counted(program, 7, {"layers": slug}) for slug in SUBJECTS}
    assert counted(program, 7, {}) == sum(each.values()) >= 3
    assert counted(program, 7, {"layers": "enterprises,hidden-dangers"}) == (
        each["enterprises"] + each["hidden-dangers"]
    )


def test_a_point_tells_its_id_and_level_and_no_name(city: Any) -> None:
    danger = city.reports()
    HiddenDanger.unscoped("a test moves its row aside").filter(pk=danger.pk).update(
        longitude=Decimal("125.3205")
    )
    found = rows_in(Program(city.officer), tile_of(16, (125.3205, 43.88)), {"layers": "hidden-dangers"})
    assert found["points"] == [{"id": str(danger.pk), "kind": "hidden-dangers", "level": 0}]
    assert "points" not in rows_in(
        Program(city.far_officer), tile_of(16, (125.3205, 43.88)), {"layers": "hidden-dangers"}
    )


def test_no_trick_of_a_filter_brings_a_row_out_of_scope(city: Any) -> None:
    danger = city.reports()
    far = Program(city.far_officer)
    for trick in (
        {"id": str(danger.pk)}, {"pk": str(danger.pk)}, {"within": "125.3,43.8;125.4,43.8;125.4,43.9;125.3,43.9"},
        {"for": "0" * 12}, {"territory": "220102"}, {"path": "/"}, {"archived": "true"}, {"layers": "hidden-dangers"},
    ):  # fmt: skip
        answer = far.get(tile_of(14), {"layers": "hidden-dangers", **trick})
        assert answer.status_code == 200
        assert answer.content == b""


def test_rows_without_a_place_are_told_apart(city: Any) -> None:
    Enterprise.unscoped("a test takes the place away").filter(pk=city.workshop.pk).update(
        longitude=None, latitude=None, cell=""
    )
    told = Program(city.city_officer).get("map/tiles.json", {"layers": "enterprises"}).json()
    assert (told["count"], told["placed"]) == (2, 1)
    nothing = Program(city.city_officer).get("map/tiles.json", {"layers": "enterprise-places"}).json()
    assert (nothing["count"], nothing["bounds"]) == (0, None)


def test_a_tile_is_kept_briefly_and_by_nobody_else(city: Any) -> None:
    program = Program(city.city_officer)
    first = program.get(tile_of(7), {"layers": "enterprises"})
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert set(first["Cache-Control"].split(", ")) == {"private", "max-age=30"}
    assert {"Cookie", "Authorization"} <= set(first["Vary"].split(", "))
    again = program.client.get(
        f"/api/v1/{tile_of(7)}?layers=enterprises",
        headers={**program.headers, "If-None-Match": first["ETag"]},
    )
    assert (again.status_code, again.content) == (304, b"")
    city.enterprise("又一家", city.village, "3489", 77)
    changed = program.client.get(
        f"/api/v1/{tile_of(7)}?layers=enterprises",
        headers={**program.headers, "If-None-Match": first["ETag"]},
    )
    assert changed.status_code == 200
    addresses = {
        Program(actor).get("map/tiles.json", {"layers": "enterprises"}).json()["tiles"][0]
        for actor in (city.city_officer, city.officer)
    }
    assert len(addresses) == 2


@pytest.mark.parametrize(
    "path", ["1/2/0", "1/0/2", "23/0/0", "-1/0/0", "0/0/-1", "a/b/c", "1.0/0/0", "9999999999/0/0", "1e1/0/0", "１/0/0", "2/%00/0"]
)  # fmt: skip
def test_what_is_no_tile_is_not_found(city: Any, path: str) -> None:
    assert Program(city.city_officer).get(f"map/tiles/{path}.mvt", {}).status_code in {400, 404}


@pytest.mark.parametrize(
    "within", ["nan,nan;1,1;2,2", "0,0;1,1", "125,43;126,44;126,43;125,44", "1,2;" * 900, "x" * 9000]
)
def test_an_area_that_is_none_is_refused_everywhere(city: Any, within: str) -> None:
    program = Program(city.city_officer)
    for path in (tile_of(7), "map/tiles.json", "enterprises", "hidden-dangers", "map/points"):
        answer = program.get(path, {"within": within, "bbox": "120,40,130,46", "zoom": "6"})
        assert answer.status_code == 422
        assert answer.json()["errors"]["within"]


def test_an_area_of_thousands_of_corners_costs_nothing(city: Any) -> None:
    chance = random.Random(1)
    ring = ";".join(f"{chance.uniform(120, 130):.5f},{chance.uniform(40, 46):.5f}" for _ in range(5000))
    assert Program(city.city_officer).get("enterprises", {"within": ring}).status_code in {414, 422}


def test_nobody_gets_no_tile(db: None) -> None:
    assert Client().get(f"/api/v1/{tile_of(7)}").status_code == 401
    assert Client().get("/api/v1/map/tiles.json").status_code == 401


def test_a_layer_that_is_none_is_refused(city: Any) -> None:
    assert Program(city.city_officer).get(tile_of(7), {"layers": "nothing"}).status_code == 422
