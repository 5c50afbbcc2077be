"""Hazardous and harmful factors (危险和有害因素, GB/T 13861-2022): four classes and, below them, codes as far as they are known.

The table holds the two upper levels and part of the third; each row says how sure its wording is.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Factor:
    """One heading: ``level`` 1 is one of the four classes."""

    code: str
    words: Words
    level: int
    parent: str
    confidence: str


@cache
def factors() -> dict[str, Factor]:
    """Return the headings by code."""
    with Path(__file__).with_name("factors.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        row["code"]: Factor(
            row["code"], Words(row["zh"], row["en"]), int(row["level"]), row["parent"], row["seen"]
        )
        for row in rows
    }


def factor_choices() -> list[tuple[str, Words]]:
    """Return the codes as choices, each with its class before it."""
    found = []
    for factor in factors().values():
        name = Words("{code} {name}", "{code} {name}").filled(code=factor.code, name=factor.words)
        found.append((factor.code, name))
    return found
