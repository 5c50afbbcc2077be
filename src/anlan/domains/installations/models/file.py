"""The file of an installation with the county (重大危险源备案), from identification to delisting. Only the engine writes it.

What the rule found, with every step, is kept in the file and in the ledger entry of the step that assessed it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models.installation import Installation, grade_field, value_field
from anlan.domains.installations.words import ASSESSORS
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import described
from anlan.kernel.rules.reading import read_yaml
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def reason_choices() -> list[tuple[str, Words]]:
    """Return the cases in which an installation is assessed again, as they are written newest."""
    entries: list[dict[str, Any]] = read_yaml(Path(__file__).parent.parent / "rules.yaml")
    entry = next(one for one in entries if one["key"] == "installations.regrade_reasons")
    return [(row["code"], Words(row["zh"], row["en"])) for row in entry["values"][-1]["value"]]


def steps_of(found: str) -> Words | None:
    """Return the steps of a computation that was kept, one a line."""
    steps = json.loads(found).get("steps", []) if found else []
    lines = [(f"{at}. {one['text_zh']}", f"{at}. {one['text_en']}") for at, one in enumerate(steps, 1)]
    return Words("\n".join(zh for zh, _ in lines), "\n".join(en for _, en in lines)) if lines else None


class HazardFile(Matter):
    """The file of one installation; it lives as long as the installation is a major hazard."""

    searched = ("number", "installation", "filing_number", "holder")

    installation = models.ForeignKey(
        Installation, models.PROTECT, related_name="files", verbose_name=Words("重大危险源", "Installation")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise"), editable=False
    )
    round = models.PositiveSmallIntegerField(
        Words("第几次评估", "Which assessment"), default=1, editable=False
    )
    assessed_on = models.DateField(Words("评估报告完成日期", "Assessment finished on"), null=True)
    assessed_by = models.CharField(
        Words("评估方式", "Assessed by"), max_length=8, choices=ASSESSORS, blank=True, default=""
    )
    assessor = models.CharField(Words("评估人员或者机构", "Assessor"), max_length=120, blank=True, default="")
    s_value, r_value, alpha = (
        value_field("S 值", "S"),
        value_field("R 值", "R"),
        value_field("校正系数 α", "Factor α"),
    )
    grade = grade_field("级别", "Grade")
    former_grade = grade_field("原级别", "Grade before")
    found = described(
        models.TextField(
            Words("计算步骤", "Steps"), max_length=100_000, blank=True, default="", editable=False
        ),
        named=steps_of,
    )
    file_by = models.DateField(Words("应备案日期", "To be filed by"), null=True, editable=False)
    filed_on = models.DateField(Words("备案日期", "Filed on"), null=True, editable=False)
    filing_number = models.CharField(
        Words("备案编号", "Number on file"), max_length=40, blank=True, default=""
    )
    regrade_by = models.DateField(
        Words("应重新评估日期", "To be assessed again by"), null=True, editable=False
    )
    regrade_reason = described(
        models.CharField(
            Words("重新评估的情形", "Why assessed again"), max_length=20, blank=True, default=""
        ),
        choices=reason_choices(),
    )
    delist_grounds = models.TextField(
        Words("核销理由", "Grounds for delisting"), max_length=1000, blank=True, default=""
    )
    applied_on = models.DateField(
        Words("申请核销日期", "Delisting applied for on"), null=True, editable=False
    )
    applied_from = models.CharField(max_length=20, blank=True, default="", editable=False)

    class Meta(Matter.Meta):
        verbose_name = "file of an installation"
        indexes: ClassVar[list[models.Index]] = [
            *Matter.Meta.indexes,
            models.Index(fields=["installation", "-opened_at"], name="hazardfile_of"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["installation"],
                condition=models.Q(closed_at=None),
                name="one_open_file_an_installation",
            )
        ]

    def title(self) -> str:
        """Return the installation."""
        return str(self.installation)

    def industry(self) -> str:
        """Return the industry of the enterprise, by which the regulator is resolved."""
        return self.installation.enterprise.industry

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the installation stands."""
        unit = self.installation
        self.enterprise, self.holder, self.sector = unit.enterprise, unit.holder, unit.sector
        self.place_in(unit.territory)
        self.longitude, self.latitude, self.address = unit.longitude, unit.latitude, unit.address
        self.is_demo = self.is_demo or unit.is_demo
