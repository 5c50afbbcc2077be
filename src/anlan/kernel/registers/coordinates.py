"""WGS84, which everything is kept in, and GCJ-02, in which base maps sold in China are drawn.

The formula is the published one of an ellipsoid (Krasovsky 1940) with a smooth offset of up to some 700 m; it applies
inside China's box and nowhere else. There is no closed inverse: the offset is searched by repetition to a millimetre.
BD-09 is not converted: no layer in use here needs it.
"""

from __future__ import annotations

import math

WGS84, GCJ02 = "wgs84", "gcj02"
SYSTEMS = (WGS84, GCJ02)
_AXIS = 6378245.0  # metres: the ellipsoid of the formula
_ECCENTRICITY = 0.00669342162296594323
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
_ROUNDS = 12
Place = tuple[float, float]


def to_gcj02(longitude: float, latitude: float) -> Place:
    """Return the GCJ-02 degrees of a WGS84 place."""
    if not _WEST <= longitude <= _EAST or not _SOUTH <= latitude <= _NORTH:
        return longitude, latitude
    east, north = _offset(longitude, latitude)
    return longitude + east, latitude + north


def to_wgs84(longitude: float, latitude: float) -> Place:
    """Return the WGS84 degrees of a GCJ-02 place."""
    found = (longitude, latitude)
    for _ in range(_ROUNDS):
        drawn = to_gcj02(*found)
        found = (found[0] + longitude - drawn[0], found[1] + latitude - drawn[1])
    return found


def drawn_in(system: str, longitude: float, latitude: float) -> Place:
    """Return where a WGS84 place is drawn on a layer of a system."""
    return to_gcj02(longitude, latitude) if system == GCJ02 else (longitude, latitude)


def kept_from(system: str, longitude: float, latitude: float) -> Place:
    """Return the WGS84 place of one read off a layer of a system."""
    return to_wgs84(longitude, latitude) if system == GCJ02 else (longitude, latitude)


def _offset(longitude: float, latitude: float) -> Place:
    """Return the offset in degrees: two waves in metres, turned into degrees on the ellipsoid at this latitude."""
    x, y = longitude - 105.0, latitude - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    angle = math.radians(latitude)
    flat = 1 - _ECCENTRICITY * math.sin(angle) ** 2
    along = _AXIS * (1 - _ECCENTRICITY) / (flat * math.sqrt(flat)) * math.pi / 180
    across = _AXIS / math.sqrt(flat) * math.cos(angle) * math.pi / 180
    return east / across, north / along
