"""Checklists (检查清单): which items are asked at which kind of site on which day. Pure: values in, items out.

Serves articles 9 and 15. The items are data (``checklists.yaml``), each with its clause, its days and the department whose
question it is; a site is asked what its trade and its marks call for, all departments' questions in one visit of an inspector.
The prohibited ones among them an enterprise may take into its own checks (``prohibited.py``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from anlan.kernel.rules.book import catalogue
from anlan.kernel.rules.reading import read_yaml
from anlan.kernel.words import Words

QUICK, USUAL = "quick", "usual"
# GB/T 4754-2017 by the beginning of the code: what kind of site it is for the choice of items.
TRADE_OF_INDUSTRY = (
    ("5265", "fuel"),
    ("59", "warehouse"),
    ("61", "catering"),
    ("62", "catering"),
    ("51", "shop"),
    ("52", "shop"),
    ("47", "construction"),
    ("48", "construction"),
    ("49", "construction"),
    ("50", "construction"),
)
MANUFACTURING = range(13, 44)
TRADE_OF_MARK = {
    "is_crowded_place": "crowded",
    "handles_hazardous_chemicals": "chemicals",
    "has_explosive_dust": "dust",
    "uses_ammonia": "ammonia",
    "has_confined_space": "confined_space",
}


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One thing to look at: the question, what is wrong if not, the clause, and what usually puts it right."""

    key: str
    words: Words
    wrong: Words
    fix: Words
    topic: str
    department: str
    within: str
    trades: frozenset[str]
    law: str
    article: str
    seen: str
    first: date
    last: date | None
    is_prohibited: bool
    criteria: str
    criterion: str
    risk_level: int = 0  # of a measure of the site's own risk tree: its grade, and what it guards against
    risk: str = ""

    def holds_on(self, day: date) -> bool:
        """Say whether the item may be asked on a day."""
        return self.first <= day and (self.last is None or day <= self.last)

    @property
    def clause(self) -> Words:
        """Return the clause as a document cites it."""
        instrument = catalogue().instruments[self.law]
        return Words(
            f"《{instrument.zh}》{self.article}", f"{instrument.en}, {article_in_english(self.article)}"
        )


_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_PARTS = {"条": "Article", "款": "paragraph", "项": "item"}
_PART = re.compile(r"第([零一二三四五六七八九十百]+)([条款项])")


def article_in_english(article: str) -> str:
    """Return the place of a clause in English: ``第三十六条第四款`` is Article 36, paragraph 4; anything else stays as it is."""
    found = _PART.findall(article)
    if "".join(f"第{number}{part}" for number, part in found) != article:
        return article
    return ", ".join(f"{_PARTS[part]} {_number(number)}" for number, part in found)


def _number(chinese: str) -> int:
    """Return a Chinese numeral below a thousand as a number."""
    total = last = 0
    for sign in chinese:
        if sign in "十百":
            total += (last or 1) * (10 if sign == "十" else 100)
            last = 0
        else:
            last = _DIGITS[sign]
    return total + last


@lru_cache(maxsize=1)
def items() -> dict[str, CheckItem]:
    """Return every item of the checklists by key, in the order in which they are asked."""
    read: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("checklists.yaml"))
    return {one["key"]: _item(one) for one in read}


def _item(read: dict[str, Any]) -> CheckItem:
    return CheckItem(
        key=read["key"],
        words=Words(read["zh"], read["en"]),
        wrong=Words(read["wrong_zh"], read["wrong_en"]),
        fix=Words(read["fix_zh"], read["fix_en"]),
        topic=read["topic"],
        department=read["department"],
        within=read["within"],
        trades=frozenset(read["trades"]),
        law=read["law"],
        article=read["article"],
        seen=read["seen"],
        first=read["from"],
        last=read.get("to"),
        is_prohibited=bool(read.get("prohibited")),
        criteria=read.get("criteria", ""),
        criterion=str(read.get("criterion", "")),
    )


def trades_of(industry: str, marks: Collection[str]) -> frozenset[str]:
    """Return what kinds of site an enterprise is: by its industry code (GB/T 4754) and its key marks."""
    found = {trade for mark, trade in TRADE_OF_MARK.items() if mark in marks}
    trade = next((trade for start, trade in TRADE_OF_INDUSTRY if industry.startswith(start)), "")
    if trade:
        found.add(trade)
    elif industry[:2].isdigit() and int(industry[:2]) in MANUFACTURING:
        found.add("workshop")
    return frozenset(found)


def asked(trades: Collection[str], day: date) -> list[CheckItem]:
    """Return the items asked of a site of these trades on a day: those of every site, then those of its trades."""
    held = [item for item in items().values() if item.holds_on(day)]
    return [item for item in held if not item.trades or item.trades & set(trades)]
