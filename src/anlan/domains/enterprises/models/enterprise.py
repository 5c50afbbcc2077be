"""The enterprise register (一企一档). The enterprise's own party holds its rows; its sector follows from who regulates it."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Substr

from anlan.domains.enterprises import industries, rules
from anlan.kernel import clock
from anlan.kernel.copying import copy_new, new_row
from anlan.kernel.registers import Kept, Likeness, described
from anlan.kernel.registers.declaration import Register, Section, Settled
from anlan.kernel.registers.hexagons import unplaced_index
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import changes_index, counted_index, order_index, seldom_indexes
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.models import Party, Territory
from anlan.kernel.scope.parties import renamed
from anlan.kernel.scope.responsibility import responsibility
from anlan.kernel.scope.who import inspector, post
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

UNKNOWN = "unknown"
SCALES = [
    ("large", Words("大型", "Large")),
    ("medium", Words("中型", "Medium")),
    ("small", Words("小型", "Small")),
    ("micro", Words("微型", "Micro")),
    # What nobody said: tables and foreign registers often have no such column, and a guess would be counted as a fact.
    (UNKNOWN, Words("未知", "Unknown")),
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
NO_NUMBER = Words(
    "填写统一社会信用代码；没有的，填写境外登记号和登记机构。",
    "Give the credit code; without one, the number in a foreign register and who keeps that register.",
)
HALF_A_NUMBER = Words("境外登记号和登记机构须一并填写。", "Give both the foreign number and its register.")
TWO_NUMBERS = Words(
    "有统一社会信用代码的，不填境外登记号。", "What has a credit code is not known by a foreign number too."
)


def sector_at(territory: Territory, industry: str) -> str:
    """Return the supervisory sector of whoever regulates an industry at a place today; work safety where nobody does."""
    direct = responsibility(territory, industry, clock.today()).by_role.get("direct")
    return direct[0].sector if direct and direct[0].sector else "work_safety"


_KEY_FLAGS = (
    "handles_hazardous_chemicals", "has_major_hazard", "has_explosive_dust", "uses_ammonia", "has_confined_space",
    "is_crowded_place",
)  # fmt: skip
# What few enterprises bear, each a filter of the list; of the other flags any two meet often enough.
_SELDOM = {
    "hazard": models.Q(has_major_hazard=True),
    "ammonia": models.Q(uses_ammonia=True),
    "crowded": models.Q(is_crowded_place=True),
    "not_operating": ~models.Q(operation="operating"),
}


class Enterprise(Register):
    """An enterprise (生产经营单位) at its main place; further places are rows of their own."""

    # A name of a person finds no row: finding would tell those who may not read it.
    searched = ("name", "credit_code", "foreign_id", "address")
    likened = ("name", "credit_code", "foreign_id", "foreign_issuer")

    name = models.CharField(Words("企业名称", "Name"), max_length=120)
    credit_code = models.CharField(
        Words("统一社会信用代码", "Unified social credit code"), max_length=30, unique=True, null=True, blank=True,
        help_text=Words("18位，末位为校验位；只有境外登记的不填",
                        "18 characters, the last one checks the others; empty for what is registered abroad alone"),
    )  # fmt: skip
    # Known by a credit code or, where it has none, by its number in another register: one of both, never neither.
    foreign_id = models.CharField(
        Words("境外登记号", "Number in a foreign register"), max_length=60, null=True, blank=True,
        help_text=Words("没有统一社会信用代码时填写", "For what has no credit code"),
    )  # fmt: skip
    foreign_issuer = models.CharField(
        Words("境外登记机构", "The foreign register"), max_length=60, blank=True, default="",
        help_text=Words("发出境外登记号的机构，例如 EPA RMP", "Who gave that number, such as EPA RMP"),
    )  # fmt: skip
    industry = described(
        models.CharField(
            Words("行业", "Industry"),
            max_length=12,
            help_text=Words("GB/T 4754—2017 代码，例如 2611", "Code of GB/T 4754-2017, such as 2611"),
        ),
        suggestions=industries.suggestions(),
        named=industries.named,
    )
    business = models.CharField(Words("主要业务", "Main business"), max_length=200, blank=True)
    scale = models.CharField(Words("规模", "Scale"), max_length=8, choices=SCALES, default=UNKNOWN)
    operation = models.CharField(
        Words("经营状态", "Operation"), max_length=12, choices=OPERATION, default="operating"
    )
    employees = described(
        models.PositiveIntegerField(Words("从业人数", "Employees"), null=True, blank=True),
        unit=Words("人", "people"),
    )
    legal_representative = described(
        models.CharField(Words("主要负责人", "Main person"), max_length=60, blank=True), sensitivity=PERSONAL
    )
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

    KEY_FLAGS: ClassVar[tuple[str, ...]] = _KEY_FLAGS

    kept: ClassVar[Kept] = Kept(
        slug="enterprises",
        words=Words("企业", "Enterprises"),
        part="responsibility",
        serves=("A5", "A3.19", "A4.11", "A4.13", "A6.5"),
        heading="name",
        columns=("name", "territory", "industry", "scale", "sector", "operation", "updated_at"),
        facets=("territory", "sector", "scale", "operation", *KEY_FLAGS, "is_demo"),
        sorts=("name", "updated_at", "created_at", "employees"),
        order="name",
        asks=(
            "name", "credit_code", "territory", "address", "longitude", "latitude", "industry", "business", "scale",
            "operation", "employees", "legal_representative", "safety_phone", *KEY_FLAGS, "foreign_id", "foreign_issuer",
        ),
        writers=inspector | post("main_person", "safety_officer"),
        panels=(
            (Words("基本情况", "Facts"),
             ("credit_code", "foreign_id", "foreign_issuer", "industry", "business", "scale", "operation", "employees",
              "legal_representative")),
            (Words("地点", "Place"), ("territory", "address", "longitude", "latitude")),
            (Words("重点标记", "Key flags"), KEY_FLAGS),
        ),
    )  # fmt: skip

    class Meta(Register.Meta):
        verbose_name = "enterprise"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["foreign_id", "foreign_issuer"], name="one_foreign_number"),
            models.CheckConstraint(
                name="known_by_one_number",
                condition=models.Q(credit_code__isnull=False, foreign_id__isnull=True, foreign_issuer="")
                | (
                    models.Q(credit_code__isnull=True, foreign_id__isnull=False)
                    & ~models.Q(foreign_issuer="")
                ),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            *(one for one in Register.Meta.indexes if one.name != "%(class)s_holder"),
            changes_index(),
            counted_index(),
            order_index("name", "scale", "operation", *_KEY_FLAGS),
            *seldom_indexes(_SELDOM, "name", "scale", "operation", *_KEY_FLAGS),
            unplaced_index(),
            models.Index(fields=["cell"], name="enterprise_cell"),
            models.Index(
                Substr("credit_code", rules.BODY_AT, rules.BODY_LENGTH), name="enterprise_body_code"
            ),
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return what the list may be narrowed to beyond its columns: what is registered abroad alone."""
        foreign = NamedFilter(
            "foreign", Words("境外登记", "Registered abroad"), lambda: models.Q(credit_code__isnull=True),
            shows=("foreign_id", "foreign_issuer"),
        )  # fmt: skip
        return (*super().filters(), foreign)

    @property
    def known_by(self) -> str:
        """Return the number the enterprise is known by: its credit code, or a foreign register and its number there."""
        return self.credit_code or f"{self.foreign_issuer} {self.foreign_id}"

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Tidy the codes and take the sector of who regulates the industry here."""
        self._tidy()
        self._take_sector()

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: the credit code, the industry code, half a point, a merge."""
        found: dict[str, list[Words]] = {}
        self._tidy()
        found.update(self._faults_of_numbers())
        found.update(self._faults_of_industry())
        if self.merged_into_id is not None and not self.is_archived:
            found[""] = [
                Words(
                    "已并入另一家企业，须撤销合并才能恢复。",
                    "It was merged into another; undo the merge instead.",
                )
            ]
        found.update(half_a_point(self.longitude, self.latitude))
        return found

    @classmethod
    def faults_so_far(cls, values: Mapping[str, Any]) -> dict[str, list[Words]]:
        """Return what stands against the numbers, the industry and the point, whatever else is missing."""
        numbers, found = ("credit_code", "foreign_id", "foreign_issuer"), dict[str, list[Words]]()
        row = cls(**{name: values[name] for name in (*numbers, "industry") if name in values})
        row._tidy()
        if all(name in values for name in numbers):
            found.update(row._faults_of_numbers())
        if "industry" in values:
            found.update(row._faults_of_industry())
        if "longitude" in values and "latitude" in values:
            found.update(half_a_point(values["longitude"], values["latitude"]))
        return found

    def _faults_of_industry(self) -> dict[str, list[Words]]:
        """Return what stands against the code of the industry."""
        if not rules.is_industry_code(self.industry):
            return {
                "industry": [
                    Words("行业代码应为门类字母或2至4位数字。", "A section letter or two to four digits.")
                ]
            }
        if not industries.is_industry(self.industry):
            return {
                "industry": [Words("GB/T 4754—2017 中没有这个代码。", "GB/T 4754-2017 has no such code.")]
            }
        return {}

    def _faults_of_numbers(self) -> dict[str, list[Words]]:
        """Return what stands against the numbers it is known by: a credit code, or a foreign number with its register."""
        if self.credit_code is None:
            missing = [name for name in ("foreign_id", "foreign_issuer") if not getattr(self, name)]
            if len(missing) == 2:
                return {"credit_code": [NO_NUMBER]}
            return {name: [HALF_A_NUMBER] for name in missing}
        fault = rules.credit_code_fault(self.credit_code)
        found = {"credit_code": [CREDIT_FAULTS[fault]]} if fault else {}
        if self.foreign_id or self.foreign_issuer:
            found["foreign_id" if self.foreign_id else "foreign_issuer"] = [TWO_NUMBERS]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Keep the party that stands for the enterprise in step with it; a new name is a dated row of its own."""
        self._take_sector()
        party = self.holder
        if party is None:
            self.holder = self._new_party()
            self.holder.save(force_insert=True)
            return
        if party.name != self.name:
            renamed(party, self.name, clock.today())
        party.sector, party.territory, party.path = self.sector, self.territory, self.path
        party.save(update_fields=["sector", "territory", "path"])

    @classmethod
    def before_write_many(cls, rows: Sequence[Self], actor: Actor) -> None:
        """Write the parties of new enterprises in one set; their sector was taken when they were prepared, just now."""
        for row in rows:
            row.holder = row._new_party()
        copy_new(Party, [row.holder for row in rows if row.holder is not None])

    def stands_again(self, actor: Actor) -> None:
        """Let its party stand again, where undoing an import ended it."""
        from anlan.kernel.people.ending import bring_back

        bring_back(actor, self.holder)

    @classmethod
    def let_go(cls, rows: Sequence[Self], actor: Actor, reason: str) -> None:
        """End the parties that stood for enterprises brought in by mistake, unless something else refers to them."""
        from anlan.kernel.people.ending import end_unused

        end_unused(actor, [row.holder_id for row in rows if row.holder_id is not None], reason)

    def _new_party(self) -> Party:
        told = {"kind": "enterprise", "name": self.name, "sector": self.sector, "territory": self.territory}
        return new_row(Party, {**told, "path": self.path, "is_demo": self.is_demo})

    @classmethod
    def in_columns(cls, values: Mapping[str, list[Any]], actor: Actor, at: datetime) -> Settled:
        """Do for many new enterprises what ``prepare``, ``faults`` and ``before_write_many`` do."""
        from anlan.domains.enterprises.columns import settled

        return settled(values, is_demo=actor.is_demo)

    @classmethod
    def likenesses(cls, actor: Actor, values: Mapping[str, Any]) -> list[Likeness]:
        """Return enterprises that may be the one about to be entered."""
        from anlan.domains.enterprises.queries import likely_duplicates

        return likely_duplicates(actor, values)

    @classmethod
    def likenesses_many(cls, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[list[Likeness]]:
        """Return enterprises of the same name or the same organisation code, for many rows with one question."""
        from anlan.domains.enterprises.queries import same_in_sets

        return same_in_sets(actor, rows)

    @classmethod
    def alike_by(cls, values: Mapping[str, Any]) -> Mapping[Hashable, Words]:
        """Return the name and the organisation code of an entry."""
        from anlan.domains.enterprises.queries import marks_of

        return marks_of(values)

    @classmethod
    def are_told_apart(cls, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Say whether two entries are two by their foreign register."""
        from anlan.domains.enterprises.queries import told_apart

        return told_apart(one, other)

    def also_known_as(self) -> list[uuid.UUID]:
        """Return the ids of what was merged into this row."""
        rows = type(self).unscoped("what was merged into a row belongs to that row's page")
        return list(rows.filter(merged_into=self).values_list("pk", flat=True))

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return who is responsible here, the further places, and what was merged into this row."""
        from anlan.domains.enterprises.sections import sections_of

        return sections_of(self, actor)

    def _tidy(self) -> None:
        self.credit_code = rules.tidy_credit_code(self.credit_code or "") or None
        self.foreign_id = " ".join((self.foreign_id or "").split()) or None
        self.foreign_issuer = " ".join(self.foreign_issuer.split())
        self.industry = industries.tidy_industry_code(self.industry)

    def _take_sector(self) -> None:
        self.sector = sector_at(self.territory, self.industry)


def half_a_point(longitude: Any, latitude: Any) -> dict[str, list[Words]]:
    """Return what stands against a point of which one half is missing."""
    if (longitude is None) == (latitude is None):
        return {}
    return {"longitude": [Words("经度和纬度须一并填写。", "Give both longitude and latitude.")]}
