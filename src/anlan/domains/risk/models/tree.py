"""The tree of risks that the national upload uses: object → unit → event → control measure. Serves article 15.

Levels are never typed in: an event bears what its approved gradings say (``loop.py``), its unit and its object the highest below
them, its measures the event's. ``after_write`` keeps that in step.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise, of_section
from anlan.domains.risk.accident_types import accident_types, proposed, type_choices
from anlan.domains.risk.factors import factor_choices, factors
from anlan.domains.risk.models.structure import Division
from anlan.domains.risk.words import (
    FACTOR_CLASSES,
    LAYERS,
    LEVELS,
    OBJECT_KINDS,
    UNGRADED,
    WORKSHEETS,
)
from anlan.kernel import clock
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.hexagons import map_index
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import counted_index, list_indexes
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

SERVES = ("A15", "A15.1", "A15.3")


def level_field(zh: str, en: str) -> Any:
    """Return a column that bears a level; it is never typed in."""
    return models.PositiveSmallIntegerField(Words(zh, en), choices=LEVELS, default=UNGRADED, editable=False)


def _unique(model: str, *fields: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=list(fields), condition=models.Q(archived_at=None), name=f"one_{model}_a_name"
    )


class RiskObject(WithinEnterprise):
    """A thing, place or activity whose risks are looked into (风险分析对象)."""

    searched = ("name", "hazard_code", "responsible_person", "enterprise")

    name = models.CharField(Words("风险点（分析对象）", "Risk object"), max_length=120)
    kind = models.CharField(Words("类型", "Kind"), max_length=12, choices=OBJECT_KINDS, default="equipment")
    hazard_code = models.CharField(
        Words("对象编码", "Code"), max_length=40, blank=True, default="",
        help_text=Words("上报用；重大危险源填备案编号", "For the upload; of a major hazard installation its number on file"),
    )  # fmt: skip
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("责任部门", "Department in charge"),
    )  # fmt: skip
    responsible_person = models.CharField(
        Words("责任人", "Person responsible"), max_length=60, blank=True, default=""
    )
    location = models.CharField(
        Words("部位", "Where in the enterprise"), max_length=120, blank=True, default=""
    )
    risk_level = level_field("风险等级", "Level")
    residual_level = level_field("剩余风险等级", "Residual level")

    kept: ClassVar[Kept] = Kept(
        slug="risk-objects",
        words=Words("风险点", "Risk objects"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "enterprise", "risk_level", "residual_level", "kind", "division", "responsible_person"),
        facets=("risk_level", "kind", "territory", "sector", "is_demo"),
        sorts=("risk_level", "name", "updated_at", "created_at"),
        order="-risk_level",
        asks=(
            "enterprise", "name", "kind", "hazard_code", "division", "responsible_person", "location", "longitude",
            "latitude",
        ),
        writers=KEEPERS,
        panels=(
            (Words("风险点", "The object"), ("enterprise", "kind", "hazard_code", "location")),
            (Words("责任", "Who is responsible"), ("division", "responsible_person")),
            (Words("等级", "Level"), ("risk_level", "residual_level")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "risk object"
        constraints: ClassVar[list[models.BaseConstraint]] = [_unique("risk_object", "name", "enterprise")]
        indexes: ClassVar[list[models.Index]] = [
            *(index for index in WithinEnterprise.Meta.indexes if index.name != "%(class)s_map"),
            map_index("archived_at", "risk_level"),
            models.Index(fields=["path", "risk_level"], name="riskobject_level"),
            models.Index(fields=["enterprise", "risk_level"], name="riskobject_of"),
            *list_indexes("risk_level", "kind", "sector"),
        ]

    def stand(self) -> None:
        """Stand where the enterprise stands; a point of its own stays."""
        super().stand()
        if self.longitude is None or self.latitude is None:
            self.longitude, self.latitude = self.enterprise.longitude, self.enterprise.latitude

    def after_write(self, actor: Actor) -> None:
        """Take what hangs on it along when it is archived."""
        from anlan.domains.risk.levels import prune

        prune(self, actor)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return the units below it."""
        from anlan.domains.risk.sections import of_object

        return of_object(self, actor)


class RiskUnit(WithinEnterprise):
    """A part of an object that is looked at by itself (风险分析单元): a machine of a line, a step of work."""

    searched = ("name", "risk_object", "enterprise")
    parent = "risk_object"
    left: Any = None  # the object it hung on before this write

    risk_object = models.ForeignKey(
        RiskObject, models.PROTECT, related_name="units", verbose_name=Words("风险点", "Risk object")
    )
    name = models.CharField(Words("分析单元", "Unit"), max_length=120)
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("责任部门", "Department in charge"),
        help_text=Words("不填即同风险点", "As the object, if left out"),
    )  # fmt: skip
    responsible_person = models.CharField(
        Words("责任人", "Person responsible"), max_length=60, blank=True, default="",
        help_text=Words("不填即同风险点", "As the object, if left out"),
    )  # fmt: skip
    risk_level = level_field("风险等级", "Level")
    residual_level = level_field("剩余风险等级", "Residual level")

    kept: ClassVar[Kept] = Kept(
        slug="risk-units",
        words=Words("风险分析单元", "Risk units"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "risk_object", "enterprise", "risk_level", "residual_level"),
        facets=("risk_level", "territory", "sector", "is_demo"),
        sorts=("risk_level", "name", "updated_at", "created_at"),
        order="-risk_level",
        asks=("risk_object", "name", "division", "responsible_person"),
        writers=KEEPERS,
        panels=(
            (Words("分析单元", "The unit"), ("risk_object", "enterprise", "division", "responsible_person")),
            (Words("等级", "Level"), ("risk_level", "residual_level")),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "risk unit"
        constraints: ClassVar[list[models.BaseConstraint]] = [_unique("risk_unit", "name", "risk_object")]
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            *list_indexes("risk_level", "sector"),
        ]

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Remember where it hung before."""
        self.left = None if is_new else _stood(self, "risk_object_id")

    def after_write(self, actor: Actor) -> None:
        """Keep the level of the object in step, and of the one it was moved from; take along what hangs on it."""
        from anlan.domains.risk.levels import follow_object, prune

        prune(self, actor)
        for pk in {self.risk_object_id, self.left} - {None}:
            follow_object(pk)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return the events below it."""
        from anlan.domains.risk.sections import of_unit

        return of_unit(self, actor)


class RiskEvent(WithinEnterprise):
    """What may go wrong in a unit (风险事件), from which factor, to which kind of accident, with which consequence."""

    searched = ("name", "step", "unit", "enterprise")
    parent = "unit"
    left: Any = None  # the unit it hung on before this write

    unit = models.ForeignKey(
        RiskUnit, models.PROTECT, related_name="events", verbose_name=Words("分析单元", "Unit")
    )
    name = models.CharField(Words("风险事件", "Risk event"), max_length=160)
    worksheet = models.CharField(
        Words("辨识方法", "Found by"), max_length=8, choices=WORKSHEETS, default="other"
    )
    step = models.CharField(
        Words("作业步骤或检查项目", "Step of work or item"), max_length=160, blank=True, default=""
    )
    standard = models.CharField(
        Words("应有的状态（标准）", "Required state"), max_length=300, blank=True, default=""
    )
    factor_class = models.CharField(
        Words("因素类别", "Class of factor"), max_length=1, choices=FACTOR_CLASSES, blank=True, default=""
    )
    factor = described(
        models.CharField(
            Words("危险和有害因素", "Factor"), max_length=6, blank=True, default="",
            help_text=Words("GB/T 13861—2022 代码", "Code of GB/T 13861-2022"),
        ),
        choices=factor_choices(),
    )  # fmt: skip
    accident_type = described(
        models.CharField(
            Words("可能的事故类型", "Kind of accident"), max_length=12, blank=True, default="",
            help_text=Words("按现行 GB 6441", "By GB 6441 in force"),
        ),
        choices=type_choices(),
    )  # fmt: skip
    consequence = models.CharField(Words("可能的后果", "Consequence"), max_length=300, blank=True, default="")
    is_raised = models.BooleanField(
        Words("提级管控", "Controlled one layer higher"), default=False,
        help_text=Words("难以管控、措施多或者后果严重的", "Where hard to control or grave"),
    )  # fmt: skip
    risk_level = level_field("风险等级", "Level")
    residual_level = level_field("剩余风险等级", "Residual level")
    control_layer = models.CharField(
        Words("管控层级", "Layer of control"),
        max_length=12,
        choices=LAYERS,
        blank=True,
        default="",
        editable=False,
    )
    graded_on = models.DateField(Words("评级日期", "Graded on"), null=True, blank=True, editable=False)
    assess_by = models.DateField(
        Words("应重新评估", "To be assessed again by"), null=True, blank=True, editable=False
    )
    template = models.CharField(max_length=40, blank=True, default="", editable=False)

    kept: ClassVar[Kept] = Kept(
        slug="risk-events",
        words=Words("风险事件", "Risk events"),
        part="prevention",
        serves=(*SERVES, "A14.1", "A15.18"),
        heading="name",
        columns=("name", "unit", "enterprise", "risk_level", "residual_level", "control_layer", "accident_type"),
        facets=(
            "risk_level", "residual_level", "control_layer", "factor_class", "accident_type", "worksheet", "territory",
            "sector", "is_demo",
        ),
        sorts=("risk_level", "residual_level", "graded_on", "updated_at", "created_at"),
        order="-risk_level",
        asks=(
            "unit", "name", "worksheet", "step", "standard", "factor_class", "factor", "accident_type", "consequence",
            "is_raised",
        ),
        writers=KEEPERS,
        panels=(
            (Words("风险事件", "The event"), ("unit", "enterprise", "worksheet", "step", "standard")),
            (Words("因素与后果", "Factor and consequence"), ("factor_class", "factor", "accident_type", "consequence")),
            (Words("等级与管控", "Level and control"),
             ("risk_level", "residual_level", "control_layer", "is_raised", "graded_on", "assess_by")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "risk event"
        constraints: ClassVar[list[models.BaseConstraint]] = [_unique("risk_event", "name", "unit", "step")]
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            counted_index(),
            models.Index(fields=["path", "risk_level"], name="riskevent_level"),
            models.Index(fields=["enterprise", "risk_level"], name="riskevent_of"),
            *list_indexes(
                "risk_level",
                "residual_level",
                "control_layer",
                "factor_class",
                "accident_type",
                "worksheet",
                "sector",
            ),
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of the list that are no column: due to be assessed again, still as the template has it, of a
        section of industry."""
        return (
            *super().filters(),
            of_section(),
            NamedFilter(
                "assess_due", Words("应重新评估", "Due to be assessed again"),
                lambda: models.Q(assess_by__lte=clock.today()), moves=True,
            ),
            NamedFilter("from_template", Words("模板未改", "As the template has it"), lambda: ~models.Q(template="")),
        )  # fmt: skip

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a factor of another class, a type of accident no longer in force."""
        found = super().faults()
        factor = factors().get(self.factor)
        if factor is not None and self.factor_class and not factor.code.startswith(self.factor_class):
            found["factor"] = [Words("与所选的因素类别不符。", "It is not of the class of factor chosen.")]
        kind = accident_types().get(self.accident_type)
        today = clock.today()
        if kind is not None and not kind.is_in_force(today):
            found["accident_type"] = [_not_in_force(self.accident_type)]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Take the class from the factor, and the layer of control from the level; remember where it hung before."""
        from anlan.domains.risk.levels import layer_of

        self.left = None if is_new else _stood(self, "unit_id")
        if self.factor and not self.factor_class:
            self.factor_class = self.factor[0]
        self.control_layer = layer_of(self)
        if not is_new:
            self.template = ""  # the enterprise has looked at it

    def after_write(self, actor: Actor) -> None:
        """Keep the levels of what stands above and below in step, and of the unit it was moved from."""
        from anlan.domains.risk.levels import follow, follow_unit, prune

        prune(self, actor)
        follow(self)
        if self.left not in (None, self.unit_id):
            follow_unit(self.left)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return its measures, its gradings and who controls it."""
        from anlan.domains.risk.sections import of_event

        return of_event(self, actor)


def _stood(row: models.Model, column: str) -> Any:
    """Return what a column of a row holds in the table: where it hung before it was moved."""
    rows = type(row)._base_manager.filter(pk=row.pk)
    return rows.values_list(column, flat=True).first()


def _not_in_force(key: str) -> Words:
    on = clock.today()
    other = accident_types().get(proposed(key, on))
    if other is None:
        return Words("该事故类型现在不适用。", "This type is not in force now.")
    words = Words("该事故类型现在不适用，可改为“{name}”。", "This type is not in force now; “{name}” may do.")
    return words.filled(name=other.words)
