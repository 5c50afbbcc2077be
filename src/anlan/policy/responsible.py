"""Who the policy makes responsible: its actors in words, and the body that is meant at a place today.

``actors.yaml`` maps the actors of 2017 to departments of a city pack; which body that is follows from the pack's parties,
so a rename or a merger there shows here. An actor that no department answers to stays in its own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from anlan.kernel import clock
from anlan.kernel.scope.models import Party, Territory
from anlan.kernel.scope.parties import in_force
from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Responsible:
    """An actor of the policy and, where there is one, the body it is at a place today."""

    key: str
    words: Words
    body: Words | None


@cache
def actors() -> dict[str, dict[str, Any]]:
    """Return the actors with their words and the department of a city pack they are, if any."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with Path(__file__).with_name("actors.yaml").open(encoding="utf-8") as stream:
        read: dict[str, dict[str, Any]] = yaml.load(stream, Loader=loader)  # noqa: S506 - a safe loader
    return read


class Bodies:
    """The bodies of one place, read once."""

    def __init__(self, place: Territory | None) -> None:
        self._by_department = _bodies_at(place) if place is not None else {}

    def of(self, keys: Iterable[str]) -> list[Responsible]:
        """Return who is responsible, in the order of the policy."""
        return [self._one(key) for key in keys]

    def _one(self, key: str) -> Responsible:
        said = actors()[key]
        body = self._by_department.get(str(said.get("department", "")))
        return Responsible(key, Words(said["zh"], said["en"]), body)


def _bodies_at(place: Territory) -> dict[str, Words]:
    """Return the bodies of a place by department: those of its county where the place lies in one, else of the city."""
    standing = place
    while standing.level not in {"county", "zone", "city"} and standing.parent is not None:
        standing = standing.parent
    found = Party.objects.filter(in_force(clock.today()), key__startswith=f"{standing.code}:")
    return {
        str(party.key).partition(":")[2]: Words(party.name, party.name_en or party.name) for party in found
    }
