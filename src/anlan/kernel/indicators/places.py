"""Which places a row counts for: every territory above it down to the township, and the zones its township belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from django.db.models import Case, CharField, Value, When

from anlan.kernel import clock
from anlan.kernel.scope.models import Territory, ZoneMember
from anlan.kernel.scope.territory import in_force

# Levels that are also kept for each sector; a township is kept for all sectors together.
BY_SECTOR = frozenset({"province", "city", "county", "zone"})
ROLLED = BY_SECTOR | {"township"}


def zones_now() -> dict[str, str]:
    """Return by zone a digest of which places belong to it today."""
    members = ZoneMember.objects.filter(in_force(clock.today())).order_by("zone__path", "territory__path")
    found: dict[str, list[str]] = {}
    for zone, path in members.values_list("zone__path", "territory__path"):
        found.setdefault(zone, []).append(path)
    return {zone: hashlib.sha256("\n".join(paths).encode()).hexdigest()[:16] for zone, paths in found.items()}


@dataclass(frozen=True)
class Around:
    """The places some rows count for, and the ``branches`` of the tree that have to be told apart to count them.

    Of two rows whose paths begin with the same longest branch, each of these places counts both or neither: so rows may be
    added up by branch, and thousands of villages become a dozen groups.
    """

    places: frozenset[str]
    branches: tuple[str, ...]  # the longest first

    def branch(self) -> Case:
        """Return the branch of a row, or an empty text for a row that none of these places counts."""
        arms = [When(path__startswith=branch, then=Value(branch)) for branch in self.branches]
        return Case(*arms, default=Value(""), output_field=CharField())

    def of(self, places: PlacesOf) -> Callable[[str], tuple[tuple[str, bool], ...]]:
        """Return what answers, for a branch, those of these places it counts for."""
        return cache(lambda branch: tuple(found for found in places.of(branch) if found[0] in self.places))


class PlacesOf:
    """Answers, for the path of a row, the paths it counts for and whether by sector. Reads the tree once."""

    def __init__(self) -> None:
        levels = dict(Territory.objects.values_list("path", "level"))
        self._levels = {path: level for path, level in levels.items() if level in ROLLED}
        members = ZoneMember.objects.filter(in_force(clock.today())).values_list(
            "territory__path", "zone__path"
        )
        self._zones: dict[str, set[str]] = {}
        for path, zone in members:
            self._zones.setdefault(path, set()).add(zone)
        self.of = cache(self._of)

    def _of(self, path: str) -> tuple[tuple[str, bool], ...]:
        parts = path.strip("/").split("/")
        above = ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        found = {place: self._levels[place] in BY_SECTOR for place in above if place in self._levels}
        for place in above:
            for zone in self._zones.get(place, ()):
                found[zone] = True
        return tuple(found.items())

    def around(self, paths: Iterable[str]) -> Around:
        """Return the places that rows with these paths count for, with the members of the zones among them."""
        places = frozenset(place for path in paths for place, _ in self.of(path))
        members = {path for path, zones in self._zones.items() if not zones.isdisjoint(places)}
        return Around(places, tuple(sorted({*places, *members}, key=lambda path: (-len(path), path))))
