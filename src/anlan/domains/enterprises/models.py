"""The enterprise register (一企一档). The enterprise's own party holds its rows; its sector follows from who regulates it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from anlan.domains.enterprises import rules
from anlan.kernel import clock
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Register
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.models import Party
from anlan.kernel.scope.responsibility import responsibility
from anlan.kernel.scope.who import inspector, post
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

SCALES = [
    ("large", Words("大型", "Large")),
    ("medium", Words("中型", "Medium")),
    ("small", Words("小型", "Small")),
    ("micro", Words("微型", "Micro")),
]

OPERATION = [
    ("operating", Words("在营", "Operating")),
    ("suspended", Words("停产停业", "Suspended")),
    ("closed", Words("关闭", "Closed")),
]

CREDIT_FAULTS = {
    "length": Words("统一社会信用代码应为18位。", "The credit code has 18 characters."),
    "character": Words("代码中不会出现 I、O、S、V、Z。", "The code never contains I, O, S, V or Z."),
    "check": Words("校验位不符，请核对。", "The check character does not fit; compare with the licence."),
}


class Enterprise(Register):
    """An enterprise (生产经营单位) at its main place; further places are rows of their own."""

    searched = ("name", "credit_code", "address", "legal_representative")

    name = models.CharField(Words("企业名称", "Name"), max_length=120)
    credit_code = models.CharField(
        Words("统一社会信用代码", "Unified social credit code"), max_length=30, unique=True,
        help_text=Words("18位，末位为校验位", "18 characters, the last one checks the others"),
    )  # fmt: skip
    industry = models.CharField(
        Words("行业代码", "Industry code"),
        max_length=5,
        help_text=Words("GB/T 4754，例如 2611", "GB/T 4754, such as 2611"),
    )
    business = models.CharField(Words("主要业务", "Main business"), max_length=200, blank=True)
    scale = models.CharField(Words("规模", "Scale"), max_length=8, choices=SCALES, default="small")
    operation = models.CharField(
        Words("经营状态", "Operation"), max_length=12, choices=OPERATION, default="operating"
    )
    employees = described(
        models.PositiveIntegerField(Words("从业人数", "Employees"), null=True, blank=True),
        unit=Words("人", "people"),
    )
    legal_representative = models.CharField(Words("主要负责人", "Main person"), max_length=60, blank=True)
    safety_phone = described(
        EncryptedText(
            Words("安全负责人电话", "Telephone of the safety officer"), blank=True, default="", max_length=40
        ),
        sensitivity=PERSONAL,
    )
    handles_hazardous_chemicals = models.BooleanField(
        Words("涉危险化学品", "Hazardous chemicals"), default=False
    )
    has_major_hazard = models.BooleanField(Words("有重大危险源", "Major hazard installation"), default=False)
    has_explosive_dust = models.BooleanField(Words("涉爆粉尘", "Explosive dust"), default=False)
    uses_ammonia = models.BooleanField(Words("涉氨制冷", "Ammonia refrigeration"), default=False)
    has_confined_space = models.BooleanField(Words("有限空间作业", "Confined spaces"), default=False)
    is_crowded_place = models.BooleanField(Words("人员密集场所", "Crowded place"), default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="+")

    KEY_FLAGS: ClassVar[tuple[str, ...]] = (
        "handles_hazardous_chemicals", "has_major_hazard", "has_explosive_dust", "uses_ammonia", "has_confined_space",
        "is_crowded_place",
    )  # fmt: skip

    kept: ClassVar[Kept] = Kept(
        slug="enterprises",
        words=Words("企业", "Enterprises"),
        part="responsibility",
        serves="A5",
        heading="name",
        columns=("name", "territory", "industry", "scale", "sector", "operation", "updated_at"),
        facets=("territory", "sector", "scale", "operation", *KEY_FLAGS, "is_demo"),
        sorts=("name", "updated_at", "created_at", "employees"),
        order="name",
        asks=(
            "name", "credit_code", "territory", "address", "longitude", "latitude", "industry", "business", "scale",
            "operation", "employees", "legal_representative", "safety_phone", *KEY_FLAGS,
        ),
        writers=inspector | post("main_person", "safety_officer"),
        panels=(
            (Words("基本情况", "Facts"),
             ("credit_code", "industry", "business", "scale", "operation", "employees", "legal_representative")),
            (Words("地点", "Place"), ("territory", "address", "longitude", "latitude")),
            (Words("重点标记", "Key flags"), KEY_FLAGS),
        ),
    )  # fmt: skip

    class Meta(Register.Meta):
        verbose_name = "enterprise"
        indexes: ClassVar[list[models.Index]] = [
            *Register.Meta.indexes,
            models.Index(fields=["name"], name="enterprise_name"),
        ]

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Tidy the code and take the sector of who regulates the industry here."""
        self.credit_code = rules.tidy_credit_code(self.credit_code)
        self._take_sector()

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: the credit code and the industry code."""
        found: dict[str, list[Words]] = {}
        self.credit_code = rules.tidy_credit_code(self.credit_code)
        fault = rules.credit_code_fault(self.credit_code)
        if fault:
            found["credit_code"] = [CREDIT_FAULTS[fault]]
        if not rules.is_industry_code(self.industry):
            found["industry"] = [
                Words("行业代码应为门类字母或2至4位数字。", "A section letter or two to four digits.")
            ]
        if (self.longitude is None) != (self.latitude is None):
            found["longitude"] = [Words("经度和纬度须一并填写。", "Give both longitude and latitude.")]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Keep the party that stands for the enterprise in step with it."""
        self._take_sector()
        if self.holder is None:
            self.holder = Party.objects.create(
                kind="enterprise",
                name=self.name,
                territory=self.territory,
                path=self.path,
                is_demo=self.is_demo,
            )
        elif self.holder.name != self.name or self.holder.path != self.path:
            self.holder.name, self.holder.territory, self.holder.path = self.name, self.territory, self.path
            self.holder.save(update_fields=["name", "territory", "path"])

    def _take_sector(self) -> None:
        direct = responsibility(self.territory, self.industry, clock.today()).by_role.get("direct")
        self.sector = direct[0].sector if direct and direct[0].sector else "work_safety"
