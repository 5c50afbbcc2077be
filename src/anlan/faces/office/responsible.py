"""Who regulates and why, laid out for reading: the nearest of each role first, the rest folded away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from anlan.kernel.scope.parties import REMIT_ROLES
from anlan.kernel.scope.responsibility import Responsibility
from anlan.kernel.words import Words

FIRST = ("direct", "comprehensive", "territorial")


@dataclass(frozen=True, slots=True)
class Regulators:
    """The nearest regulator of each role, those above and the special ones, and what is missing or doubled."""

    nearest: list[tuple[Words, Any]] = field(default_factory=list)
    others: list[tuple[Words, Any]] = field(default_factory=list)
    vacuums: tuple[Words, ...] = ()
    overlaps: tuple[Words, ...] = ()


def regulators_of(answer: Responsibility) -> Regulators:
    """Lay out the resolver's answer."""
    words = dict(REMIT_ROLES)
    nearest: list[tuple[Words, Any]] = []
    others: list[tuple[Words, Any]] = []
    for role in (*FIRST, *(role for role in answer.by_role if role not in FIRST)):
        for place, regulator in enumerate(answer.by_role.get(role, ())):
            (nearest if role in FIRST and place == 0 else others).append((words[role], regulator))
    return Regulators(nearest, others, answer.vacuums, answer.overlaps)
