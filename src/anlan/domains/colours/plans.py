"""Reads of floor plans: the outlines with their units as they stand, what is not drawn yet, and what no plan can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anlan.domains.colours.models import FloorPlan
from anlan.domains.risk.models import RiskEvent, RiskObject, RiskUnit
from anlan.kernel.scope.actor import Actor

LEVELS = (4, 3, 2, 1, 0)
MOST = 300


@dataclass(frozen=True, slots=True)
class Shape:
    """One outline in the units of the picture, with the unit it stands for and where its sign stands."""

    unit: RiskUnit
    points: str
    x: float
    y: float


def units_of(plan: FloorPlan, actor: Actor) -> list[RiskUnit]:
    """Return the units of the enterprise that may be drawn, the gravest first."""
    rows = RiskUnit.seen_by(actor).filter(enterprise=plan.enterprise, archived_at=None).defer("search")
    return list(rows.select_related("risk_object").order_by("-risk_level", "name")[:MOST])


def shapes_of(plan: FloorPlan, actor: Actor) -> list[Shape]:
    """Return the outlines whose units still stand, the gravest last so that they lie above."""
    if plan.picture is None:
        return []
    width, height = plan.picture.width or 1, plan.picture.height or 1
    drawn = plan.drawn
    rows = RiskUnit.seen_by(actor).filter(pk__in={one["unit"] for one in drawn}, archived_at=None)
    units = {str(unit.pk): unit for unit in rows.defer("search").select_related("risk_object")}
    found = []
    for one in drawn:
        unit = units.get(one["unit"])
        if unit is not None:
            corners = [(x * width, y * height) for x, y in one["ring"]]
            middle = [sum(side) / len(corners) for side in zip(*corners, strict=True)]
            points = " ".join(f"{x:.0f},{y:.0f}" for x, y in corners)
            found.append(Shape(unit, points, round(middle[0]), round(middle[1])))
    return sorted(found, key=lambda shape: shape.unit.risk_level)


def not_drawn(plan: FloorPlan, actor: Actor) -> list[RiskUnit]:
    """Return the units that stand on no plan of the enterprise yet: activities, what moves, what was forgotten."""
    plans = FloorPlan.seen_by(actor).filter(enterprise=plan.enterprise, archived_at=None)
    drawn = {one["unit"] for row in plans.defer("search") for one in row.drawn}
    return [unit for unit in units_of(plan, actor) if str(unit.pk) not in drawn]


def objects_of(plan: FloorPlan, actor: Actor) -> list[tuple[RiskObject, Sequence[int]]]:
    """Return every object of the enterprise with how many of its events bear each level."""
    events = RiskEvent.seen_by(actor).filter(
        enterprise=plan.enterprise, archived_at=None, unit__archived_at=None
    )
    counts: dict[Any, Counter[int]] = {}
    for thing, level in events.values_list("unit__risk_object", "risk_level"):
        counts.setdefault(thing, Counter())[level] += 1
    rows = RiskObject.seen_by(actor).filter(enterprise=plan.enterprise, archived_at=None).defer("search")
    things = rows.order_by("-risk_level", "name")[:MOST]
    return [(one, [counts.get(one.pk, Counter())[level] for level in LEVELS]) for one in things]
