"""The accident register (事故台账). What the figures make of the grade is computed at writing and kept with the row.

Serves articles 2 (goals counted in deaths and in larger accidents), 19 and 20. Unknown is not nought: a figure left empty
stays unknown in every count. The investigation has no loop yet.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from anlan.domains.accidents.grading import graded
from anlan.domains.accidents.words import CLASSES, CONFIDENCES, GRADES
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.accident_types import accident_types, type_choices
from anlan.kernel import clock
from anlan.kernel.registers import Kept, Likeness, described
from anlan.kernel.registers.declaration import Register, Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import regulator
from anlan.kernel.words import Words

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
PEOPLE = Words("人", "people")
EMPTY_MEANS_UNKNOWN = Words("不知道就留空，不填 0", "Leave empty when not known; 0 means none")
FIGURES = ("deaths", "missing", "serious_injuries", "injured", "direct_loss_yuan")


def _people(zh: str, en: str, help_text: Words = EMPTY_MEANS_UNKNOWN) -> Any:
    return described(
        models.PositiveIntegerField(Words(zh, en), null=True, blank=True, help_text=help_text), unit=PEOPLE
    )


class AccidentRecord(Register):
    """One accident (生产安全事故) at one place. ``grade`` is what counts: the recorded one, else the computed one."""

    searched = ("name", "unit_name", "address", "narrative", "enterprise")
    likened = ("name", "occurred_on", "territory", "enterprise", "unit_name")

    name = models.CharField(Words("事故名称", "Accident"), max_length=120)
    occurred_on = models.DateField(Words("发生日期", "Day of the accident"))
    occurred_time = described(
        models.CharField(
            Words("发生时刻", "Time of day"),
            max_length=5,
            blank=True,
            help_text=Words("例如 14:20，不知道就留空", "Such as 14:20; leave empty when not known"),
        ),
        is_time_of_day=True,
    )
    enterprise = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=Words("发生单位（已登记的企业）", "Enterprise, if registered"),
    )
    unit_name = models.CharField(
        Words("发生单位名称", "Name of the unit"),
        max_length=160,
        blank=True,
        help_text=Words("单位没有登记时填写", "Where the unit is not registered"),
    )
    counted_class = models.CharField(
        Words("统计类别", "Class in the statistics"), max_length=20, choices=CLASSES, default="industry_trade"
    )
    accident_type = described(
        models.CharField(Words("事故类型", "Type of accident"), max_length=12, blank=True),
        choices=type_choices(),
    )
    deaths = _people("死亡人数", "Deaths")
    missing = _people(
        "下落不明人数", "Missing", Words("含被困未确认人员", "People trapped and not confirmed included")
    )
    serious_injuries = _people(
        "重伤人数",
        "Serious injuries",
        Words("含急性工业中毒；不知道就留空", "Acute poisoning included; empty means unknown"),
    )
    injured = _people(
        "受伤人数（未分轻重）",
        "Injured, severity not told",
        Words(
            "来源没有分轻伤重伤时填写，不参与定级", "Where the source does not tell; not used for the grade"
        ),
    )
    direct_loss_yuan = described(
        models.DecimalField(
            Words("直接经济损失", "Direct loss"),
            max_digits=16,
            decimal_places=2,
            null=True,
            blank=True,
            help_text=Words("以元计，不是万元；不知道就留空", "In yuan; leave empty when not known"),
        ),
        unit=Words("元", "yuan"),
    )
    recorded_grade = models.CharField(
        Words("认定等级", "Grade as recorded"),
        max_length=12,
        choices=GRADES,
        blank=True,
        help_text=Words("调查报告或通报认定的等级", "As the report or the notice says"),
    )
    computed_grade = models.CharField(
        Words("按数字计算的等级", "Grade by the figures"),
        max_length=12,
        choices=GRADES,
        blank=True,
        editable=False,
    )
    grade = models.CharField(
        Words("等级", "Grade"), max_length=12, choices=GRADES, blank=True, editable=False
    )
    grade_basis = models.JSONField(default=dict, editable=False)
    narrative = models.TextField(Words("经过", "What happened"), max_length=4000, blank=True)
    source = models.CharField(Words("资料来源", "Source"), max_length=300, blank=True)
    confidence = models.CharField(
        Words("核对情况", "How sure"), max_length=10, choices=CONFIDENCES, default="sourced"
    )

    kept: ClassVar[Kept] = Kept(
        slug="accidents",
        words=Words("事故台账", "Accidents"),
        part="rule_of_law",
        serves=("A20", "A3.18"),
        heading="name",
        columns=("name", "occurred_on", "territory", "counted_class", "deaths", "missing", "grade"),
        facets=("territory", "occurred_on", "grade", "counted_class", "deaths", "confidence", "is_demo"),
        sorts=("occurred_on", "deaths", "created_at"),
        order="-occurred_on",
        asks=(
            "name", "occurred_on", "occurred_time", "territory", "address", "longitude", "latitude", "enterprise", "unit_name",
            "sector", "counted_class", "accident_type", "deaths", "missing", "serious_injuries", "injured", "direct_loss_yuan",
            "recorded_grade", "narrative", "source", "confidence",
        ),
        writers=regulator,
        panels=(
            (Words("事故", "Accident"),
             ("occurred_on", "occurred_time", "enterprise", "unit_name", "counted_class", "accident_type", "narrative")),
            (Words("伤亡和损失", "Casualties and loss"), FIGURES),
            (Words("等级和来源", "Grade and source"), ("grade", "recorded_grade", "computed_grade", "source", "confidence")),
            (Words("地点", "Place"), ("territory", "address", "longitude", "latitude")),
        ),
    )  # fmt: skip

    class Meta(Register.Meta):
        verbose_name = "accident"
        indexes: ClassVar[list[models.Index]] = [
            *Register.Meta.indexes,
            models.Index(fields=["-occurred_on"], name="accident_occurred_on"),
        ]

    def settle(self) -> None:
        """Follow the enterprise, then compute the grade the figures give."""
        super().settle()
        if self.enterprise_id and self.enterprise is not None:
            self.holder, self.sector = self.enterprise.holder, self.enterprise.sector
            self.is_demo = self.is_demo or self.enterprise.is_demo
        else:
            self.holder = None
        if self.occurred_on:
            found = graded(self.occurred_on, self.deaths, self.serious_injuries, self.direct_loss_yuan)
            self.computed_grade, self.grade_basis = found.code, found.basis
        self.grade = self.recorded_grade or self.computed_grade

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Everything that follows from other fields follows in ``settle``, at every writing."""

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a day to come, an odd time, a type of another day, no figure at all."""
        found: dict[str, list[Words]] = {}
        if self.occurred_on > clock.today():
            found["occurred_on"] = [Words("日期还没有到。", "This day has not come yet.")]
        if self.occurred_time and not TIME_OF_DAY.fullmatch(self.occurred_time):
            found["occurred_time"] = [Words("时刻写成 14:20 这样。", "Write the time like 14:20.")]
        kind = accident_types().get(self.accident_type)
        if kind is not None and not kind.is_in_force(self.occurred_on):
            found["accident_type"] = [
                Words(
                    "事故发生当日不用这个版本的分类，换成当日有效的版本。",
                    "On that day another edition of the standard was in force; choose its type.",
                )
            ]
        if (self.longitude is None) != (self.latitude is None):
            found["longitude"] = [Words("经度和纬度须一并填写。", "Give both longitude and latitude.")]
        return found

    @classmethod
    def likenesses(cls, actor: Actor, values: Mapping[str, Any]) -> list[Likeness]:
        """Return accidents of the same name, day and place as the one about to be entered."""
        from anlan.domains.accidents.likeness import same_as_entered

        return same_as_entered(actor, values)

    @classmethod
    def likenesses_many(cls, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[list[Likeness]]:
        """Return accidents of the same name, day and place, for many rows with one question."""
        from anlan.domains.accidents.likeness import same_in_sets

        return same_in_sets(actor, rows)

    @classmethod
    def alike_by(cls, values: Mapping[str, Any]) -> Mapping[Hashable, Words]:
        """Return name, day and place of an entry, which together mark it."""
        from anlan.domains.accidents.likeness import marks_of

        return marks_of(values)

    @classmethod
    def are_told_apart(cls, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Say whether two entries are told of two registered enterprises, or of two units by name."""
        from anlan.domains.accidents.likeness import told_apart

        return told_apart(one, other)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return how the grade was reached, and what is still open about it."""
        from anlan.domains.accidents.sections import grade_section

        return [grade_section(self)]
