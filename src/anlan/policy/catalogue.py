"""The thirty articles and their requirements as values: words in both languages, actors, kinds, dates.

Read from ``clauses.yaml`` once. It says what is demanded; ``realising`` says by what it is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from anlan.kernel.words import Words
from anlan.policy import clauses

PARTS: dict[str, Words] = {
    "前言": Words("前言", "Preamble"),
    "一、总体要求": Words("一、总体要求", "I. General requirements"),
    "二、健全落实安全生产责任制": Words("二、健全落实安全生产责任制", "II. Responsibility"),
    "三、大力推进安全生产依法治理": Words("三、大力推进安全生产依法治理", "III. Rule of law"),
    "四、建立安全预防控制体系": Words("四、建立安全预防控制体系", "IV. Prevention and control"),
    "五、加强安全生产基础保障体系建设": Words("五、加强安全生产基础保障体系建设", "V. Safeguards"),
    "六、推进安全生产社会化服务体系建设": Words(
        "六、推进安全生产社会化服务体系建设", "VI. Services of society"
    ),
    "七、加强安全生产考核体系建设": Words("七、加强安全生产考核体系建设", "VII. Assessment"),
    "结尾": Words("结尾", "Closing part"),
}
TYPES: dict[str, Words] = {
    "duty": Words("职责", "Duty"),
    "system": Words("制度建设", "System to build"),
    "target": Words("目标", "Target"),
    "prohibition": Words("禁止和惩戒", "Prohibition or sanction"),
    "procedure": Words("程序", "Procedure"),
    "disclosure": Words("报告和公开", "Report or disclosure"),
    "incentive": Words("鼓励和奖励", "Encouragement or reward"),
    "principle": Words("原则", "Principle"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement (``A15.13``). ``needs_software`` is False where nothing a platform does would meet it."""

    key: str
    article: int | None
    part: Words
    title: Words
    words: Words
    types: tuple[str, ...]
    actors: tuple[str, ...]
    deadline: str
    needs_software: bool

    @property
    def article_key(self) -> str:
        """Return the key of its article: ``A15``; ``A0`` and ``AC`` for preamble and closing part."""
        return self.key.split(".")[0]


@dataclass(frozen=True, slots=True)
class Article:
    """One article with its requirements, in the order of the document."""

    key: str
    number: int | None
    part: Words
    title: Words
    clauses: tuple[Clause, ...]

    @property
    def words(self) -> Words:
        """Return what the article is called: its number and its title."""
        if self.number is None:
            return self.title
        return Words(f"第{chinese(self.number)}条 {self.title.zh}", f"Article {self.number}. {self.title.en}")


@cache
def all_clauses() -> dict[str, Clause]:
    """Return every requirement by its key."""
    return {key: _clause(row) for key, row in clauses().items()}


@cache
def articles() -> tuple[Article, ...]:
    """Return the articles in the order of the document, preamble first, closing part last."""
    grouped: dict[str, list[Clause]] = {}
    for clause in all_clauses().values():
        grouped.setdefault(clause.article_key, []).append(clause)
    return tuple(
        Article(key, found[0].article, found[0].part, found[0].title, tuple(found))
        for key, found in grouped.items()
    )


def _clause(row: dict[str, Any]) -> Clause:
    return Clause(
        key=row["id"],
        article=row["article"],
        part=PARTS[row["part"]],
        title=Words(row["title_zh"], row["title_en"]),
        words=Words(row["zh"], row["en"]),
        types=tuple(row["type"]),
        actors=tuple(row["actors"]),
        deadline=str(row["deadline"] or ""),
        needs_software="none" not in row["software"]["kinds"],
    )


def chinese(number: int) -> str:
    """Write a number up to 99 as articles are numbered: 二十九."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if not tens:
        return digits[ones]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
