"""Web Mercator as map tiles use it: which degrees a tile spans, and where in a tile a place lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

EXTENT = 4096  # units across a vector tile
DEEPEST = 22
NORTHMOST = 85.0511287798  # beyond it no tile reaches


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of the world: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Say whether there is such a tile."""
        return 0 <= self.z <= DEEPEST and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees, widened by a share of the tile; never beyond the world."""
        west, north = self._corner(self.x - margin, self.y - margin)
        east, south = self._corner(self.x + 1 + margin, self.y + 1 + margin)
        return west, south, east, north

    def _corner(self, column: float, row: float) -> tuple[float, float]:
        across = 2**self.z
        column, row = min(max(column, 0.0), float(across)), min(max(row, 0.0), float(across))
        return column / across * 360 - 180, math.degrees(
            math.atan(math.sinh(math.pi * (1 - 2 * row / across)))
        )

    def place(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return where in the tile a place lies, in whole units from its north-west corner; may lie outside."""
        return self.place_of(*world_of(longitude, latitude))

    def place_of(self, column: float, row: float) -> tuple[int, int]:
        """Return the same of what ``world_of`` says of a place."""
        across = 2**self.z
        return math.floor((column * across - self.x) * EXTENT), math.floor((row * across - self.y) * EXTENT)


def world_of(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where a place lies in the square of the whole world: shares of it from the west and from the north."""
    sine = math.sin(math.radians(min(max(latitude, -NORTHMOST), NORTHMOST)))
    return (longitude + 180) / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def holds(place: tuple[int, int]) -> bool:
    """Say whether a place of a tile lies inside it, so that neighbouring tiles share every place out once."""
    return 0 <= place[0] < EXTENT and 0 <= place[1] < EXTENT
