"""Representative points for places that no open source has surveyed.

Villages and townships of a pack have no open coordinates. Each gets a point worked out from what is known:
inside the polygon of its county, towns spread evenly, streets around the county's centre, villages around
their township. The same input gives the same points. Every point says that it is derived.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shapely.geometry import Point, Polygon, shape

GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
KM_PER_DEGREE = 111.2
STREET_SPACING_KM = 0.9
VILLAGE_SPACING_KM = {"urban": 0.22, "rural": 1.3}
EDGE_KM = 0.4


@dataclass(frozen=True, slots=True)
class PlacedPoint:
    """A point of a territory: WGS84 degrees and how it came about."""

    code: str
    longitude: float
    latitude: float
    precision: str
    basis: str


class CountyGround:
    """The polygon of one county and the points already put into it."""

    def __init__(self, feature: dict[str, Any]) -> None:
        """Take a GeoJSON feature of the county."""
        self.whole: Polygon = shape(feature["geometry"])
        inner = self.whole.buffer(-EDGE_KM / KM_PER_DEGREE)
        self.inside = inner if not inner.is_empty else self.whole
        self.squeeze = math.cos(math.radians(self.whole.centroid.y))
        self.taken: list[tuple[float, float]] = []

    def covers(self, at: tuple[float, float]) -> bool:
        """Say whether a point lies inside, a little off the edge."""
        return bool(self.inside.contains(Point(at)))

    def apart(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Return the distance in kilometres (flat, good enough within a county)."""
        return KM_PER_DEGREE * math.hypot((a[0] - b[0]) * self.squeeze, a[1] - b[1])

    def spiral(
        self, centre: tuple[float, float], spacing_km: float, turn: float
    ) -> Iterator[tuple[float, float]]:
        """Yield points of a sunflower spiral that lie inside, from the centre outwards."""
        for n in range(1, 20_000):
            far, angle = spacing_km * math.sqrt(n), turn + n * GOLDEN_ANGLE
            east, north = far * math.cos(angle), far * math.sin(angle)
            at = (centre[0] + east / KM_PER_DEGREE / self.squeeze, centre[1] + north / KM_PER_DEGREE)
            if self.covers(at):
                yield at

    def _to_border(self, at: tuple[float, float]) -> float:
        """Return twice the distance to the border in kilometres: a town has its land on all sides."""
        return 2 * KM_PER_DEGREE * self.squeeze * float(self.whole.boundary.distance(Point(at)))

    def spread(self, count: int) -> list[tuple[float, float]]:
        """Return points far from one another and from those taken: each the farthest of a fixed sequence."""
        west, south, east, north = self.whole.bounds
        sequence = [
            (west + halton(n, 2) * (east - west), south + halton(n, 3) * (north - south))
            for n in range(1, 1200)
        ]
        candidates = [at for at in sequence if self.covers(at)]
        near = [
            min([self._to_border(at), *(self.apart(at, other) for other in self.taken)]) for at in candidates
        ]
        chosen = []
        for _ in range(count):
            best = max(range(len(candidates)), key=lambda i: near[i])
            chosen.append(candidates[best])
            near = [min(d, self.apart(at, candidates[best])) for at, d in zip(candidates, near, strict=True)]
        return chosen


def halton(n: int, base: int) -> float:
    """Return the n-th number of the Halton sequence in a base: evenly spread over 0…1, without chance."""
    value, part = 0.0, 1.0
    while n:
        part /= base
        value += part * (n % base)
        n //= base
    return value


def turn_of(code: str) -> float:
    """Return an angle that depends on the code alone, so that no two villages' rings look alike."""
    number = int(code[-9:]) if code[-9:].isdigit() else zlib.crc32(code.encode())
    return number % 997 / 997 * 2 * math.pi


def urban_townships(territories: list[dict[str, str]]) -> set[str]:
    """Return the streets (街道) that are town: they hold more communities (社区) than villages (村委会)."""
    held: dict[str, list[bool]] = {}
    for row in territories:
        if row["level"] == "5":
            held.setdefault(row["parent"], []).append(not row["name"].endswith("村委会"))
    streets = {row["code"] for row in territories if row["kind"] == "street"}
    return {code for code, town in held.items() if code in streets and sum(town) * 2 > len(town)}


def derive(
    territories: list[dict[str, str]],
    zones: list[dict[str, str]],
    anchors: list[dict[str, str]],
    boundaries: dict[str, Any],
) -> list[PlacedPoint]:
    """Return a point for every county, zone, township and village of a pack, in the order of its file."""
    placing = _Placing(territories, zones, anchors, boundaries)
    placing.place_counties()
    placing.place_townships()
    placing.place_villages()
    return [placing.points[row["code"]] for row in territories if row["code"] in placing.points]


class _Placing:
    """The work of one derivation."""

    def __init__(
        self,
        territories: list[dict[str, str]],
        zones: list[dict[str, str]],
        anchors: list[dict[str, str]],
        boundaries: dict[str, Any],
    ) -> None:
        self.rows = territories
        self.zone_of = {row["territory"]: row["zone"] for row in zones}
        self.anchors = {row["code"]: row for row in anchors}
        self.grounds = {f["properties"]["code"]: CountyGround(f) for f in boundaries["features"]}
        self.urban = urban_townships(territories)
        self.points: dict[str, PlacedPoint] = {}

    def put(self, code: str, at: tuple[float, float], precision: str, basis: str) -> None:
        self.points[code] = PlacedPoint(code, round(at[0], 5), round(at[1], 5), precision, basis)

    def known(self, code: str) -> tuple[float, float] | None:
        anchor = self.anchors.get(code)
        return (float(anchor["lon"]), float(anchor["lat"])) if anchor else None

    def at(self, code: str) -> tuple[float, float]:
        point = self.points[code]
        return (point.longitude, point.latitude)

    def place_counties(self) -> None:
        for row in self.rows:
            if row["kind"] not in ("city", "county", "functional_zone"):
                continue
            anchor = self.anchors.get(row["code"])
            at = self.known(row["code"])
            if at and anchor:
                self.put(row["code"], at, anchor["precision"], anchor["basis"])
            elif row["code"] in self.grounds:
                middle = self.grounds[row["code"]].whole.representative_point()
                self.put(row["code"], (middle.x, middle.y), "derived", "inside the county polygon")

    def place_townships(self) -> None:
        for county, ground in self.grounds.items():
            members = [row for row in self.rows if row["level"] == "4" and row["parent"] == county]
            for row in members:
                if at := self.known(row["code"]):
                    ground.taken.append(at)
                    self.put(
                        row["code"],
                        at,
                        self.anchors[row["code"]]["precision"],
                        self.anchors[row["code"]]["basis"],
                    )
            left = [row for row in members if row["code"] not in self.points]
            self._urban(county, ground, [row for row in left if row["code"] in self.urban])
            towns = [row for row in left if row["code"] not in self.urban]
            for row, at in zip(towns, ground.spread(len(towns)), strict=True):
                self.put(row["code"], at, "derived", "spread evenly inside the county polygon")

    def _urban(self, county: str, ground: CountyGround, streets: list[dict[str, str]]) -> None:
        around: dict[str, list[dict[str, str]]] = {}
        for row in streets:
            zone = self.zone_of.get(row["code"], "")
            around.setdefault(zone if zone in self.points else county, []).append(row)
        for centre, rows in sorted(around.items()):
            ring = ground.spiral(self.at(centre), STREET_SPACING_KM, turn_of(centre))
            for row in rows:
                at = next(
                    p for p in ring if all(ground.apart(p, t) > STREET_SPACING_KM / 2 for t in ground.taken)
                )
                ground.taken.append(at)
                self.put(row["code"], at, "derived", "near the centre of its county or zone")

    def place_villages(self) -> None:
        townships = {row["code"]: row for row in self.rows if row["level"] == "4"}
        rings: dict[str, Iterator[tuple[float, float]]] = {}
        for row in self.rows:
            if row["level"] != "5":
                continue
            township = townships[row["parent"]]
            if township["code"] not in rings:
                ground = self.grounds[township["parent"]]
                spacing = VILLAGE_SPACING_KM["urban" if township["code"] in self.urban else "rural"]
                rings[township["code"]] = ground.spiral(
                    self.at(township["code"]), spacing, turn_of(township["code"])
                )
            self.put(row["code"], next(rings[township["code"]]), "derived", "near the point of its township")
