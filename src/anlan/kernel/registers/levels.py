"""The four levels of risk a row may bear, 4 (red, 重) to 1 (blue, 低), 0 for none; one table for lists, maps and exports."""

from __future__ import annotations

from typing import Any

from django.db import models

LEVELS = {
    "major": 4,
    "considerable": 3,
    "general": 2,
    "low": 1,
    "red": 4,
    "orange": 3,
    "yellow": 2,
    "blue": 1,
}


def level_of(row: Any) -> int:
    """Return the level of a row: what it says itself by ``risk_level``, else by the words of its grade.

    Rows with grades of their own bear none here: their grade stands in their own words, its colour on the map alone.
    """
    said = getattr(row, "risk_level", None)
    return said if isinstance(said, int) else level_of_grade(getattr(row, "severity", ""))


def level_of_grade(grade: Any) -> int:
    """Return the level that a grade means; a number is a level already."""
    return grade if isinstance(grade, int) else LEVELS.get(str(grade or ""), 0)


def graded_by(model: type[models.Model]) -> dict[int, int] | None:
    """Return what the grades of a model mean as levels, where it has grades of its own (``grade_levels``); else None."""
    own: tuple[str, dict[int, int]] | None = getattr(model, "grade_levels", None)
    return own[1] if own is not None else None


def level_column(model: type[models.Model]) -> str:
    """Return the column that tells the level of rows of a model, empty where they bear none."""
    own: tuple[str, dict[int, int]] | None = getattr(model, "grade_levels", None)
    if own is not None:
        return own[0]
    names = {field.name for field in model._meta.concrete_fields}
    return next((name for name in ("risk_level", "severity") if name in names), "")
