"""The grade of a row as the rules see it on the day of the accident, with the account of how it was reached.

It asks the calculator that anyone may ask (``accident-grade``); what it answers is kept with the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from anlan.kernel.rules import InputErrors, compute


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade by its code, or an empty code with the reason why there is none; ``basis`` is kept with the row."""

    code: str
    basis: dict[str, Any]


def graded(
    on: date, deaths: int | None, serious_injuries: int | None, direct_loss_yuan: Decimal | None
) -> Graded:
    """Return the grade of an accident of a day; unknown figures are left out, never taken for nought."""
    given = {"deaths": deaths, "serious_injuries": serious_injuries, "direct_loss_yuan": direct_loss_yuan}
    known = {name: str(value) if isinstance(value, Decimal) else value for name, value in given.items()}
    known = {name: value for name, value in known.items() if value is not None}
    try:
        finding = compute("accident-grade", {**known, "date": on.isoformat()})
    except InputErrors as refusal:
        fault = refusal.faults[0]
        return Graded("", {"why_not": {"zh": fault.message_zh, "en": fault.message_en}})
    said = finding.as_json()
    table = next(found.value for found in finding.consulted if found.key == "accidents.grades")
    code = next(grade["code"] for grade in table if grade["zh"] == said["grade_zh"])
    return Graded(code, {key: said[key] for key in ("steps", "citations", "confidence")})
