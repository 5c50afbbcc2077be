"""Industries (GB/T 4754-2017): the codes we know with their names, read from ``industries.csv``.

The table carries every section, division and group (20, 97 and 473) and those classes that matter here; rows say how sure
their wording is. A class that is not listed is shown under its group, and said to be so.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from anlan.domains.enterprises.rules import plain_code
from anlan.kernel.scope.responsibility import section_of
from anlan.kernel.words import Words

TABLE = Path(__file__).parent / "industries.csv"
DIVISION_LENGTH, GROUP_LENGTH, CLASS_LENGTH = 2, 3, 4
_LETTERED = re.compile(r"([A-T])(\d{2,4})")


@dataclass(frozen=True, slots=True)
class Industry:
    """One heading of the classification; ``level``: section, division, group or class."""

    code: str
    words: Words
    level: str
    confidence: str


@lru_cache(maxsize=1)
def industries() -> dict[str, Industry]:
    """Return the headings by code."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {
            row["code"]: Industry(
                row["code"], Words(row["name"], row["name_en"]), row["level"], row["confidence"]
            )
            for row in csv.DictReader(stream)
        }


def tidy_industry_code(text: str) -> str:
    """Return an industry code as it is stored: half-width, upper case, without the letter before digits (C2611 → 2611)."""
    code = plain_code(text, r"[\s.\-]")
    lettered = _LETTERED.fullmatch(code)
    return lettered[2] if lettered and section_of(lettered[2]) == lettered[1] else code


def nearest(code: str) -> Industry | None:
    """Return the heading of a code, or the nearest listed one above it."""
    table = industries()
    found = (table.get(code[:length]) for length in range(len(code), 0, -1))
    return next((heading for heading in found if heading), None) or table.get(section_of(code))


def is_industry(code: str) -> bool:
    """Say whether a code stands in the classification: a section, division or group, or a class of a known group."""
    is_class = code.isascii() and code.isdigit() and len(code) == CLASS_LENGTH
    return (code[:GROUP_LENGTH] if is_class else code) in industries()


def named(code: str) -> Words | None:
    """Return a code with its name; a class that is not listed is named by what stands above it."""
    heading = nearest(code)
    if heading is None:
        return None
    if heading.code == code:
        return Words("{code} {name}", "{code} {name}").filled(code=code, name=heading.words)
    return Words("{code}（属于 {name}）", "{code} (in {name})").filled(code=code, name=heading.words)


def codes_in(section: str) -> tuple[str, ...]:
    """Return what the codes of a section (A to T) begin with: its letter and its divisions; raises ValueError for no section."""
    table = industries()
    if section not in table or table[section].level != "section":
        raise ValueError(section)
    return tuple(
        code
        for code in table
        if code == section or (len(code) == DIVISION_LENGTH and section_of(code) == section)
    )


def suggestions() -> list[tuple[str, Words]]:
    """Return every listed code with its name, for the chooser."""
    return [(code, heading.words) for code, heading in industries().items()]
