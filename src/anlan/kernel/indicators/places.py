"""Which places a row counts for: every territory above it down to the township, and the zones its township belongs to."""

from __future__ import annotations

import hashlib
from functools import cache

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
