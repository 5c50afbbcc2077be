"""What is written as a vector tile is read again by the library's own reader."""

from __future__ import annotations

import mapbox_vector_tile
from hypothesis import given
from hypothesis import strategies as st
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from anlan.kernel.registers.vector_tile import Feature, _area, encoded

OPTIONS = {"y_coord_down": True}
number = st.integers(-(2**20), 2**20)
place = st.tuples(number, number)
said = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
    st.one_of(st.booleans(), st.integers(-(2**40), 2**40), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    max_size=5,
)  # fmt: skip


@given(st.lists(st.tuples(place, said), max_size=12))
def test_points_come_back_with_what_is_said_of_them(
    rows: list[tuple[tuple[int, int], dict[str, object]]],
) -> None:
    body = encoded({"points": [Feature([at], words) for at, words in rows], "empty": []})
    found = mapbox_vector_tile.decode(body, default_options=OPTIONS).get("points", {"features": []})[
        "features"
    ]
    assert [tuple(one["geometry"]["coordinates"]) for one in found] == [at for at, _ in rows]
    for one, (_, words) in zip(found, rows, strict=True):
        assert one["properties"] == words
        assert [type(one["properties"][key]) for key in words] == [type(value) for value in words.values()]
    assert (body == b"") == (not rows)


def test_a_ring_comes_back_clockwise_and_closed() -> None:
    square = [(10, 10), (10, 60), (60, 60), (60, 10)]
    for ring in (square, square[::-1]):
        body = encoded({"cells": [Feature(ring, {"n": 3})]})
        (one,) = mapbox_vector_tile.decode(body, default_options=OPTIONS)["cells"]["features"]
        (corners,) = one["geometry"]["coordinates"]
        assert corners[0] == corners[-1]
        assert {tuple(corner) for corner in corners} == set(square)
        assert _area([tuple(corner) for corner in corners[:-1]]) > 0


def test_a_corner_that_repeats_is_written_once() -> None:
    body = encoded({"cells": [Feature([(0, 0), (0, 0), (9, 0), (9, 9), (9, 9)], {})]})
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(body)
    assert tile.layers[0].features[0].geometry[3] == 2 | 2 << 3, "two lines, not four"


def test_a_word_stands_once_in_a_layer_and_kinds_are_kept_apart() -> None:
    body = encoded({"points": [Feature([(n, n)], {"kind": "a", "n": 1, "few": True}) for n in range(50)]})
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(body)
    (layer,) = tile.layers
    assert (layer.version, layer.extent, list(layer.keys), len(layer.values)) == (
        2,
        4096,
        ["kind", "n", "few"],
        3,
    )
