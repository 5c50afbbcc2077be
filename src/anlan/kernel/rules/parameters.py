"""Instruments, citations and parameters: one value of one rule with its clause, its place and its dates.

A parameter is what a lookup gives back and what a ledger entry keeps of a rule that was applied. It never
changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from anlan.kernel.rules.deadlines import UNITS, Duration
from anlan.kernel.rules.numbering import number_in_english
from anlan.kernel.rules.reading import plain

CONFIDENCES = ("sourced", "secondary", "memory")
KINDS = ("duration", "amount", "threshold", "count", "table", "flag", "operating")
INSTRUMENT_KINDS = ("law", "regulation", "rule", "policy", "standard", "interpretation", "operating")
COUNTRY = "CN"
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
PLACE = re.compile(r"CN(-\d{2}(\d{2}(\d{2})?)?)?")


class UnknownRule(LookupError):
    """No rule of that name is written down."""


class RuleGap(LookupError):
    """The rule exists, but none is in force on that date at that place."""


@dataclass(frozen=True)
class Instrument:
    """A law, regulation, rule, standard or other document that values cite, with its life."""

    key: str
    zh: str
    en: str
    number: str
    kind: str
    in_force_from: date
    in_force_to: date | None
    replaced_by: str | None
    seen: str

    @property
    def title_zh(self) -> str:
        """Return title and number as a citation shows them."""
        return f"{self.zh}（{self.number}）" if self.number else self.zh

    @property
    def title_en(self) -> str:
        """Return the English title with the number as English cites it."""
        return f"{self.en} ({self.number_en})" if self.number else self.en

    @property
    def number_en(self) -> str:
        """Return the number as English cites it."""
        return number_in_english(self.number)

    @property
    def is_law(self) -> bool:
        """Say whether this is law at all; the platform's own operating settings are not."""
        return self.kind != "operating"


@dataclass(frozen=True)
class Citation:
    """Where a value comes from."""

    instrument: Instrument
    article: str
    effective_from: date

    def as_json(self) -> dict[str, str]:
        """Return the citation as every door shows it."""
        return {
            "instrument": self.instrument.title_zh,
            "article": self.article,
            "effective_from": self.effective_from.isoformat(),
        }


@dataclass(frozen=True)
class Parameter:
    """One value of one rule, as in force at a place over a span of days (both ends included)."""

    key: str
    zh: str
    en: str
    kind: str
    unit: str
    as_of: str
    where: str
    value: Any
    citation: Citation
    confidence: str
    effective_from: date
    effective_to: date | None
    bounds: dict[str, Any] = field(default_factory=dict)
    note_zh: str = ""
    note_en: str = ""
    serves: tuple[str, ...] = ()

    def is_in_force(self, day: date) -> bool:
        """Say whether the value holds on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    @property
    def is_law(self) -> bool:
        """Say whether the value is a number of law, or only a setting of the platform."""
        return self.citation.instrument.is_law

    def duration(self) -> Duration:
        """Return the value as a duration; raises ``UnknownRule`` when the rule is not one."""
        if self.unit not in UNITS or not isinstance(self.value, int) or isinstance(self.value, bool):
            raise UnknownRule(f"{self.key} is not a duration")
        return Duration(
            self.value,
            self.unit,
            includes_start=bool(self.bounds.get("includes_start", False)),
            roll_over=bool(self.bounds.get("roll_over", False)),
        )

    def stored(self) -> dict[str, Any]:
        """Return what a ledger entry keeps of a rule that was applied: value, version and clause."""
        return {
            "key": self.key,
            "where": self.where,
            "value": _storable(self.value),
            "unit": self.unit,
            "version": self.effective_from.isoformat(),
            "law": self.citation.instrument.key,
            "article": self.citation.article,
            "confidence": self.confidence,
        }


def places_upwards(where: str) -> Iterator[str]:
    """Yield a place and the places around it: ``CN-2201`` → ``CN-2201``, ``CN-22``, ``CN``."""
    if not PLACE.fullmatch(where):
        raise ValueError(f"not a place: {where!r}")
    digits = where.removeprefix(COUNTRY).removeprefix("-")
    while digits:
        yield f"{COUNTRY}-{digits}"
        digits = digits[:-2]
    yield COUNTRY


def weakest(confidences: Iterable[str]) -> str:
    """Return the weakest of some confidences; ``sourced`` for none."""
    return max(confidences, key=CONFIDENCES.index, default=CONFIDENCES[0])


def _storable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): _storable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_storable(v) for v in value]
    return value
