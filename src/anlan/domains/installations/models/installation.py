"""Units that hold hazardous chemicals, and what each may hold at most. Serves article 14 (GB 18218-2018).

The grade in force is never typed in: it comes from the legal loop (``loop.py``). What the quantities of today would give is
computed beside it on every write, so that a change which asks for a new grading shows at once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from anlan.domains.chemicals.words import suggestions
from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.domains.installations.words import (
    BOUNDARIES,
    BOUNDARIES_OF,
    DELISTED,
    FILED,
    GRADED,
    GRADES,
    KINDS,
    MAJOR_GRADES,
    NEW,
    NONE,
    STANDINGS,
    SUBMITTED,
    UNGRADED,
)
from anlan.kernel import clock
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import counted_index
from anlan.kernel.rules.reading import plain
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

SERVES = ("A14", "A14.8", "A2.7")
PEOPLE, TONNES = Words("人", "people"), Words("t", "t")


def grade_field(zh: str, en: str) -> Any:
    """Return a column that bears a grade; it is never typed in."""
    return models.PositiveSmallIntegerField(Words(zh, en), choices=GRADES, default=UNGRADED, editable=False)


def value_field(zh: str, en: str) -> Any:
    """Return a column that bears S or R exactly as the rule wrote it."""
    return models.CharField(Words(zh, en), max_length=60, blank=True, default="", editable=False)


class Installation(WithinEnterprise):
    """One unit: a production unit up to its shut-off valves, a tank farm within one bund, an independent store."""

    searched = ("name", "filing_number", "enterprise")
    also_called: ClassVar[tuple[str, ...]] = ("filing_number",)
    grade_levels: ClassVar[tuple[str, dict[int, int]]] = ("grade", {1: 4, 2: 3, 3: 2, 4: 1})

    name = models.CharField(Words("单元名称", "Name of the unit"), max_length=120)
    kind = models.CharField(Words("单元类型", "Kind of unit"), max_length=12, choices=KINDS)
    boundary = models.CharField(
        Words("单元划分依据", "What divides it"), max_length=12, choices=BOUNDARIES,
        help_text=Words("罐区以防火堤为界，库房以独立建筑物为界，装置之间有切断阀的以切断阀为界",
                        "A tank farm by its bund, a store by its building, plants by the shut-off valves between them"),
    )  # fmt: skip
    location = models.CharField(
        Words("部位（防火堤、库房编号）", "Bund or building number"), max_length=120, blank=True, default=""
    )
    exposed_people = described(
        models.PositiveIntegerField(
            Words("厂外500米范围内常住人口", "Residents within 500 m of the boundary"),
            help_text=Words("从厂区边界向外算，只计常住人口", "Outward from the plant boundary; residents only"),
        ),
        unit=PEOPLE,
    )  # fmt: skip
    counted_on = models.DateField(Words("人口核实日期", "Counted on"), null=True, blank=True)
    counted_how = models.CharField(
        Words("人口核实方法", "How counted"), max_length=120, blank=True, default=""
    )
    # What is in force: set by the loop alone.
    grade = grade_field("等级", "Grade")
    standing = models.CharField(
        Words("备案状态", "Standing"), max_length=12, choices=STANDINGS, default=NEW, editable=False
    )
    s_value, r_value = value_field("S 值", "S"), value_field("R 值", "R")
    graded_on = models.DateField(Words("评估日期", "Assessed on"), null=True, blank=True, editable=False)
    file_by = models.DateField(Words("应备案日期", "To be filed by"), null=True, blank=True, editable=False)
    filed_on = models.DateField(Words("备案日期", "Filed on"), null=True, blank=True, editable=False)
    filing_number = models.CharField(
        Words("备案编号", "Number on file"), max_length=40, blank=True, default="", editable=False
    )
    regrade_by = models.DateField(
        Words("应重新评估日期", "To be assessed again by"), null=True, blank=True, editable=False
    )
    delisted_on = models.DateField(Words("核销日期", "Delisted on"), null=True, blank=True, editable=False)
    # What the quantities entered now would give.
    present_grade = grade_field("按现有数量", "By the quantities now")
    present_s, present_r = value_field("现有 S 值", "S now"), value_field("现有 R 值", "R now")

    kept: ClassVar[Kept] = Kept(
        slug="installations",
        words=Words("重大危险源", "Major hazard installations"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "enterprise", "grade", "standing", "r_value", "present_grade", "regrade_by"),
        facets=("grade", "standing", "kind", "boundary", "present_grade", "territory", "sector", "is_demo"),
        sorts=("grade", "name", "regrade_by", "file_by", "updated_at", "created_at"),
        order="grade",
        asks=(
            "enterprise", "name", "kind", "boundary", "location", "exposed_people", "counted_on", "counted_how", "address",
            "longitude", "latitude",
        ),
        writers=KEEPERS,
        panels=(
            (Words("单元", "The unit"),
             ("enterprise", "kind", "boundary", "location", "exposed_people", "counted_on", "counted_how")),
            (Words("等级与备案", "Grade and filing"),
             ("grade", "standing", "s_value", "r_value", "graded_on", "file_by", "filed_on", "filing_number", "regrade_by",
              "delisted_on")),
            (Words("地点", "Place"), ("territory", "address", "longitude", "latitude")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "major hazard installation"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "enterprise"], condition=Q(archived_at=None), name="one_installation_a_name"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            counted_index(),
            models.Index(fields=["path", "grade"], name="installation_grade"),
            models.Index(fields=["enterprise", "grade"], name="installation_of"),
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of the list that are no column: major hazards, changed since graded, late to file or to regrade."""
        return (
            *super().filters(),
            NamedFilter("major", Words("构成重大危险源", "Major hazards"), lambda: Q(grade__in=MAJOR_GRADES)),
            NamedFilter("changed", Words("数量变化须重新评估", "Changed since graded"), changed),
            NamedFilter("unidentified", Words("按现有数量构成，未辨识定级", "Major by its quantities, not graded"), unidentified),
            NamedFilter("unfiled", Words("逾期未备案", "Not filed in time"), unfiled, moves=True),
            NamedFilter("regrade_late", Words("逾期未重新评估", "Not assessed again in time"), unregraded, moves=True),
        )  # fmt: skip

    @property
    def is_unidentified(self) -> bool:
        """Say whether the quantities now make it a major hazard that nobody has graded so."""
        return self.standing in (NEW, NONE, DELISTED) and self.present_grade in MAJOR_GRADES

    @property
    def is_major(self) -> bool:
        """Say whether the unit is a major hazard installation by the grade in force."""
        return self.grade in MAJOR_GRADES

    def stand(self) -> None:
        """Stand where the enterprise stands; a point of its own stays."""
        super().stand()
        if self.longitude is None or self.latitude is None:
            self.longitude, self.latitude = self.enterprise.longitude, self.enterprise.latitude
        self.address = self.address or self.enterprise.address

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a unit divided by what does not divide its kind, a count of the future."""
        found = super().faults()
        if self.kind and self.boundary and self.boundary not in BOUNDARIES_OF[self.kind]:
            found["boundary"] = [
                Words(
                    "储存单元以防火堤或者独立建筑物划分，生产单元以切断阀或者独立装置划分。",
                    "Storage is divided by bund or building, production by shut-off valve or plant.",
                )
            ]
        if self.counted_on is not None and self.counted_on > clock.today():
            found["counted_on"] = [Words("不能晚于今天。", "It cannot lie in the future.")]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Compute what the residents and quantities of now would give."""
        from anlan.domains.installations.grading import set_present

        if not is_new:
            set_present(self)

    def after_write(self, actor: Actor) -> None:
        """Take along what hangs on it when it is archived."""
        from anlan.domains.installations.grading import prune

        prune(self, actor)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return its substances, the grading with its steps, who answers for it, and its file."""
        from anlan.domains.installations.sections import of_installation

        return of_installation(self, actor)


def changed() -> Q:
    """Return the condition for units whose quantities now give another grade than the one in force."""
    return Q(standing__in=(GRADED, SUBMITTED, FILED)) & ~Q(present_grade=F("grade"))


def unidentified() -> Q:
    """Return the condition for units whose quantities now make them a major hazard, though nobody has graded them so."""
    return Q(standing__in=(NEW, NONE, DELISTED), present_grade__in=MAJOR_GRADES)


def unfiled() -> Q:
    """Return the condition for major hazards past the day by which they were to be filed."""
    return Q(standing=GRADED, file_by__lt=clock.today())


def unregraded() -> Q:
    """Return the condition for major hazards on file past the day by which they were to be assessed again."""
    return Q(standing=FILED, regrade_by__lt=clock.today())


class Inventory(WithinEnterprise):
    """One hazardous chemical of a unit at its design maximum (设计最大量), never the stock of the day."""

    searched = ("name", "cas", "installation", "enterprise")
    parent = "installation"

    installation = models.ForeignKey(
        Installation, models.PROTECT, related_name="inventories", verbose_name=Words("单元", "Unit")
    )
    name = described(
        models.CharField(
            Words("危险化学品", "Chemical"), max_length=120,
            help_text=Words("填名称、别名或者 CAS 号", "Name, other name or CAS number"),
        ),
        suggestions=suggestions(),
    )  # fmt: skip
    cas = models.CharField(
        Words("CAS 号", "CAS number"), max_length=20, blank=True, default="", editable=False
    )
    categories = models.CharField(
        Words("危险性类别", "Hazard categories"), max_length=60, blank=True, default="",
        help_text=Words("GB 18218 表2符号，如 J2、W5.3；表1未列名的必填，按安全技术说明书（SDS）",
                        "Symbols of GB 18218 table 2 such as J2, W5.3, by the SDS; needed where table 1 does not name it"),
    )  # fmt: skip
    is_mixture = models.BooleanField(Words("混合物", "A mixture"), default=False)
    vessel = models.CharField(
        Words("储罐、设备或者库位", "Tank, vessel or place"), max_length=120, blank=True, default=""
    )
    design_max_t = described(
        models.DecimalField(
            Words("设计最大量", "Design maximum"), max_digits=16, decimal_places=6,
            validators=[MinValueValidator(0)],
            help_text=Words("按设备、储罐的设计最大量，不按当日库存", "By design of vessel or tank, not the stock of the day"),
        ),
        unit=TONNES,
    )  # fmt: skip
    critical_t = value_field("临界量 Q（t）", "Critical quantity Q (t)")
    beta = value_field("校正系数 β", "Factor β")
    ratio = value_field("比值 q/Q", "Ratio q/Q")

    kept: ClassVar[Kept] = Kept(
        slug="inventories",
        words=Words("危险化学品存量", "Chemicals held"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "installation", "vessel", "design_max_t", "critical_t", "ratio", "beta", "enterprise"),
        facets=("is_mixture", "territory", "sector", "is_demo"),
        sorts=("name", "design_max_t", "updated_at", "created_at"),
        order="name",
        asks=("installation", "name", "categories", "is_mixture", "vessel", "design_max_t"),
        writers=KEEPERS,
        panels=(
            (Words("危险化学品", "The chemical"), ("installation", "name", "cas", "categories", "is_mixture", "vessel")),
            (Words("数量", "Quantity"), ("design_max_t", "critical_t", "ratio", "beta")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "chemical held"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["installation", "name", "vessel"], condition=Q(archived_at=None), name="one_inventory_a_vessel"
            )
        ]  # fmt: skip
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            models.Index(fields=["installation", "name"], name="inventory_of"),
        ]

    @property
    def quantity(self) -> str:
        """Return the design maximum as it is written, without trailing zeros."""
        return plain(self.design_max_t)

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a substance or a category the standard cannot be read with."""
        from anlan.domains.installations.grading import faults_of

        found = super().faults()
        for name, reasons in faults_of(self).items():
            found.setdefault(name, []).extend(reasons)
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Take critical quantity, factor and share from the rule."""
        from anlan.domains.installations.grading import set_factors

        set_factors(self)

    def after_write(self, actor: Actor) -> None:
        """Keep what its unit would be graded now in step."""
        from anlan.domains.installations.grading import follow

        follow(self.installation_id)
