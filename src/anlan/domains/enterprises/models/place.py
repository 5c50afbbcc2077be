"""The register of an enterprise's further places (场所): a yard, a store, a shop with an address and a point of its own."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from anlan.domains.enterprises.models.enterprise import Enterprise, half_a_point, sector_at
from anlan.kernel.registers import Kept
from anlan.kernel.registers.declaration import Register
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import inspector, post
from anlan.kernel.words import Words

PLACE_KINDS = [
    ("production", Words("生产场所", "Production")),
    ("storage", Words("仓储场所", "Storage")),
    ("sale", Words("经营场所", "Shop")),
    ("office", Words("办公场所", "Office")),
    ("site", Words("施工或作业现场", "Works")),
    ("dormitory", Words("员工宿舍", "Dormitory")),
    ("other", Words("其他", "Other")),
]


class EnterprisePlace(Register):
    """A further place (场所) of an enterprise: a yard, store or shop with its own address and point.

    It belongs to the enterprise's party; who regulates is resolved where the place stands, by the enterprise's industry.
    """

    searched = ("name", "address", "enterprise")

    name = models.CharField(Words("场所名称", "Name of the place"), max_length=120)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="places", verbose_name=Words("企业", "Enterprise")
    )
    kind = models.CharField(
        Words("场所类型", "Kind of place"), max_length=12, choices=PLACE_KINDS, default="production"
    )

    kept: ClassVar[Kept] = Kept(
        slug="enterprise-places",
        words=Words("企业场所", "Places of enterprises"),
        part="responsibility",
        serves="A5",
        heading="name",
        columns=("name", "enterprise", "kind", "territory", "updated_at"),
        facets=("territory", "kind", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("enterprise", "name", "kind", "territory", "address", "longitude", "latitude"),
        writers=inspector | post("main_person", "safety_officer"),
        panels=(
            (Words("地点", "Place"), ("enterprise", "kind", "territory", "address", "longitude", "latitude")),
        ),
    )

    class Meta(Register.Meta):
        verbose_name = "place of an enterprise"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "enterprise"], condition=models.Q(archived_at=None), name="one_place_a_name"
            )
        ]

    @property
    def industry(self) -> str:
        """Return the industry by which the regulators of the place are resolved."""
        return self.enterprise.industry

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Belong to the enterprise's party."""
        self.holder, self.is_demo = self.enterprise.holder, self.is_demo or self.enterprise.is_demo
        self._take_sector()

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an ended enterprise, a change of enterprise, half a point."""
        found: dict[str, list[Words]] = {}
        if self.enterprise.is_archived:
            found["enterprise"] = [
                Words("该企业已归档或已并入他企业。", "The enterprise is archived or merged.")
            ]
        elif self.holder_id != self.enterprise.holder_id:
            found["enterprise"] = [Words("场所不能改到另一家企业。", "A place stays with its enterprise.")]
        return found | half_a_point(self.longitude, self.latitude)

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Take the sector of who regulates the industry where the place stands now."""
        self._take_sector()

    def _take_sector(self) -> None:
        self.sector = sector_at(self.territory, self.industry)
