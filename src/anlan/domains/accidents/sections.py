"""The part of an accident's page that tells how its grade was reached and what may still change it."""

from __future__ import annotations

from datetime import timedelta

from anlan.domains.accidents.models import AccidentRecord
from anlan.kernel import clock
from anlan.kernel.registers.declaration import Section
from anlan.kernel.rules import RuleGap, parameter
from anlan.kernel.words import Words

SEVEN_DAY_CLASSES = frozenset({"road", "fire"})  # the classes of the shorter windows of Order 493 art. 13


def grade_section(row: AccidentRecord) -> Section:
    """Return the account of the grade of one accident."""
    basis = row.grade_basis or {}
    return Section(
        Words("等级是怎么定的", "How the grade was reached"),
        "accidents/grade.html",
        {
            "row": row,
            "steps": [Words(step["text_zh"], step["text_en"]) for step in basis.get("steps", [])],
            "citations": basis.get("citations", []),
            "confidence": basis.get("confidence", ""),
            "why_not": Words(**basis["why_not"]) if "why_not" in basis else None,
            "differs": bool(
                row.recorded_grade and row.computed_grade and row.recorded_grade != row.computed_grade
            ),
            "provisional": _provisional(row),
        },
    )


def _provisional(row: AccidentRecord) -> Words | None:
    """Return why the figures may still change, while they may."""
    suffix = "_road_or_fire" if row.counted_class in SEVEN_DAY_CLASSES else ""
    try:
        window = int(parameter(f"accidents.supplement_window{suffix}", row.occurred_on).value)
    except RuleGap:
        return None
    last = row.occurred_on + timedelta(days=window)
    if clock.today() > last:
        return None
    return Words(
        f"{last:%Y-%m-%d} 以前伤亡有变化的，应当补报，等级随之改变。",
        f"Changes of the casualties until {last:%Y-%m-%d} must be reported and change the grade.",
    )
