"""Who regulates, worked out from the dated remits: the answers of the responsibility resolver, none of them remembered.

Names the territorial (属地), direct (行业直接), comprehensive (综合) and special (专项) regulators, and reports vacuums and
overlaps (articles 3, 4 and 6).
"""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from anlan.kernel.scope.parties import REMIT_ROLES, Party, Remit, successors_of
from anlan.kernel.scope.territory import Territory, ZoneMember, in_force
from anlan.kernel.words import Words

EXPECTED = ("direct", "territorial", "comprehensive")
_LEVEL_RANK = {"province": 0, "city": 1, "county": 2, "zone": 3, "township": 4, "village": 5}

# GB/T 4754 writes a section letter above its divisions; a class code (four digits) does not carry it.
LETTERS = "ABCDEFGHIJKLMNOPQRST"
_SECTIONS = (
    (5, "A"), (12, "B"), (43, "C"), (46, "D"), (50, "E"), (52, "F"), (60, "G"), (62, "H"), (65, "I"), (69, "J"),
    (70, "K"), (72, "L"), (75, "M"), (79, "N"), (82, "O"), (83, "P"), (85, "Q"), (90, "R"), (96, "S"), (97, "T"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Regulator:
    """One department in one role, with the reason in words and its citation."""

    party_id: uuid.UUID
    name: str
    role: str
    level: str
    sector: str
    subject: str
    territory: str
    reason: Words
    citation: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The resolver's answer. ``by_role`` is ordered from the nearest level upward."""

    on: date
    by_role: dict[str, tuple[Regulator, ...]] = field(default_factory=dict)
    vacuums: tuple[Words, ...] = ()
    overlaps: tuple[Words, ...] = ()

    @property
    def regulator(self) -> Regulator | None:
        """Return who answers first: the nearest direct regulator, else the comprehensive, else the territorial one."""
        for role in ("direct", "comprehensive", "territorial"):
            if self.by_role.get(role):
                return self.by_role[role][0]
        return None


def section_of(industry: str) -> str:
    """Return the GB/T 4754-2017 section letter of an industry code, or an empty string."""
    if not industry:
        return ""
    if industry[0].isalpha():
        return industry[0].upper()
    division = int(industry[:2]) if industry[:2].isdigit() else 0
    return next((letter for top, letter in _SECTIONS if 0 < division <= top), "")


def paths_of(place: Territory) -> list[str]:
    parts = place.path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def answer_from(
    found: Sequence[Remit],
    on: date,
    subject: str | None,
    told: Callable[[Remit, date], Regulator] | None = None,
) -> Responsibility:
    told = told or regulator_of
    by_role: dict[str, tuple[Regulator, ...]] = {}
    overlaps: list[Words] = []
    groups: dict[tuple[str, str], list[Remit]] = defaultdict(list)
    for remit in found:
        groups[(remit.role, remit.subject)].append(remit)
    for (role, _subject), remits in groups.items():
        kept, clash = _nearest(remits, on)
        by_role[role] = by_role.get(role, ()) + tuple(told(remit, on) for remit in kept)
        overlaps += clash
    return Responsibility(on, by_role, tuple(_vacuums(by_role, subject)), tuple(overlaps))


def remits_for(place: Territory, industry: str, on: date, subject: str | None) -> Iterator[Remit]:
    paths = paths_of(place)
    zones = ZoneMember.objects.filter(in_force(on), territory__path__in=paths).values("zone_id")
    section, code = section_of(industry), industry.lstrip(LETTERS)
    prefixes = [code[: n + 1] for n in range(len(code))]
    # Narrowed in the database: a county has some forty remits for each one that fits.
    may_cover = ["", section, *prefixes, *(section + prefix for prefix in prefixes)]
    rows = (
        Remit.objects.filter(in_force(on), industry__in=may_cover)
        .filter(Q(territory__path__in=paths) | Q(territory_id__in=zones))
        .select_related("party", "territory")
        .prefetch_related("party__names")
    )
    fitting = [remit for remit in rows if fits(remit, section, code, subject)]
    heirs = successors_of((remit.party_id for remit in fitting), on)
    yield from inherited(fitting, heirs, parties_by_id(heirs))


def fits(remit: Remit, section: str, code: str, subject: str | None) -> bool:
    return _covers(remit.industry, section, code) and (
        remit.role != "special" or subject in (None, remit.subject)
    )


def parties_by_id(heirs: Mapping[uuid.UUID, Sequence[uuid.UUID]]) -> Mapping[uuid.UUID, Party]:
    return Party.objects.prefetch_related("names").in_bulk({pk for found in heirs.values() for pk in found})


def _covers(prefix: str, section: str, code: str) -> bool:
    """Say whether a remit's industry (a section letter, digits, or empty for all) covers a code."""
    digits = prefix.lstrip(LETTERS)
    return code.startswith(digits) if digits else prefix in ("", section)


def inherited(
    remits: Sequence[Remit],
    heirs: Mapping[uuid.UUID, Sequence[uuid.UUID]],
    parties: Mapping[uuid.UUID, Party],
) -> Iterator[Remit]:
    """Put those who took over merged departments in their place; nothing is saved."""
    seen = set()
    for remit in remits:
        for party in [parties[pk] for pk in heirs.get(remit.party_id, ())] or [remit.party]:
            held = remit if party is remit.party else copy.copy(remit)
            held.party = party
            key = claim(held)
            if key not in seen:
                seen.add(key)
                yield held


def claim(held: Remit) -> tuple[Any, ...]:
    """Return what makes two remits the same claim of the same party."""
    return held.party.pk, held.role, held.subject, held.industry, held.territory_id


def _nearest(remits: Iterable[Remit], on: date) -> tuple[list[Remit], list[Words]]:
    """Keep, per level, the remits closest in industry; report two that claim the same."""
    levels: dict[int, list[Remit]] = defaultdict(list)
    for remit in remits:
        levels[_rank(remit)].append(remit)
    kept: list[Remit] = []
    clashes: list[Words] = []
    for rank in sorted(levels, reverse=True):
        left = [remit for remit in levels[rank] if remit.displaces] or levels[rank]
        closest = max(len(remit.industry) for remit in left)
        best = [remit for remit in left if len(remit.industry) == closest]
        if len({remit.party_id for remit in best}) > 1:
            names = sorted(remit.party.name_on(on) for remit in best)
            role = dict(REMIT_ROLES)[best[0].role]
            clashes.append(
                Words("{role}重叠：{names}", "Overlap of the {role}: {names_en}").filled(
                    role=role, names="、".join(names), names_en=", ".join(names)
                )
            )
        kept += sorted(best, key=lambda remit: (remit.party.name, str(remit.party_id)))
    return kept, clashes


def _rank(remit: Remit) -> int:
    """Return the level of a remit; a zone stands where a county stands."""
    level = remit.territory.level
    return _LEVEL_RANK["county"] if level == "zone" else _LEVEL_RANK.get(level, 0)


def regulator_of(remit: Remit, on: date) -> Regulator:
    party: Party = remit.party
    scope = remit.industry or Words("全部行业", "all industries")
    reason = Words("{place}内 {scope}", "in {place}: {scope}").filled(place=remit.territory.name, scope=scope)
    return Regulator(
        party.id,
        party.name_on(on),
        remit.role,
        remit.territory.level,
        remit.sector or party.sector,
        remit.subject,
        remit.territory.name,
        reason,
        remit.citation,
        remit.confidence,
    )


def _vacuums(by_role: dict[str, tuple[Regulator, ...]], subject: str | None) -> Iterator[Words]:
    words = dict(REMIT_ROLES)
    for role in EXPECTED:
        if not by_role.get(role):
            yield Words("监管空白：无{role}", "Vacuum: no {role}").filled(role=words[role])
    if subject and not by_role.get("special"):
        yield Words(
            "监管空白：专项“{subject}”无人负责", "Vacuum: nobody is responsible for {subject}"
        ).filled(subject=subject)
