"""The register of yearly figures (年度数据): what a place had in a year, from which source, how sure.

Serves article 2: rates and goals are computed with these. A figure that nobody has compared with a source stays visible and
is not computed with; one that nobody knows is a row without a value, which the goals page asks for.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from anlan.domains.targets.words import CONFIDENCES, KIND_CHOICES, KINDS
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Register
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import regulator
from anlan.kernel.words import Words

FIRST_YEAR, LAST_YEAR = 1949, 2199
UNKNOWN = Words("未知", "unknown")


class YearlyFigure(Register):
    """One figure of one place in one year."""

    searched = ("source", "note", "year")

    year = models.PositiveSmallIntegerField(
        Words("年份", "Year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    figure = described(models.CharField(Words("数据", "Figure"), max_length=24), choices=KIND_CHOICES)
    value = models.DecimalField(
        Words("数值", "Value"),
        max_digits=20,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=Words(
            "不知道就留空，核对情况选“未知”", "Leave empty when not known and choose “Unknown” below"
        ),
    )
    source = models.CharField(
        Words("资料来源", "Source"),
        max_length=300,
        help_text=Words(
            "年鉴、公报或发布单位，写到页码或网址", "Yearbook, communique or office, with page or address"
        ),
    )
    licence = models.CharField(Words("使用许可", "Licence"), max_length=120, blank=True)
    confidence = models.CharField(
        Words("核对情况", "How sure"), max_length=10, choices=CONFIDENCES, default="sourced"
    )
    note = models.CharField(Words("口径说明", "Note"), max_length=300, blank=True)

    kept: ClassVar[Kept] = Kept(
        slug="yearly-figures",
        words=Words("年度数据", "Yearly figures"),
        part="assessment",
        serves=("A2", "A2.18"),
        heading="source",
        columns=("source", "figure", "year", "territory", "value", "confidence", "updated_at"),
        facets=("figure", "year", "confidence", "territory"),
        sorts=("year", "updated_at"),
        order="-year",
        asks=("figure", "year", "territory", "value", "confidence", "source", "licence", "note"),
        writers=regulator,
        panels=(
            (Words("数据", "The figure"), ("figure", "year", "territory", "value", "confidence")),
            (Words("来源", "Where it comes from"), ("source", "licence", "note")),
        ),
    )

    class Meta(Register.Meta):
        verbose_name = "yearly figure"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["year", "figure", "territory"],
                condition=models.Q(archived_at=None),
                name="one_yearly_figure",
            )
        ]

    def __str__(self) -> str:
        kind = KINDS.get(self.figure)
        name = f"{self.year} {kind.words if kind else self.figure}"
        if self.value is None:
            return f"{name} {UNKNOWN}"
        value = f"{self.value:,.4f}".rstrip("0").rstrip(".")
        return f"{name} {value} {kind.unit if kind else ''}".strip()

    def prepare(self, actor: Actor, at: datetime) -> None:
        """A figure belongs to the work safety bureau of its place."""
        self.sector = "work_safety"

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a value without certainty, certainty without a value, less than nothing."""
        found: dict[str, list[Words]] = {}
        if (self.value is None) != (self.confidence == "unknown"):
            found["confidence"] = [
                Words(
                    "没有数值时选“未知”，有数值时不选“未知”。",
                    "Choose “Unknown” without a value, and only then.",
                )
            ]
        if self.value is not None and self.value < 0 and not self.figure.endswith("growth"):
            found["value"] = [Words("不能小于零。", "It cannot be less than nothing.")]
        return found

    def words_to_find(self) -> str:
        """Return what search finds it by: its name in both languages besides the source."""
        kind = KINDS.get(self.figure)
        named = f"{kind.words.zh} {kind.words.en}" if kind else ""
        return f"{named} {super().words_to_find()}"
