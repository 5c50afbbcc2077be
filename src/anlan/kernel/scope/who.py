"""Who (谁): the words in which a declaration says who is awaited and who may act.

``post("safety_officer") | regulator`` is read three ways: may this actor act on this row; which posts are awaited (the
rows of Duty); and the words for help pages and permission tables. It reads columns of the row, never the request.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor, ScopedRow
from anlan.kernel.scope.parties import Party, in_force
from anlan.kernel.scope.posts import INSPECTORS, OFFICERS, POST_KINDS
from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Awaited:
    """One awaited place: a post, or the posts of some kinds in a party."""

    party_id: uuid.UUID | None
    kinds: tuple[str, ...] = ()
    post_id: uuid.UUID | None = None


class Who:
    """An expression of authority; combine with ``|``."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        """Say whether the actor may act on the row."""
        raise AssertionError("an expression of authority says what it allows")

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        """Return who is awaited for the row."""
        return []

    def kinds(self) -> frozenset[str]:
        """Return the kinds of post that can ever match, for permission tables."""
        return frozenset()

    def is_of_place(self) -> bool:
        """Say whether place and sector alone decide whether somebody may enter a new row, which belongs to no party yet."""
        return False

    def words(self) -> Words:
        """Return who it is, in words."""
        names = [POST_KINDS[kind].words for kind in sorted(self.kinds())]
        return Words("、".join(n.zh for n in names) or "任何人", ", ".join(n.en for n in names) or "Anyone")

    def __or__(self, other: Who) -> Who:
        return _Either((self, other))

    def when(self, fits: Callable[[Any], bool], words: Words) -> Who:
        """Return the same people, for rows alone that fit; ``words`` say which."""
        return _Limited(self, fits, words)


@dataclass(frozen=True)
class _Either(Who):
    options: tuple[Who, ...]

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return any(option.allows(actor, row, domain) for option in self.options)

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        return [place for option in self.options for place in option.awaited(row)]

    def kinds(self) -> frozenset[str]:
        return frozenset().union(*(option.kinds() for option in self.options))

    def is_of_place(self) -> bool:
        return all(option.is_of_place() for option in self.options)

    def words(self) -> Words:
        parts = [option.words() for option in self.options]
        return Words(" 或 ".join(p.zh for p in parts), " or ".join(p.en for p in parts))


@dataclass(frozen=True)
class _Limited(Who):
    inner: Who
    fits: Callable[[Any], bool]
    case: Words

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return self.fits(row) and self.inner.allows(actor, row, domain)

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        return self.inner.awaited(row) if self.fits(row) else []

    def kinds(self) -> frozenset[str]:
        return self.inner.kinds()

    def words(self) -> Words:
        who = self.inner.words()
        return Words(f"{who.zh}（{self.case.zh}）", f"{who.en} ({self.case.en})")


@dataclass(frozen=True)
class _Post(Who):
    """Posts of the row's own party (its holder)."""

    of_kinds: tuple[str, ...]

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return (
            actor.post_kind in self.of_kinds
            and row.holder_id is not None
            and row.holder_id in actor.party_ids
        )

    def is_of_place(self) -> bool:
        return True  # of no party, nobody

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        return [Awaited(row.holder_id, self.of_kinds)] if row.holder_id else []

    def kinds(self) -> frozenset[str]:
        return frozenset(self.of_kinds)


@dataclass(frozen=True)
class _Granted(Who):
    """Officers whose grant to act covers the row; the row's regulator is the one awaited."""

    of_kinds: frozenset[str]
    title: Words
    levels: frozenset[str] = frozenset()

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        fits = actor.post_kind in self.of_kinds and (not self.levels or actor.party_level in self.levels)
        return fits and actor.may_act_on(row, domain)

    def is_of_place(self) -> bool:
        return True

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        party: uuid.UUID | None = getattr(row, "regulator_id", None)
        return [Awaited(party, tuple(sorted(self.of_kinds)))] if party else []

    def kinds(self) -> frozenset[str]:
        return self.of_kinds

    def words(self) -> Words:
        return self.title


@dataclass(frozen=True)
class _Above(_Granted):
    """Officers of the city over a row: awaited is the city's comprehensive regulator."""

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        known = _known.get()
        if known is None:
            return _bureau_above(row.path)
        if row.path not in known:
            known[row.path] = _bureau_above(row.path)
        return known[row.path]


_known: ContextVar[dict[str, list[Awaited]] | None] = ContextVar("known_bureaus", default=None)


@contextmanager
def asking_once() -> Iterator[None]:
    """Ask once for each place who is above it: for work on many rows within one transaction."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def _bureau_above(path: str) -> list[Awaited]:
    bureaus = Party.objects.filter(
        in_force(clock.today()),
        kind="department",
        level="city",
        sector="work_safety",
        path__in=_paths_above(path),
    ).values_list("pk", flat=True)
    return [Awaited(party, ("city_officer",)) for party in bureaus[:1]]


@dataclass(frozen=True)
class _InCharge(_Granted):
    """Officers of the very department that has the matter: what it decides, no other body decides for it."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return getattr(row, "regulator_id", None) in actor.party_ids and super().allows(actor, row, domain)


def _paths_above(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


@dataclass(frozen=True)
class _Named(Who):
    """The post or party that a column of the row names, such as ``responsible_post``."""

    column: str
    title: Words
    fallback: Who

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        named = getattr(row, f"{self.column}_id", None)
        return (named is not None and named == actor.post_id) or self.fallback.allows(actor, row, domain)

    def awaited(self, row: ScopedRow) -> list[Awaited]:
        named = getattr(row, f"{self.column}_id", None)
        return [Awaited(row.holder_id, (), named)] if named else self.fallback.awaited(row)

    def kinds(self) -> frozenset[str]:
        return self.fallback.kinds()

    def words(self) -> Words:
        return self.title


def post(*kinds: str) -> Who:
    """Return the posts of these kinds in the row's own party (the enterprise it belongs to)."""
    unknown = [kind for kind in kinds if kind not in POST_KINDS]
    if unknown:
        raise ValueError(f"unknown kind of post: {unknown}")
    return _Post(kinds)


def named(column: str, title: Words, fallback: Who) -> Who:
    """Return the post that a column names, or the fallback while it names none."""
    return _Named(column, title, fallback)


regulator: Who = _Granted(OFFICERS, Words("监管部门干部", "Officer of the regulator"))
# A township office imposes no penalty unless a province hands it that power (行政处罚法 第二十四条).
enforcer: Who = _InCharge(
    OFFICERS - {"township_officer"}, Words("办案部门执法人员", "Officer of the department in charge")
)
inspector: Who = _Granted(INSPECTORS, Words("监管部门干部、网格员", "Regulator's officer or grid inspector"))
supervisor: Who = _Above(
    frozenset({"city_officer", "industry_officer"}),
    Words("市级监管部门干部", "Officer of the city"),
    frozenset({"city"}),
)


@dataclass(frozen=True)
class Anyone(Who):
    """Whoever sees the row in some post."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return actor.kind == "person" and bool(actor.post_kind)

    def kinds(self) -> frozenset[str]:
        return frozenset(POST_KINDS)

    def words(self) -> Words:
        return Words("能看到本事项的人", "Whoever sees the matter")


@dataclass(frozen=True)
class TheClock(Who):
    """The clock alone: a step nobody is offered, taken when its time has come or by what another step brings about."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return actor.is_clock

    def words(self) -> Words:
        return Words("时钟", "The clock")


@dataclass(frozen=True)
class Opener(Who):
    """The person who opened the matter."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        opener = getattr(row, "opened_by_person", None)
        return opener is not None and opener == actor.person_id

    def kinds(self) -> frozenset[str]:
        return frozenset(POST_KINDS)

    def words(self) -> Words:
        return Words("发起人", "The person who opened it")
