"""The points of a table: rounded to what is kept, and from GCJ-02, in which Chinese maps shift them, back to WGS84."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

POINT, DEGREE_DIGITS = ("longitude", "latitude"), 6  # a tenth of a metre

_AXIS = 6378245.0  # metres, Krasovsky 1940
_ECCENTRICITY = 0.00669342162296594323


def to_wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """Return WGS84 degrees for GCJ-02 degrees, exact to about a centimetre; outside China the point stays."""
    lng, lat = longitude, latitude
    for _ in range(5):
        shifted_lng, shifted_lat = to_gcj02(lng, lat)
        lng, lat = lng - (shifted_lng - longitude), lat - (shifted_lat - latitude)
    return lng, lat


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Return GCJ-02 degrees for WGS84 degrees."""
    if not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    angle = latitude / 180 * math.pi
    magic = 1 - _ECCENTRICITY * math.sin(angle) ** 2
    root = math.sqrt(magic)
    north = north * 180 / ((_AXIS * (1 - _ECCENTRICITY)) / (magic * root) * math.pi)
    east = east * 180 / (_AXIS / root * math.cos(angle) * math.pi)
    return longitude + east, latitude + north


def of_a_point(translate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the translation of one half of a point."""
    return lambda cell: _degrees(translate(cell))


def _degrees(text: str) -> str:
    """Return degrees with the six digits that are kept; receivers write more, of which nobody measured the rest."""
    if len(text.partition(".")[2]) <= DEGREE_DIGITS and "e" not in text.lower():
        return text
    try:
        value = Decimal(text)
        is_finer = value.is_finite() and int(value.as_tuple().exponent) < -DEGREE_DIGITS
    except ArithmeticError:
        return text
    return format(round(value, DEGREE_DIGITS), "f") if is_finer and abs(value) < 1000 else text


def shift(data: dict[str, Any]) -> None:
    """Take the shift of Chinese maps off a point."""
    try:
        longitude, latitude = float(data["longitude"]), float(data["latitude"])
    except (KeyError, ValueError):
        return
    longitude, latitude = to_wgs84(longitude, latitude)
    data["longitude"], data["latitude"] = f"{longitude:.6f}", f"{latitude:.6f}"
