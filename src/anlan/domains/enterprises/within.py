"""What every row within an enterprise has in common: it stands where the enterprise stands and belongs to its party."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.industries import codes_in
from anlan.domains.enterprises.industries import named as industry_named
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import Who, post
from anlan.kernel.words import Words

# The enterprise keeps its own risks; government reads them and says what is wrong with them by a matter.
KEEPERS: Who = post("main_person", "safety_officer")
ENDED = Words("该企业已归档或已并入他企业。", "The enterprise is archived or merged.")
ELSEWHERE = Words("应为同一家企业的记录。", "It must belong to the same enterprise.")
ARCHIVED = Words("已归档，不能再挂在它下面。", "It is archived; nothing may hang on it.")
NEEDED = Words("指定责任岗位或者责任人，至少一项。", "Name a responsible post or a responsible person.")


def of_section() -> NamedFilter:
    """Return the filter of a list for the rows of enterprises of one section of industry (GB/T 4754: A to T)."""
    return NamedFilter(
        "industry_section", Words("行业门类", "Section of industry"), _in_section, codes_in,
        named=industry_named,
    )  # fmt: skip


def _in_section(beginnings: tuple[str, ...]) -> models.Q:
    condition = models.Q()
    for beginning in beginnings:
        condition |= models.Q(enterprise__industry__startswith=beginning)
    return condition


class WithinEnterprise(Register):
    """Base of the registers of one enterprise. ``parent``: the column of the row it hangs on, whose enterprise it takes."""

    parent: ClassVar[str] = ""

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )

    class Meta(Register.Meta):
        abstract = True

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the enterprise stands."""
        self.stand()

    def stand(self) -> None:
        """Take enterprise, place, sector and party from the row it hangs on, or from its enterprise."""
        above = getattr(self, self.parent, None) if self.parent else None
        if above is not None:
            self.enterprise = above.enterprise
        firm = self.enterprise
        self.holder, self.sector = firm.holder, firm.sector
        self.place_in(firm.territory)
        self.is_demo = self.is_demo or firm.is_demo

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an ended enterprise, references into another enterprise or to what is gone."""
        found: dict[str, list[Words]] = {}
        if self.enterprise.is_archived:
            found["enterprise" if not self.parent else self.parent] = [ENDED]
        elif self.holder_id != self.enterprise.holder_id:
            found["enterprise"] = [Words("不能改到另一家企业。", "It stays with its enterprise.")]
        for name in self.references():
            other: Any = getattr(self, name)
            if other is None:
                continue
            if other.enterprise_id != self.enterprise_id:
                found[name] = [ELSEWHERE]
            elif other.is_archived:
                found[name] = [ARCHIVED]
        return found

    @classmethod
    def references(cls) -> list[str]:
        """Return the columns that name other rows within the enterprise."""
        return [
            f.name
            for f in cls._meta.concrete_fields
            if isinstance(f, models.ForeignKey)
            and isinstance(f.related_model, type)
            and issubclass(f.related_model, WithinEnterprise)
        ]
