"""Control measures (管控措施), the lowest row of the tree: what is done, what is checked, how often, and who answers for it."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from anlan.domains.enterprises.within import KEEPERS, NEEDED, WithinEnterprise
from anlan.domains.risk.models.structure import WorkPost
from anlan.domains.risk.models.tree import RiskEvent, level_field
from anlan.domains.risk.words import (
    CLASSES_1,
    CLASSES_2,
    CYCLE_UNITS,
    DATA_SOURCES,
    LAYERS,
    MEASURE_KINDS,
    NEAREST_CLASS,
)
from anlan.kernel.registers import Kept
from anlan.kernel.registers.record import counted_index, list_indexes
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST_CYCLE = 366


class ControlMeasure(WithinEnterprise):
    """What keeps an event from happening or limits its harm (管控措施), what is checked, how often, and by whom."""

    searched = ("description", "check_content", "event", "enterprise")
    parent = "event"

    event = models.ForeignKey(
        RiskEvent, models.PROTECT, related_name="measures", verbose_name=Words("风险事件", "Risk event")
    )
    description = models.CharField(Words("管控措施", "Measure"), max_length=500)
    kind = models.CharField(Words("措施类别", "Kind of measure"), max_length=12, choices=MEASURE_KINDS)
    responsible_post = models.ForeignKey(
        WorkPost, models.PROTECT, null=True, blank=True, related_name="measures",
        verbose_name=Words("责任岗位", "Responsible post"),
    )  # fmt: skip
    responsible_person = models.CharField(
        Words("责任人", "Person responsible"), max_length=60, blank=True, default=""
    )
    check_content = models.CharField(
        Words("排查内容", "What is checked"), max_length=500, blank=True, default=""
    )
    check_cycle = models.PositiveSmallIntegerField(
        Words("排查周期", "Every"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_CYCLE)],
    )  # fmt: skip
    check_cycle_unit = models.CharField(
        Words("周期单位", "Unit of the cycle"), max_length=8, choices=CYCLE_UNITS, blank=True, default=""
    )
    data_source = models.CharField(
        Words("管控方式", "How it is watched"), max_length=1, choices=DATA_SOURCES, default="2"
    )
    class_1 = models.CharField(
        Words("措施分类一", "Class 1"), max_length=1, choices=CLASSES_1, blank=True, default=""
    )
    class_2 = models.CharField(
        Words("措施分类二", "Class 2"), max_length=3, choices=CLASSES_2, blank=True, default=""
    )
    class_3 = models.CharField(Words("措施分类三", "Class 3"), max_length=60, blank=True, default="")
    risk_level = level_field("风险等级", "Level")
    control_layer = models.CharField(
        Words("管控层级", "Layer of control"),
        max_length=12,
        choices=LAYERS,
        blank=True,
        default="",
        editable=False,
    )

    kept: ClassVar[Kept] = Kept(
        slug="control-measures",
        words=Words("管控措施", "Control measures"),
        part="prevention",
        serves=("A15", "A15.5", "A15.6", "A15.7"),
        heading="description",
        columns=(
            "description", "event", "risk_level", "control_layer", "kind", "responsible_post", "responsible_person",
            "check_cycle", "check_cycle_unit",
        ),
        facets=("risk_level", "control_layer", "kind", "check_cycle_unit", "data_source", "territory", "sector", "is_demo"),
        sorts=("risk_level", "updated_at", "created_at"),
        order="-risk_level",
        asks=(
            "event", "kind", "description", "responsible_post", "responsible_person", "check_content", "check_cycle",
            "check_cycle_unit", "data_source", "class_1", "class_2", "class_3",
        ),
        writers=KEEPERS,
        panels=(
            (Words("措施", "The measure"), ("event", "enterprise", "kind", "risk_level", "control_layer")),
            (Words("谁负责", "Who is responsible"), ("responsible_post", "responsible_person")),
            (Words("排查", "The check"), ("check_content", "check_cycle", "check_cycle_unit", "data_source")),
            (Words("上报分类", "Classes of the upload"), ("class_1", "class_2", "class_3")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "control measure"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["description", "event", "kind"],
                condition=models.Q(archived_at=None),
                name="one_measure_a_text",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            counted_index(),
            models.Index(fields=["enterprise", "risk_level"], name="controlmeasure_of"),
            models.Index(fields=["responsible_post"], name="controlmeasure_post"),
            *list_indexes("risk_level", "control_layer", "kind", "check_cycle_unit", "data_source", "sector"),
        ]

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: nobody responsible, half a cycle, classes that do not fit."""
        found = super().faults()
        if self.responsible_post is None and not self.responsible_person.strip():
            found["responsible_post"] = [NEEDED]
        if (self.check_cycle is None) != (not self.check_cycle_unit):
            found["check_cycle"] = [Words("周期和单位须一并填写。", "Give both the number and the unit.")]
        if self.class_2 and not self.class_2.startswith(self.class_1 or "-"):
            found["class_2"] = [Words("与措施分类一不符。", "It does not belong to class 1.")]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Bear the level of the event; fill in the nearest class of the upload."""
        self.risk_level, self.control_layer = self.event.risk_level, self.event.control_layer
        if not self.class_1:
            self.class_1, self.class_2 = NEAREST_CLASS[self.kind]
