"""A grading (风险评级): what somebody proposes an event's level to be, by which method, from which scores, on which grounds.

Initial and residual risk are matters of their own; the history of an event's grade is the list of its gradings. Only the engine
writes rows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk import rules
from anlan.domains.risk.models.tree import RiskEvent
from anlan.domains.risk.words import LEVELS, METHODS, PROFILES, STAGES, UNGRADED
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

FACTOR_WORDS = {
    "ls_l": Words("可能性 L（LS）", "Likelihood L (LS)"),
    "ls_s": Words("严重性 S（LS）", "Severity S (LS)"),
    "lec_l": Words("可能性 L（LEC）", "Likelihood L (LEC)"),
    "lec_e": Words("暴露频繁程度 E（LEC）", "Exposure E (LEC)"),
    "lec_c": Words("后果 C（LEC）", "Consequence C (LEC)"),
    "mes_m": Words("控制措施状态 M（MES）", "State of controls M (MES)"),
    "mes_e": Words("暴露时间 E（MES）", "Exposure E (MES)"),
    "mes_s": Words("后果 S（MES）", "Consequence S (MES)"),
}


def columns_of(method: str) -> list[str]:
    """Return the columns that hold the scores of a method."""
    return [name for name in FACTOR_WORDS if name.startswith(f"{method}_")]


def _score(name: str) -> Any:
    method, factor = name.split("_")
    rows = rules.scale(method, factor)
    choices = [
        (row["score"], Words(f"{row['score']}　{row['zh']}", f"{row['score']}  {row['en']}")) for row in rows
    ]
    return described(
        models.CharField(FACTOR_WORDS[name], max_length=4, blank=True, default=""), choices=choices
    )


def direct_choices() -> list[tuple[str, Words]]:
    """Return the cases that make a risk major directly."""
    return [(row["code"], Words(row["zh"], row["en"])) for row in rules.written()["risk.direct_major"]]


class RiskGrading(Matter):
    """One grading of one event, initial or residual, from the proposal to its approval."""

    searched = ("number", "event", "grounds", "holder")

    event = models.ForeignKey(
        RiskEvent, models.PROTECT, related_name="gradings", verbose_name=Words("风险事件", "Risk event")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise"), editable=False
    )
    stage = models.CharField(Words("评的是", "What is graded"), max_length=10, choices=STAGES)
    method = models.CharField(Words("评级方法", "Method"), max_length=8, choices=METHODS)
    profile = models.CharField(
        Words("LS 分档", "Profile of LS"), max_length=12, choices=PROFILES, blank=True, default="",
        help_text=Words("不选即本市采用的分档", "This city's if left out"),
    )  # fmt: skip
    ls_l, ls_s = _score("ls_l"), _score("ls_s")
    lec_l, lec_e, lec_c = _score("lec_l"), _score("lec_e"), _score("lec_c")
    mes_m, mes_e, mes_s = _score("mes_m"), _score("mes_e"), _score("mes_s")
    direct_case = described(
        models.CharField(
            Words("直接判定的情形", "Case of direct judgement"), max_length=24, blank=True, default=""
        ),
        choices=direct_choices(),
    )
    grounds = models.TextField(
        Words("理由", "Grounds"), max_length=1000,
        help_text=Words("为什么是这个等级、为什么要改", "Why this level, why a change"),
    )  # fmt: skip
    value = models.CharField(
        Words("计算值", "Value computed"), max_length=12, blank=True, default="", editable=False
    )
    risk_level = models.PositiveSmallIntegerField(
        Words("提出的等级", "Level proposed"), choices=LEVELS, default=UNGRADED, editable=False
    )
    former_level = models.PositiveSmallIntegerField(
        Words("原等级", "Level before"), choices=LEVELS, default=UNGRADED, editable=False
    )
    graded_on = models.DateField(Words("评级日期", "Graded on"), null=True, editable=False)
    assess_by = models.DateField(
        Words("应重新评估", "To be assessed again by"), null=True, blank=True, editable=False
    )

    class Meta(Matter.Meta):
        verbose_name = "risk grading"
        indexes: ClassVar[list[models.Index]] = [
            *Matter.Meta.indexes,
            models.Index(fields=["event", "stage"], name="riskgrading_of"),
        ]

    def title(self) -> str:
        """Return the event that is graded."""
        return str(self.event)

    def industry(self) -> str:
        """Return the industry of the enterprise."""
        return self.event.enterprise.industry

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return the way to grade anew, while the grading waits to be assessed again."""
        from anlan.domains.risk.sections import of_grading

        return of_grading(self, actor)

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the event stands."""
        event = self.event
        self.enterprise, self.holder, self.sector = event.enterprise, event.holder, event.sector
        self.place_in(event.territory)
        self.is_demo = self.is_demo or event.is_demo
