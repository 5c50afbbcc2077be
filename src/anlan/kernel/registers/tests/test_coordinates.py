"""GCJ-02 and WGS84: the round trip is true to a millimetre, and known places fall where they are known to fall."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.registers.coordinates import GCJ02, WGS84, drawn_in, kept_from, to_gcj02, to_wgs84

CHINA = (st.floats(73, 135), st.floats(18, 53.5))


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    across = math.cos(math.radians(one[1])) * 111_320
    return math.hypot((one[0] - other[0]) * across, (one[1] - other[1]) * 111_320)


@given(*CHINA)
def test_there_and_back_is_the_same_place(longitude: float, latitude: float) -> None:
    there = to_gcj02(longitude, latitude)
    assert metres(to_wgs84(*there), (longitude, latitude)) < 0.001
    assert metres(there, (longitude, latitude)) < 1000


@given(*CHINA)
def test_the_offset_is_never_nothing_inside_china(longitude: float, latitude: float) -> None:
    assert metres(to_gcj02(longitude, latitude), (longitude, latitude)) > 10


@pytest.mark.parametrize("place", [(0.0, 0.0), (-122.4, 37.8), (139.7, 35.7), (180.0, 90.0), (-180.0, -90.0)])
def test_elsewhere_nothing_moves(place: tuple[float, float]) -> None:
    assert to_gcj02(*place) == place == to_wgs84(*place)


def test_changchun_moves_east_and_north_by_hundreds_of_metres() -> None:
    longitude, latitude = to_gcj02(125.3235, 43.8171)
    assert 0.004 < longitude - 125.3235 < 0.009
    assert 0.001 < latitude - 43.8171 < 0.004


def test_a_layer_that_is_wgs84_moves_nothing() -> None:
    assert drawn_in(WGS84, 125.3, 43.8) == (125.3, 43.8) == kept_from(WGS84, 125.3, 43.8)
    assert kept_from(GCJ02, *drawn_in(GCJ02, 125.3, 43.8)) == pytest.approx((125.3, 43.8), abs=1e-8)
