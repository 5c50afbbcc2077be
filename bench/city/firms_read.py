"""What a story must know of the enterprise it happens at, and of the offices around it; read once, kept small."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.scope.models import Membership, Party, Territory
from anlan.kernel.scope.responsibility import remembering, responsibility
from anlan.site import demo
from anlan.site.demo_year import OFFICERS
from bench.city.entries import Desk


class Office(NamedTuple):
    """A department or township office."""

    id: str
    name: str
    sector: str


@dataclass
class Firm:
    """One enterprise with its desks, and the dangers it has had."""

    id: str
    name: str
    party: str
    sector: str
    path: str
    territory: str
    place: str
    address: str
    longitude: Decimal | None
    latitude: Decimal | None
    cell: str
    industry: str
    flags: frozenset[str]
    weight: float
    desks: dict[str, Desk]
    inspector: Desk | None
    township: Any
    regulator: str | None
    regulators: dict[str, list[str]]
    vacuums: list[Any]
    earlier: list[Any] = field(default_factory=list)
    open: int = 0


@dataclass
class Surroundings:
    """The offices of the city and who sits in them."""

    officers: dict[str, list[Desk]]
    levels: dict[str, str]
    city_bureau: Any

    def level_of(self, party: str | None) -> str:
        """Return the level of a department."""
        return self.levels.get(party or "", "")


def read_firms(seed: int, part: int, parts: int) -> tuple[list[Firm], Surroundings]:
    """Return every ``parts``-th enterprise from ``part`` on, and the offices."""
    desks = _desks()
    offices = {path: Office(str(p.pk), p.name, p.sector) for path, p in demo.township_offices().items()}
    committees = {path: str(p.pk) for path, p in demo.village_committees().items()}
    villages, today = {t.pk: t for t in Territory.objects.filter(level="village")}, clock.today()
    random = Random(f"{seed}/weights")
    rows = Enterprise.unscoped("the bench reads its own enterprises").defer("search", "safety_phone")
    firms = []
    with remembering():
        for number, row in enumerate(rows.order_by("credit_code").iterator(chunk_size=2000)):
            weight = demo.BUSY[row.scale] * random.uniform(0.3, 2.2)
            if number % parts != part:
                continue
            village = villages[row.territory_id]
            answer = responsibility(village, row.industry, today)
            inspectors = desks.get(committees.get(row.path, ""), [])
            firms.append(Firm(
                str(row.pk), row.name, str(row.holder_id), row.sector, row.path, str(row.territory_id), village.name,
                row.address, row.longitude, row.latitude, row.cell, row.industry,
                frozenset(n for n in Enterprise.KEY_FLAGS if getattr(row, n)), weight,
                {desk.kind: desk for desk in desks[str(row.holder_id)]},
                next((desk for desk in inspectors if desk.kind == "grid_inspector"), None),
                offices.get(demo.township_of(row.path)),
                str(answer.regulator.party_id) if answer.regulator else None,
                {role: [one.name for one in found] for role, found in answer.by_role.items()},
                [words.both() for words in answer.vacuums],
            ))  # fmt: skip
    return firms, _surroundings(desks)


def _desks() -> dict[str, list[Desk]]:
    """Return who sits where, by party, in the order of the posts."""
    seats = Membership.objects.filter(valid_to=None, post__is_demo=True).order_by("post_id")
    found: dict[str, list[Desk]] = {}
    named = seats.values_list(
        "post__party_id", "post_id", "post__kind", "post__title", "person_id", "person__name"
    )
    for party, post, kind, title, person, name in named.iterator(chunk_size=5000):
        found.setdefault(str(party), []).append(Desk(str(person), str(post), str(party), name, kind, title))
    return found


def _surroundings(desks: dict[str, list[Desk]]) -> Surroundings:
    departments = list(Party.objects.filter(kind="department", valid_to=None))
    bureau = next(p for p in departments if p.level == "city" and str(p.key).endswith(":emergency"))
    officers = {
        party: [desk for desk in sitting if desk.kind in OFFICERS] for party, sitting in desks.items()
    }
    return Surroundings(
        {party: sitting for party, sitting in officers.items() if sitting},
        {str(party.pk): party.level for party in departments},
        Office(str(bureau.pk), bureau.name, bureau.sector),
    )
