"""The responsibility resolver: for a place, an industry and a date, who regulates and why.

Names the territorial (属地), direct (行业直接), comprehensive (综合) and special (专项) regulators from the dated remits,
and reports vacuums and overlaps (articles 3, 4 and 6). It reads remits only; it never moves a matter.
"""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from threading import local
from typing import Any

from django.db import connection
from django.db.models import Q

from anlan.kernel.scope.parties import REMIT_ROLES, Party, Remit, successors_of
from anlan.kernel.scope.territory import Territory, ZoneMember, in_force
from anlan.kernel.words import Words

EXPECTED = ("direct", "territorial", "comprehensive")
_LEVEL_RANK = {"province": 0, "city": 1, "county": 2, "zone": 3, "township": 4, "village": 5}

# GB/T 4754 writes a section letter above its divisions; a class code (four digits) does not carry it.
_LETTERS = "ABCDEFGHIJKLMNOPQRST"
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


def read_from() -> tuple[Any, ...]:
    """Return the fingerprint of what is remembered, as ``renew`` last found it; empty where nothing is."""
    remembered = _memory.get()
    return () if remembered is None else remembered.read_from


def section_of(industry: str) -> str:
    """Return the GB/T 4754-2017 section letter of an industry code, or an empty string."""
    if not industry:
        return ""
    if industry[0].isalpha():
        return industry[0].upper()
    division = int(industry[:2]) if industry[:2].isdigit() else 0
    return next((letter for top, letter in _SECTIONS if 0 < division <= top), "")


def responsibility(place: Territory, industry: str, on: date, subject: str | None = None) -> Responsibility:
    """Resolve who regulates an industry at a place on a day.

    ``industry`` is a GB/T 4754 code (letter or digits; empty = unknown). ``subject`` asks for one special subject; without
    it every special subject in force is listed. Vacuum: an expected role with nobody. Overlap: two parties in the same
    role, at the same level and with the same closeness of industry, neither displacing the other.
    """
    remembered = _memory.get()
    if remembered is not None:
        return remembered.answer(place, industry, on, subject)
    return _recalled(place, industry, on, subject)


_recent: dict[tuple[Any, ...], tuple[Any, Responsibility]] = {}
MOST_RECENT = 5_000
MOST_DAYS = 3  # so many are kept from one request to the next


def _recalled(place: Territory, industry: str, on: date, subject: str | None) -> Responsibility:
    """Answer as this process did before, where nothing an answer for this place is made from has changed since."""
    paths = _paths_of(place)
    with connection.cursor() as cursor:
        cursor.execute(_NEAR_FINGERPRINT, [paths, paths])
        present = cursor.fetchone()
    key = (tuple(paths), industry, on, subject)
    before = _recent.get(key)
    if before is not None and before[0] == present:
        return before[1]
    answer = _answer(list(_remits(place, industry, on, subject)), on, subject)
    if len(_recent) >= MOST_RECENT:
        _recent.clear()
    _recent[key] = (present, answer)
    return answer


def _paths_of(place: Territory) -> list[str]:
    parts = place.path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def _answer(
    found: Sequence[Remit],
    on: date,
    subject: str | None,
    told: Callable[[Remit, date], Regulator] | None = None,
) -> Responsibility:
    told = told or _regulator
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


def _remits(place: Territory, industry: str, on: date, subject: str | None) -> Iterator[Remit]:
    paths = _paths_of(place)
    zones = ZoneMember.objects.filter(in_force(on), territory__path__in=paths).values("zone_id")
    section, code = section_of(industry), industry.lstrip(_LETTERS)
    prefixes = [code[: n + 1] for n in range(len(code))]
    # Narrowed in the database: a county has some forty remits for each one that fits.
    may_cover = ["", section, *prefixes, *(section + prefix for prefix in prefixes)]
    rows = (
        Remit.objects.filter(in_force(on), industry__in=may_cover)
        .filter(Q(territory__path__in=paths) | Q(territory_id__in=zones))
        .select_related("party", "territory")
        .prefetch_related("party__names")
    )
    fitting = [remit for remit in rows if _fits(remit, section, code, subject)]
    heirs = successors_of((remit.party_id for remit in fitting), on)
    yield from _inherited(fitting, heirs, _parties(heirs))


def _fits(remit: Remit, section: str, code: str, subject: str | None) -> bool:
    return _covers(remit.industry, section, code) and (
        remit.role != "special" or subject in (None, remit.subject)
    )


def _parties(heirs: Mapping[uuid.UUID, Sequence[uuid.UUID]]) -> Mapping[uuid.UUID, Party]:
    return Party.objects.prefetch_related("names").in_bulk({pk for found in heirs.values() for pk in found})


def _covers(prefix: str, section: str, code: str) -> bool:
    """Say whether a remit's industry (a section letter, digits, or empty for all) covers a code."""
    digits = prefix.lstrip(_LETTERS)
    return code.startswith(digits) if digits else prefix in ("", section)


def _inherited(
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
            key = _claim(held)
            if key not in seen:
                seen.add(key)
                yield held


def _claim(held: Remit) -> tuple[Any, ...]:
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


def _regulator(remit: Remit, on: date) -> Regulator:
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


class _Day:
    """The remits of one day, read once, and the answers given from them."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.remits = list(
            Remit.objects.filter(in_force(on))
            .select_related("party", "territory")
            .prefetch_related("party__names")
        )
        # By place and by what is compared of the industry (``_covers``): which of the remits, by their number.
        self.by_path: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, remit in enumerate(self.remits):
            covered = remit.industry.lstrip(_LETTERS) or remit.industry
            self.by_path[remit.territory.path][covered].append(number)
        self.zones: dict[str, list[str]] = defaultdict(list)
        members = ZoneMember.objects.filter(in_force(on)).values_list("territory__path", "zone__path")
        for member, zone in members:
            self.zones[member].append(zone)
        self.heirs = successors_of((remit.party_id for remit in self.remits), on)
        self.parties = _parties(self.heirs)
        self._answers: dict[tuple[Any, ...], Responsibility] = {}
        self._asked: dict[tuple[Any, ...], Responsibility] = {}
        self._around: dict[str, tuple[str, ...]] = {}
        self._held: dict[Any, list[Remit]] = {}
        self._regulators: dict[int, Regulator] = {}

    def answer(self, place: Territory, industry: str, subject: str | None) -> Responsibility:
        # Most villages have no remits of their own: what holds there is asked once for all of them.
        asked = (self._places(place), industry, subject)
        if asked not in self._asked:
            if len(self._asked) >= MOST_RECENT:
                self._asked.clear()
            self._asked[asked] = self._found(*asked)
        return self._asked[asked]

    def _places(self, place: Territory) -> tuple[str, ...]:
        """Return those of the places around a place, and of their zones, for which somebody has a remit."""
        known = self._around.get(place.path)
        if known is None:
            paths = _paths_of(place)
            zones = [zone for path in paths for zone in self.zones.get(path, ())]
            known = tuple(path for path in dict.fromkeys([*paths, *zones]) if path in self.by_path)
            self._around[place.path] = known
        return known

    def _found(self, places: tuple[str, ...], industry: str, subject: str | None) -> Responsibility:
        section, code = section_of(industry), industry.lstrip(_LETTERS)
        covering = ["", *([section] if section else []), *(code[: n + 1] for n in range(len(code)))]
        fitting = tuple(
            sorted(n for path in places for part in covering for n in self.by_path[path].get(part, ()))
        )
        # Many places and industries have the same remits: what is answered follows from these alone.
        key = (fitting, subject)
        if key not in self._answers:
            remits = [self.remits[n] for n in fitting if _fits(self.remits[n], section, code, subject)]
            self._answers[key] = _answer(list(self._inherited(remits)), self.on, subject, self._regulator)
        return self._answers[key]

    def _inherited(self, remits: Iterable[Remit]) -> Iterator[Remit]:
        """Do what ``_inherited`` does, each remit put into the hands of its heirs once a day and not once an answer."""
        seen = set()
        for remit in remits:
            if remit.pk not in self._held:
                self._held[remit.pk] = list(_inherited([remit], self.heirs, self.parties))
            for held in self._held[remit.pk]:
                key = _claim(held)
                if key not in seen:
                    seen.add(key)
                    yield held

    def _regulator(self, remit: Remit, on: date) -> Regulator:
        """Return what is told of a remit; those kept in ``_held`` live as long as this, so that their ids stay theirs."""
        known = self._regulators.get(id(remit))
        if known is None:
            known = self._regulators[id(remit)] = _regulator(remit, on)
        return known


class Memory:
    """What ``remembering`` keeps: one ``_Day`` for each day asked about."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._days: dict[date, _Day] = {}
        self.read_from: tuple[Any, ...] = ()

    def answer(self, place: Territory, industry: str, on: date, subject: str | None) -> Responsibility:
        """Answer from the remits of a day, read the first time."""
        if on not in self._days:
            self._days[on] = _Day(on)
        return self._days[on].answer(place, industry, subject)

    def keep(self, most: int) -> None:
        """Forget the days first asked about, but for so many."""
        for day in list(self._days)[:-most]:
            del self._days[day]

    def renew(self) -> None:
        """Forget everything if anything it was read from has changed: for work that takes several transactions."""
        with connection.cursor() as cursor:
            cursor.execute(_FINGERPRINT)
            present = cursor.fetchone() or ()
        if present != self.read_from:
            self._days.clear()
            self.read_from = present


# One number for each table an answer is made from: it changes with every row that is added, changed or taken away. ``near``
# is what may regulate here: everything, or what covers the places given and the zones they belong to.
_SUMS = """
    SELECT (SELECT sum(hashtextextended(near::text, 0)) FROM near),
           (SELECT sum(hashtextextended(t::text, 0)) FROM scope_territory AS t
             WHERE id IN (SELECT territory_id FROM near)),
           (SELECT sum(hashtextextended(m::text, 0)) FROM scope_zonemember AS m),
           (SELECT sum(hashtextextended(s::text, 0)) FROM scope_partysuccession AS s),
           (SELECT sum(hashtextextended(p::text, 0)) FROM scope_party AS p WHERE id IN (SELECT id FROM bearer)),
           (SELECT sum(hashtextextended(n::text, 0)) FROM scope_partyname AS n
             WHERE party_id IN (SELECT id FROM bearer))
"""
_BEARER = "bearer AS (SELECT party_id AS id FROM near UNION SELECT successor_id FROM scope_partysuccession)"
_FINGERPRINT = f"WITH near AS (SELECT * FROM scope_remit), {_BEARER} {_SUMS}"  # noqa: S608 (fixed text)
_NEAR_FINGERPRINT = f"""
    WITH near AS (
        SELECT remit.* FROM scope_remit AS remit JOIN scope_territory AS place ON place.id = remit.territory_id
         WHERE place.path = ANY(%s)
            OR place.id IN (SELECT zone_id FROM scope_zonemember AS member
                              JOIN scope_territory AS inner_place ON inner_place.id = member.territory_id
                             WHERE inner_place.path = ANY(%s))
    ), {_BEARER} {_SUMS}
"""  # noqa: S608 (fixed text)
_memory: ContextVar[Memory | None] = ContextVar("remembered_responsibility", default=None)


@contextmanager
def remembering() -> Iterator[Memory]:
    """Read the remits once for all questions asked inside: for work on many rows, within one transaction.

    Work that takes several transactions calls ``renew`` at the beginning of each.
    """
    memory = _memory.get() or Memory()
    token = _memory.set(memory)
    try:
        yield memory
    finally:
        _memory.reset(token)


_of_thread = local()


@contextmanager
def recalling() -> Iterator[None]:
    """Answer inside from what this thread read before, read anew only where it has changed: for requests with several rows."""
    memory: Memory = getattr(_of_thread, "memory", None) or Memory()
    _of_thread.memory = memory
    memory.renew()
    memory.keep(MOST_DAYS)
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)
