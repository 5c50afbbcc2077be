"""The table of site visits. Only the engine writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.db import models

from anlan.domains.alarms.models import Alarm
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.words import CLEAR, FOLLOW_UP, PURPOSES, RESULTS, ROUTINE, SPECIAL
from anlan.kernel import clock, rules
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import described
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

SECONDS = Words("秒", "s")
MINUTES = Words("分钟", "min")


class SiteVisit(Matter):
    """One visit (巡查) to one site: what was asked and answered, who signed, and what the paperwork cost.

    ``answers`` is the sheet as the phone brought it: one entry for each item, with its answer and the danger it opened.
    ``device``, ``device_seq`` and ``device_head`` say which sealed series of which phone it came from; a visit written at a
    desk has none.
    """

    searched = ("number", "summary", "holder")

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    danger = models.ForeignKey(
        HiddenDanger, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("查看隐患", "To look at a danger"),
    )  # fmt: skip
    alarm = models.ForeignKey(
        Alarm, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words("核查报警", "To look into an alarm"),
    )  # fmt: skip
    purpose = models.CharField(Words("检查类型", "Purpose"), max_length=12, choices=PURPOSES, default=ROUTINE)
    summary = models.TextField(Words("检查情况", "What was seen"), max_length=2000, blank=True, default="")
    visited_on = models.DateField(Words("检查日期", "Day of the visit"), editable=False)
    result = models.CharField(
        Words("检查结果", "Result"), max_length=8, choices=RESULTS, default=CLEAR, editable=False
    )
    findings = models.PositiveSmallIntegerField(Words("问题数", "Findings"), default=0, editable=False)
    fixed = models.PositiveSmallIntegerField(
        Words("当场整改", "Put right on the spot"), default=0, editable=False
    )
    conclude_by = models.DateField(Words("办结期限", "Conclude by"), null=True, editable=False)
    answers = models.JSONField(Words("检查项目", "Items"), default=list, editable=False)
    minutes_on_site = models.PositiveIntegerField(
        Words("现场用时（分钟）", "Minutes on site"), null=True, editable=False
    )
    minutes_writing = models.DecimalField(
        Words("填写用时（分钟）", "Minutes writing"),
        max_digits=6,
        decimal_places=1,
        null=True,
        editable=False,
    )
    keystrokes = models.PositiveIntegerField(Words("按键次数", "Keystrokes"), null=True, editable=False)
    signatures = models.PositiveSmallIntegerField(Words("签名次数", "Signatures"), default=0, editable=False)
    documents = models.PositiveSmallIntegerField(Words("文书份数", "Documents"), default=0, editable=False)
    clock_offset = described(
        models.IntegerField(Words("手机时钟偏差", "Error of the phone's clock"), null=True, editable=False),
        unit=SECONDS,
    )
    overlaps = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name=Words("同一天的另一次检查", "Another visit on the same day"),
    )  # fmt: skip
    device = models.UUIDField(null=True, editable=False)
    device_seq = models.PositiveIntegerField(null=True, editable=False)
    device_head = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta(Matter.Meta):
        verbose_name = "site visit"
        indexes: ClassVar[list[models.Index]] = [
            *Matter.Meta.indexes,
            models.Index(fields=["enterprise", "-visited_on"], name="sitevisit_of_enterprise"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["device", "device_seq"],
                condition=~models.Q(device=None),
                name="sitevisit_device_once",
            )
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of every matter, and whether it was written on a phone."""
        return (
            *super().filters(),
            NamedFilter("by_phone", Words("手机采集", "On a phone"), lambda: ~models.Q(device=None)),
        )

    def title(self) -> str:
        """Return whose site was visited, and on which day."""
        return f"{self.enterprise.name} {self.visited_on:%Y-%m-%d}"

    def industry(self) -> str:
        """Return the industry of the enterprise, by which the regulator is resolved."""
        return self.enterprise.industry

    @classmethod
    def carried(cls, about: Mapping[str, Any]) -> dict[str, Any]:
        """Take over the enterprise of the danger or alarm a visit looks at, and why it is made."""
        for name, purpose in (("danger", FOLLOW_UP), ("alarm", SPECIAL)):
            if about.get(name) is not None:
                return {"enterprise": about[name].enterprise, "purpose": purpose}
        return {}

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the enterprise stands; what it looks at is what it came from."""
        firm, source = self.enterprise, self.danger or self.alarm
        if source is not None:
            self.parent_loop, self.parent_id = source.loop.slug, source.pk
        self.holder, self.sector = firm.holder, firm.sector
        self.place_in(firm.territory)
        self.is_demo = self.is_demo or firm.is_demo
        if self.longitude is None or self.latitude is None:
            self.longitude, self.latitude = firm.longitude, firm.latitude
        self.address = self.address or firm.address
        self.visited_on = at.astimezone(clock.CHINA).date()
        self.conclude_by = _day_after("inspections.conclude_within", self.visited_on)

    def left_to_rectify(self) -> list[dict[str, Any]]:
        """Return the findings that were not put right before the inspector's eyes."""
        return [one for one in self.wrong() if not one.get("fixed")]

    def wrong(self) -> list[dict[str, Any]]:
        """Return the entries of the sheet that are findings."""
        return [one for one in self.answers if one.get("answer") == "finding"]


def _day_after(key: str, day: date) -> date:
    found = rules.due(day, rules.parameter(key, day).duration()).due_date
    return found if found is not None else day + timedelta(days=1)
