"""How far the policy is realised: the state of each requirement, and how many stand in which state.

Realised: something in the product serves it and nothing is named as missing. Partly: something serves it, and what is
missing is said. Not yet: nothing serves it. None: no software could meet it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from anlan.kernel.words import Words
from anlan.policy.catalogue import Article, Clause, all_clauses, articles
from anlan.policy.realising import Name, missing, names, reasons

STATES: dict[str, Words] = {
    "realised": Words("已实现", "Realised"),
    "partly": Words("部分实现", "Partly realised"),
    "not_yet": Words("尚未实现", "Not yet realised"),
    "none": Words("不需要软件", "No software needed"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One requirement as it stands. ``note``: what is missing, or why no software is needed."""

    clause: Clause
    state: str
    by: tuple[Name, ...]
    note: Words | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many requirements stand in which state."""

    realised: int
    partly: int
    not_yet: int
    none: int

    @property
    def total(self) -> int:
        """Return how many requirements there are."""
        return self.realised + self.partly + self.not_yet + self.none

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts by state, in the order of the states."""
        return {state: int(getattr(self, state)) for state in STATES}


def standings() -> dict[str, Standing]:
    """Return every requirement as it stands, in the order of the document."""
    by: dict[str, list[Name]] = {}
    for name in names():
        for clause in name.serves:
            by.setdefault(clause, []).append(name)
    lacking, why = missing(), reasons()
    return {
        key: _standing(clause, tuple(by.get(key, ())), lacking, why) for key, clause in all_clauses().items()
    }


def _standing(
    clause: Clause, by: tuple[Name, ...], lacking: dict[str, Words], why: dict[str, Words]
) -> Standing:
    if not clause.needs_software:
        return Standing(clause, "none", by, why.get(clause.key))
    if not by:
        return Standing(clause, "not_yet", by, None)
    note = lacking.get(clause.key)
    return Standing(clause, "partly" if note else "realised", by, note)


def coverage(found: Iterable[Standing]) -> Coverage:
    """Return how many of some requirements stand in which state."""
    counts = Counter(one.state for one in found)
    return Coverage(**{state: counts[state] for state in STATES})


def by_article(found: dict[str, Standing] | None = None) -> list[tuple[Article, Coverage]]:
    """Return the coverage of every article, in the order of the document."""
    found = found if found is not None else standings()
    return [(article, coverage(found[c.key] for c in article.clauses)) for article in articles()]
