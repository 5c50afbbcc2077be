"""The part of an accident's page that tells how its grade was reached and what may still change it."""

from __future__ import annotations

from datetime import date, timedelta

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
            "counts_as_dead": _missing_too_long(row),
        },
    )


def _provisional(row: AccidentRecord) -> Words | None:
    """Return why the figures may still change, while they may."""
    last = _end_of("supplement_window", row)
    if last is None or clock.today() > last:
        return None
    return Words(
        f"{last:%Y-%m-%d} 以前伤亡有变化的，应当补报，等级随之改变。",
        f"Changes of the casualties until {last:%Y-%m-%d} must be reported and change the grade.",
    )


def _missing_too_long(row: AccidentRecord) -> Words | None:
    """Return that people missing for so long count as dead in the statistics; the rule is not compared with its text."""
    last = _end_of("missing_count_after", row)
    if not row.missing or last is None or clock.today() <= last:
        return None
    return Words(
        f"{last:%Y-%m-%d} 已过，下落不明的人员在统计上按死亡计（未核对原文）。更新死亡人数。",
        f"Since {last:%Y-%m-%d} the missing count as dead in the statistics (not compared with the text). Update the deaths.",
    )


def _end_of(rule: str, row: AccidentRecord) -> date | None:
    """Return the last day of a window that runs from the accident, shorter on roads and in fires; None without a rule."""
    suffix = "_road_or_fire" if row.counted_class in SEVEN_DAY_CLASSES else ""
    try:
        return row.occurred_on + timedelta(
            days=int(parameter(f"accidents.{rule}{suffix}", row.occurred_on).value)
        )
    except RuleGap:
        return None
