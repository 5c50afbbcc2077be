"""The responsibility resolver: for a place, an industry and a date, who regulates and why.

Names the territorial (属地), direct (行业直接), comprehensive (综合) and special (专项) regulators from the dated remits,
and reports vacuums and overlaps (articles 3, 4 and 6). It reads remits only; it never moves a matter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from threading import local
from typing import Any

from django.db import connection

from anlan.kernel.scope.often import ask_often
from anlan.kernel.scope.parties import Remit, successors_of
from anlan.kernel.scope.regulators import (
    LETTERS,
    Regulator,
    Responsibility,
    answer_from,
    claim,
    fits,
    inherited,
    parties_by_id,
    paths_of,
    regulator_of,
    remits_for,
    section_of,
)
from anlan.kernel.scope.territory import Territory, ZoneMember, in_force

__all__ = [
    "Memory", "Regulator", "Responsibility", "read_from", "recalling", "remembering", "responsibility", "section_of",
]  # fmt: skip


def read_from() -> tuple[Any, ...]:
    """Return the fingerprint of what is remembered, as ``renew`` last found it; empty where nothing is."""
    remembered = _memory.get()
    return () if remembered is None else remembered.read_from


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
_recent_turns: dict[tuple[str, ...], tuple[Any, list[int]]] = {}
MOST_RECENT = 5_000
MOST_SPANS = 3  # so many are kept from one request to the next


def _recalled(place: Territory, industry: str, on: date, subject: str | None) -> Responsibility:
    """Answer as this process did before, where nothing an answer for this place is made from has changed since."""
    paths = paths_of(place)
    present = ask_often(_NEAR_FINGERPRINT, [paths, paths])[0]
    key = (tuple(paths), industry, _span(_turns_near(paths, present), on), subject)
    before = _recent.get(key)
    if before is not None and before[0] == present:
        return _said_of(before[1], on)
    answer = answer_from(list(remits_for(place, industry, on, subject)), on, subject)
    if len(_recent) >= MOST_RECENT:
        _recent.clear()
    _recent[key] = (present, answer)
    return answer


def _turns_near(paths: list[str], present: Any) -> list[int]:
    """Return the days on which an answer for a place may turn, as this process read them from what is there now."""
    before = _recent_turns.get(tuple(paths))
    if before is not None and before[0] == present:
        return before[1]
    if len(_recent_turns) >= MOST_RECENT:
        _recent_turns.clear()
    turns = _turns(ask_often(_NEAR_TURNS, [paths, paths]))
    _recent_turns[tuple(paths)] = (present, turns)
    return turns


def _turns(rows: Iterable[tuple[date | None, int]]) -> list[int]:
    """Return the days on which a dated row begins or, a day after its last, no longer holds: in order, as ordinals."""
    return sorted({day.toordinal() + after for day, after in rows if day is not None})


def _span(turns: list[int], on: date) -> int:
    """Return in which of the spans between two turns a day lies: on all days of one the answer is the same."""
    return bisect_right(turns, on.toordinal())


def _said_of(answer: Responsibility, on: date) -> Responsibility:
    return answer if answer.on == on else replace(answer, on=on)


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
            covered = remit.industry.lstrip(LETTERS) or remit.industry
            self.by_path[remit.territory.path][covered].append(number)
        self.zones: dict[str, list[str]] = defaultdict(list)
        members = ZoneMember.objects.filter(in_force(on)).values_list("territory__path", "zone__path")
        for member, zone in members:
            self.zones[member].append(zone)
        self.heirs = successors_of((remit.party_id for remit in self.remits), on)
        self.parties = parties_by_id(self.heirs)
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
            paths = paths_of(place)
            zones = [zone for path in paths for zone in self.zones.get(path, ())]
            known = tuple(path for path in dict.fromkeys([*paths, *zones]) if path in self.by_path)
            self._around[place.path] = known
        return known

    def _found(self, places: tuple[str, ...], industry: str, subject: str | None) -> Responsibility:
        section, code = section_of(industry), industry.lstrip(LETTERS)
        covering = ["", *([section] if section else []), *(code[: n + 1] for n in range(len(code)))]
        fitting = tuple(
            sorted(n for path in places for part in covering for n in self.by_path[path].get(part, ()))
        )
        # Many places and industries have the same remits: what is answered follows from these alone.
        key = (fitting, subject)
        if key not in self._answers:
            remits = [self.remits[n] for n in fitting if fits(self.remits[n], section, code, subject)]
            self._answers[key] = answer_from(
                list(self.inherited(remits)), self.on, subject, self.regulator_of
            )
        return self._answers[key]

    def inherited(self, remits: Iterable[Remit]) -> Iterator[Remit]:
        """Do what ``inherited`` does, each remit put into the hands of its heirs once a day and not once an answer."""
        seen = set()
        for remit in remits:
            if remit.pk not in self._held:
                self._held[remit.pk] = list(inherited([remit], self.heirs, self.parties))
            for held in self._held[remit.pk]:
                key = claim(held)
                if key not in seen:
                    seen.add(key)
                    yield held

    def regulator_of(self, remit: Remit, on: date) -> Regulator:
        """Return what is told of a remit; those kept in ``_held`` live as long as this, so that their ids stay theirs."""
        known = self._regulators.get(id(remit))
        if known is None:
            known = self._regulators[id(remit)] = regulator_of(remit, on)
        return known


class Memory:
    """What ``remembering`` keeps: one ``_Day`` for each span of days with the same answers that is asked about."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._days: dict[int, _Day] = {}
        self._turns: list[int] | None = None
        self.read_from: tuple[Any, ...] = ()

    def answer(self, place: Territory, industry: str, on: date, subject: str | None) -> Responsibility:
        """Answer from the remits of a day, read the first time."""
        if self._turns is None:
            self._turns = _turns(ask_often(_ALL_TURNS, ()))
        span = _span(self._turns, on)
        if span not in self._days:
            self._days[span] = _Day(on)
        return _said_of(self._days[span].answer(place, industry, subject), on)

    def keep(self, most: int) -> None:
        """Forget the days first asked about, but for so many."""
        for span in list(self._days)[:-most]:
            del self._days[span]

    def renew(self) -> None:
        """Forget everything if anything it was read from has changed: for work that takes several transactions."""
        with connection.cursor() as cursor:
            cursor.execute(_FINGERPRINT)
            present = cursor.fetchone() or ()
        if present != self.read_from:
            self._days.clear()
            self._turns = None
            self.read_from = present


# One number for each table an answer is made from: it changes with every row that is added, changed or taken away. ``near``
# is what may regulate here: everything, or what covers the places given and the zones they belong to. Keys are gathered into
# an array before rows are looked up by them: joined instead, every party there is would be passed over for a few dozen.
_SUMS = """
    SELECT (SELECT sum(hashtextextended(near::text, 0)) FROM near),
           (SELECT sum(hashtextextended(t::text, 0)) FROM scope_territory AS t
             WHERE id = ANY(ARRAY(SELECT territory_id FROM near))),
           (SELECT sum(hashtextextended(m::text, 0)) FROM scope_zonemember AS m),
           (SELECT sum(hashtextextended(s::text, 0)) FROM scope_partysuccession AS s),
           (SELECT sum(hashtextextended(p::text, 0)) FROM scope_party AS p WHERE id = ANY(ARRAY(SELECT id FROM bearer))),
           (SELECT sum(hashtextextended(n::text, 0)) FROM scope_partyname AS n
             WHERE party_id = ANY(ARRAY(SELECT id FROM bearer)))
"""
_BEARER = "bearer AS (SELECT party_id AS id FROM near UNION SELECT successor_id FROM scope_partysuccession)"
# Every day written in such a row, with 1 where it is the last the row holds: what is dated otherwise is not asked about.
_DAYS = """
    SELECT valid_from, 0 FROM near UNION SELECT valid_to, 1 FROM near
     UNION SELECT valid_from, 0 FROM scope_zonemember UNION SELECT valid_to, 1 FROM scope_zonemember
     UNION SELECT since, 0 FROM scope_partysuccession
     UNION SELECT valid_from, 0 FROM scope_partyname WHERE party_id IN (SELECT id FROM bearer)
     UNION SELECT valid_to, 1 FROM scope_partyname WHERE party_id IN (SELECT id FROM bearer)
"""
_ALL = f"WITH near AS (SELECT * FROM scope_remit), {_BEARER}"  # noqa: S608 (fixed text)
_FINGERPRINT = f"{_ALL} {_SUMS}"
_ALL_TURNS = f"{_ALL} {_DAYS}"
_NEAR = f"""
    WITH here AS (
        SELECT id FROM scope_territory WHERE path = ANY(%s)
         UNION
        SELECT zone_id FROM scope_zonemember AS member JOIN scope_territory AS inner_place
                              ON inner_place.id = member.territory_id
         WHERE inner_place.path = ANY(%s)
    ), near AS (
        SELECT remit.* FROM scope_remit AS remit WHERE remit.territory_id = ANY(ARRAY(SELECT id FROM here))
    ), {_BEARER}
"""  # noqa: S608 (fixed text)
_NEAR_FINGERPRINT = f"{_NEAR} {_SUMS}"
_NEAR_TURNS = f"{_NEAR} {_DAYS}"
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
    memory.keep(MOST_SPANS)
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)
