"""Types of accident (事故类型, GB 6441): the twenty of 1986 and the twenty-seven in force since 2026-07-01, each dated.

``accident_type_crosswalk.csv`` says which type of one edition stands for which of the other; several need a human choice, which
is why a register asks for the type anew and only proposes.
"""

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

    @property
    def plain(self) -> Words:
        """Return its name without the edition, as it stands on a card."""
        return Words(self.words.zh.split("（GB")[0], self.words.en.split(" (GB")[0])

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


@cache
def _crosswalk() -> list[dict[str, str]]:
    with Path(__file__).with_name("accident_type_crosswalk.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def successors(key: str) -> list[str]:
    """Return the types of the standard of 2025 that a type of 1986 may be, the likeliest first."""
    return [row["new"] for row in _crosswalk() if row["old"] == key]


def proposed(key: str, on: date) -> str:
    """Return the type in force on a day that stands for a type of either edition; empty where there is none."""
    found = accident_types().get(key)
    if found is None or found.is_in_force(on):
        return key if found else ""
    column, other = ("old", "new") if found.valid_until else ("new", "old")
    rows = sorted(
        (row for row in _crosswalk() if row[column] == key), key=lambda row: row["role"] != "default"
    )
    return next((row[other] for row in rows if accident_types()[row[other]].is_in_force(on)), "")
