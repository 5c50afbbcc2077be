"""Reads of the four-colour map: how many enterprises of each colour stand in each place and industry, now or on a past day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from anlan.domains.colours.area import area_settings
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.colours.models.colour import end_of, sections, standing_at
from anlan.domains.colours.rules import Area, area_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under
from anlan.kernel.words import Words

Counts = Mapping[int, int]
UNKNOWN_SECTION = Words("行业不明", "Industry unknown")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many enterprises of each colour something holds, and the colour of it as an area."""

    counts: Counts
    area: Area

    @property
    def total(self) -> int:
        """Return how many enterprises it holds."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Spread:
    """The colours of a place: together, by places below, by industry section."""

    whole: Counted
    places: Sequence[tuple[Territory, Counted]]
    sections: Sequence[tuple[str, Words, Counted]]


def spread(actor: Actor, place: Territory | None, below: Sequence[Territory], day: date | None) -> Spread:
    """Count the colours an actor sees in a place; ``day`` None is now. One question to the database."""
    rows = EnterpriseColour.seen_by(actor)
    rows = rows.filter(archived_at=None) if day is None else rows.filter(standing_at(end_of(day)))
    if place is not None:
        rows = rows.filter(_within(place))
    groups = list(rows.order_by().values_list("path", "section", "risk_level").annotate(n=Count("pk")))
    whole, by_section = Counter[int](), dict[str, Counter[int]]()
    for _path, section, level, count in groups:
        whole[level] += count
        by_section.setdefault(section, Counter())[level] += count
    named = dict(sections())
    found = [
        (code, named.get(code, UNKNOWN_SECTION), _counted(counts)) for code, counts in by_section.items()
    ]
    places = [(one, _counted(_inside(one, groups))) for one in below]
    return Spread(
        _counted(whole),
        sorted(places, key=lambda one: (-(one[1].area.score or 0), one[0].path)),
        sorted(found, key=lambda one: (-(one[2].area.score or 0), one[0])),
    )


def _within(place: Territory) -> Q:
    condition = Q()
    for prefix in place.prefixes():
        condition |= under(prefix)
    return condition


def _inside(place: Territory, groups: Iterable[tuple[Any, ...]]) -> Counter[int]:
    prefixes, found = tuple(place.prefixes()), Counter[int]()
    for path, _section, level, count in groups:
        if path.startswith(prefixes):
            found[level] += count
    return found


def _counted(counts: Counts) -> Counted:
    return Counted(counts, area_of(counts, area_settings()))
