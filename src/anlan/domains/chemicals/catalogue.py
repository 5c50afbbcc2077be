"""The substances of the product: read once from ``substances.csv``, found by any name or number. Pure.

A name counts whatever its width, case, brackets or separators; a CAS number with or without its dashes. A name that several
entries bear (ammonium nitrate by its content of combustible matter) finds all of them: nothing is guessed.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("substances.csv")
# Words that say in which state a substance is, and leave it the same substance.
STATES = re.compile(r"(无水|液化|压缩|气|蒸气|液体)$")
APART = re.compile(r"(?<![\dN'])[,，;；、](?![\dN'])")
BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")


@dataclass(frozen=True, slots=True)
class Substance:
    """One substance, or one entry of a list that stands for several; what is not known is empty or None."""

    key: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]
    cas: tuple[str, ...]
    un: tuple[str, ...]
    table1_no: int | None  # GB 18218-2018 table 1
    category: str  # the row of its tables 2 and 4 that usually fits; inferred
    supervised_batch: int | None  # lists of chemicals under key supervision
    supervised_confidence: str
    formula: str
    molar_mass: Decimal | None
    boiling_c: Decimal | None
    flash_c: Decimal | None
    flash_source: str
    autoignition_c: Decimal | None
    lel: Decimal | None
    uel: Decimal | None
    lel_source: str

    @property
    def short_zh(self) -> str:
        """Return the Chinese name without what stands in brackets."""
        return BRACKETS.sub("", self.name_zh).strip() or self.name_zh

    def says(self) -> Iterator[str]:
        """Yield everything it is called."""
        yield from (self.name_zh, self.short_zh, self.name_en, BRACKETS.sub("", self.name_en))
        yield from APART.split(self.short_zh)
        yield from APART.split(BRACKETS.sub("", self.name_en))
        yield from self.aliases
        yield from self.cas


@lru_cache(maxsize=1)
def substances() -> tuple[Substance, ...]:
    """Return every substance, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_read(row) for row in csv.DictReader(file))


@lru_cache(maxsize=1)
def by_key() -> dict[str, Substance]:
    """Return the substances by key."""
    return {one.key: one for one in substances()}


@lru_cache(maxsize=4096)
def named(text: str) -> tuple[Substance, ...]:
    """Return the substances that bear exactly this name, formula or number; several where they share it."""
    found = _index().get(plain_name(text), ())
    return found if found else _index().get(STATES.sub("", plain_name(text)), ())


def matching(text: str) -> list[Substance]:
    """Return the substances whose names or numbers contain every word, those that bear the text exactly first."""
    exact = named(text)
    words = [plain_name(word) for word in text.split()]
    words = [word for word in words if word]
    rest = [one for one, says in _plainly() if all(word in says for word in words) and one not in exact]
    return [*exact, *(rest if words else ())]


def plain_name(text: str) -> str:
    """Return a name as it is compared: half-width, lower case, without blanks, dashes, brackets and separators."""
    return re.sub(
        r"[\s\-‐–—_·'’()\[\]{}（）【】,，;；、.]", "", unicodedata.normalize("NFKC", text).casefold()
    )


@lru_cache(maxsize=1)
def _plainly() -> tuple[tuple[Substance, str], ...]:
    """Return every substance with all it is called, as it is compared: one a line, for no plain name holds an end of line."""
    return tuple(
        (one, "\n".join(map(plain_name, (*one.says(), one.formula, *one.un)))) for one in substances()
    )


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[Substance, ...]]:
    found: dict[str, list[Substance]] = {}
    for one in substances():
        for said in {plain_name(said) for said in one.says()} - {""}:
            found.setdefault(said, []).append(one)
    # A whole name of its own comes before the same word as a part or an alias of another.
    for one in substances():
        own = plain_name(one.name_zh)
        found[own] = [one] if plain_name(one.short_zh) == own else found[own]
    for one in substances():
        formula = plain_name(one.formula)
        if formula and formula not in found:
            found[formula] = [other for other in substances() if plain_name(other.formula) == formula]
    return {said: tuple(dict.fromkeys(ones)) for said, ones in found.items()}


def _read(row: dict[str, str]) -> Substance:
    return Substance(
        key=row["key"], name_zh=row["name_zh"], name_en=row["name_en"],
        aliases=(*_parts(row["aliases_zh"]), *_parts(row["aliases_en"])), cas=_parts(row["cas"]), un=_parts(row["un"]),
        table1_no=_whole(row["table1_no"]), category=row["category"], supervised_batch=_whole(row["supervised_batch"]),
        supervised_confidence=row["supervised_confidence"], formula=row["formula"], molar_mass=_number(row["molar_mass"]),
        boiling_c=_number(row["boiling_c"]), flash_c=_number(row["flash_c"]), flash_source=row["flash_source"],
        autoignition_c=_number(row["autoignition_c"]), lel=_number(row["lel_vol_pct"]), uel=_number(row["uel_vol_pct"]),
        lel_source=row["lel_source"],
    )  # fmt: skip


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _whole(text: str) -> int | None:
    return int(text) if text else None


def names_of(found: Iterable[Substance]) -> str:
    """Return the Chinese names of substances, for a question which is meant."""
    return "；".join(one.name_zh for one in found)
