"""How a colour follows from graded risks and facts: pure functions, values in, colour and reasons out. Serves article 15.

The base is the gravest event after its controls, but never more than a set number of steps below what it is without them. Facts
raise it by steps, up to a limit; some facts hold it at a colour at least. More facts never make a colour milder. A place
bears the gravest colour that a set share of its graded enterprises bear, or worse; of few enterprises simply the gravest, and
it says so.
All numbers are settings of the city in ``rules.yaml`` and come in as values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NOT_GRADED, LOWEST, HIGHEST = 0, 1, 4


@dataclass(frozen=True, slots=True)
class Stage:
    """From so many rows of a kind of fact on: by how many steps they raise, and which colour they hold at least."""

    least: int
    raises: int = 0
    at_least: int = NOT_GRADED


@dataclass(frozen=True, slots=True)
class Limits:
    """How far controls may lower a colour, and how far facts may raise it, in steps."""

    lowers: int
    raises: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What one kind of fact did to the colour."""

    kind: str
    count: int
    raises: int
    at_least: int


@dataclass(frozen=True, slots=True)
class Painted:
    """The colour of an enterprise, the colour of its risks alone, and what each kind of fact did."""

    level: int
    base: int
    effects: tuple[Effect, ...]


def base_of(inherent: int, effective: int, limits: Limits) -> int:
    """Return the colour of the risks alone: ``effective`` is the gravest event after controls, ``inherent`` before."""
    if inherent == NOT_GRADED:
        return NOT_GRADED
    return max(LOWEST, min(inherent, max(effective, inherent - limits.lowers)))


def paint(
    inherent: int, effective: int, facts: Iterable[tuple[str, int]], stages: Mapping[str, Sequence[Stage]], limits: Limits
) -> Painted:  # fmt: skip
    """Return the colour of an enterprise for how many rows of each kind of fact there are."""
    base = base_of(inherent, effective, limits)
    effects = tuple(_effect(kind, count, stages.get(kind, ())) for kind, count in sorted(facts) if count > 0)
    level = base
    if base != NOT_GRADED:
        level = min(HIGHEST, base + min(limits.raises, sum(effect.raises for effect in effects)))
    return Painted(max([level, *(effect.at_least for effect in effects)]), base, effects)


def _effect(kind: str, count: int, stages: Sequence[Stage]) -> Effect:
    reached = [stage for stage in stages if count >= stage.least]
    raises = max((stage.raises for stage in reached), default=0)
    return Effect(kind, count, raises, max((stage.at_least for stage in reached), default=NOT_GRADED))


@dataclass(frozen=True, slots=True)
class AreaSettings:
    """The share (per cent) that makes an area's colour, below how many it is few, and the weight of each colour in its score."""

    share: int
    few: int
    weights: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """The colour of an area: ``counted`` enterprises bear ``level`` or worse, of ``graded``; ``score`` from 0 to 100."""

    level: int
    graded: int
    counted: int
    is_few: bool
    score: int | None


def area_of(counts: Mapping[int, int], settings: AreaSettings) -> Area:
    """Return the colour of an area for how many enterprises of each colour stand in it."""
    levels = range(HIGHEST, NOT_GRADED, -1)
    graded = sum(counts.get(level, 0) for level in levels)
    if graded == 0:
        return Area(NOT_GRADED, 0, 0, True, None)
    score = round(sum(settings.weights[level] * counts.get(level, 0) for level in levels) / graded)
    is_few, counted = graded < settings.few, 0
    for level in levels:
        counted += counts.get(level, 0)
        if counted and (is_few or counted * 100 >= graded * settings.share):
            return Area(level, graded, counted, is_few, score)
    return Area(LOWEST, graded, counted, is_few, score)
