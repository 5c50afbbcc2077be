"""From GCJ-02, in which Chinese maps shift their points, back to WGS84, in which coordinates are stored."""

from __future__ import annotations

import math

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
