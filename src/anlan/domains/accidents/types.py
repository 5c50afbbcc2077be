"""Types of accident (事故类型, GB 6441): the twenty of 1986 and the twenty-seven in force since 2026-07-01, each dated."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class AccidentType:
    """One type of one edition of the standard. ``valid_until`` is the last day, None while in force."""

    key: str
    edition: str
    words: Words
    valid_from: date
    valid_until: date | None

    def is_in_force(self, on: date) -> bool:
        """Say whether accidents of this day are classed by it."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@cache
def accident_types() -> dict[str, AccidentType]:
    """Return every type by its key (edition and number, ``1986-10``)."""
    with Path(__file__).with_name("accident_types.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["key"]: _type(row) for row in rows}


def _type(row: dict[str, str]) -> AccidentType:
    words = Words(f"{row['zh']}（{row['edition']}）", f"{row['en']} ({row['edition']})")
    until = date.fromisoformat(row["valid_until"]) if row["valid_until"] else None
    return AccidentType(row["key"], row["edition"], words, date.fromisoformat(row["valid_from"]), until)


def type_choices() -> list[tuple[str, Words]]:
    """Return the types as choices, those of the standard in force first."""
    found = sorted(accident_types().values(), key=lambda one: (one.valid_until is not None, one.key))
    return [(one.key, one.words) for one in found]
