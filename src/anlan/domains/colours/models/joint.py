"""Joint prevention (区域联防): neighbouring enterprises in a group, whom to call, and the risks each shows the others.

Serves articles 14 and 15. A member sees the group, its members' duty numbers and the risks that are shared: object, level,
telephone. Nothing else of a neighbour: what is shared is a row of its own with these columns and no place of its own, and
``assigned_to`` opens these three tables alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import RiskObject
from anlan.domains.risk.words import LEVELS, UNGRADED
from anlan.kernel import clock
from anlan.kernel.registers import Kept
from anlan.kernel.registers.declaration import Register
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import inspector, post
from anlan.kernel.words import Words

SERVES = ("A14", "A15.3")
KEEPERS = post("main_person", "safety_officer")
DUTY_NUMBER = Words("填值班电话，组内各家都看得到", "A duty number; every member of the group sees it")
NOT_A_MEMBER = Words("该企业不在这个联防组里。", "The enterprise is not in this group.")
NOT_YOURS = Words("只能共享本企业的风险点。", "An enterprise shares its own risks only.")
ENDED = Words("该企业已归档或已并入他企业。", "The enterprise is archived or merged.")


def groups_of(actor: Actor) -> models.QuerySet[Any]:
    """Return the ids of the groups in which the actor's own enterprise stands now."""
    rows = JointMember.unscoped(
        "whether an enterprise is in a group decides what its people see of the group"
    ).filter(enterprise__holder__in=actor.party_ids, archived_at=None)
    return rows.filter(group__archived_at=None).order_by().values("group")


class JointGroup(Register):
    """A group of neighbouring enterprises that help each other."""

    searched = ("name", "about")

    name = models.CharField(Words("联防组名称", "Name of the group"), max_length=80)
    leader = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=Words("牵头企业", "Leader"),
    )
    duty_phone = models.CharField(Words("值班电话", "Duty number"), max_length=40, help_text=DUTY_NUMBER)
    about = models.TextField(
        Words("联防约定", "What was agreed"), max_length=2000, blank=True, default="",
        help_text=Words("谁报警、谁支援、在哪集合", "Who calls, who helps, where to gather"),
    )  # fmt: skip

    kept: ClassVar[Kept] = Kept(
        slug="joint-groups",
        words=Words("区域联防组", "Joint prevention groups"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "leader", "duty_phone", "territory", "updated_at"),
        facets=("territory", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("name", "territory", "leader", "duty_phone", "about"),
        writers=inspector,
        panels=((Words("联防组", "The group"), ("leader", "duty_phone", "about")),),
    )

    class Meta(Register.Meta):
        verbose_name = "joint prevention group"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "territory"], condition=Q(archived_at=None), name="one_group_a_name"
            )
        ]

    def tells_history_to(self, actor: Actor) -> bool:
        """Tell neighbours no names of people: who entered it is for its own people and for government."""
        return bool(actor.grants) or self.holder_id in actor.party_ids

    @classmethod
    def assigned_to(cls, actor: Actor, *, act: bool = False) -> Q | None:
        """Open a group to the people of its members, to read."""
        return None if act or not actor.party_ids else Q(pk__in=groups_of(actor))

    def sections_for(self, actor: Actor) -> list[Any]:
        """Return the members with their numbers and the risks they share."""
        from anlan.domains.colours.sections import of_group

        return of_group(self, actor)


class JointMember(Register):
    """One enterprise in a group, with the number its neighbours call."""

    searched = ("name", "enterprise", "group")

    group = models.ForeignKey(
        JointGroup, models.PROTECT, related_name="members", verbose_name=Words("联防组", "Group")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    name = models.CharField(
        Words("组内称呼", "Called in the group"), max_length=120, blank=True, default="",
        help_text=Words("不填即企业名称", "The name of the enterprise if left out"),
    )  # fmt: skip
    duty_phone = models.CharField(Words("值班电话", "Duty number"), max_length=40, help_text=DUTY_NUMBER)

    kept: ClassVar[Kept] = Kept(
        slug="joint-members",
        words=Words("联防组成员", "Members of groups"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "enterprise", "group", "duty_phone"),
        facets=("group", "territory", "is_demo"),
        sorts=("updated_at", "created_at"),
        order="-created_at",
        asks=("group", "enterprise", "name", "duty_phone"),
        writers=inspector,
        panels=((Words("成员", "The member"), ("group", "enterprise", "name", "duty_phone")),),
    )

    class Meta(Register.Meta):
        verbose_name = "member of a joint prevention group"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["group", "enterprise"], condition=Q(archived_at=None), name="once_in_a_group"
            )
        ]

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the group stands: a member tells its neighbours no address."""
        _stand_with(self, self.group, self.enterprise)

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Be called as the enterprise is, unless said otherwise."""
        self.name = self.name or self.enterprise.name

    def after_write(self, actor: Actor) -> None:
        """Take along what it shared when it leaves: its neighbours are its neighbours no more."""
        if not self.is_archived:
            return
        shared = SharedRisk.unscoped("what a former member shared is no longer shown to the group")
        for row in shared.filter(group=self.group_id, enterprise=self.enterprise_id, archived_at=None):
            row.archived_at, row.archive_reason = self.archived_at, self.archive_reason
            row.updated_at = clock.now()
            row.save()

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an enterprise that has ended."""
        return {"enterprise": [ENDED]} if self.enterprise.is_archived else {}

    def tells_history_to(self, actor: Actor) -> bool:
        """Tell neighbours no names of people: who entered it is for its own people and for government."""
        return bool(actor.grants) or self.holder_id in actor.party_ids

    @classmethod
    def assigned_to(cls, actor: Actor, *, act: bool = False) -> Q | None:
        """Open the members of a group to each other, to read."""
        return None if act or not actor.party_ids else Q(group__in=groups_of(actor), archived_at=None)


class SharedRisk(Register):
    """A risk that an enterprise shows its group: the object, its level, the number to call. The level follows the object."""

    searched = ("object_name", "enterprise")

    group = models.ForeignKey(
        JointGroup, models.PROTECT, related_name="risks", verbose_name=Words("联防组", "Group")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise"), editable=False
    )
    risk_object = models.ForeignKey(
        RiskObject, models.PROTECT, related_name="+", verbose_name=Words("风险点", "Risk object")
    )
    object_name = models.CharField(
        Words("对邻居的称呼", "What neighbours are told"), max_length=120, blank=True, default="",
        help_text=Words("不填即风险点名称", "The name of the object if left out"),
    )  # fmt: skip
    risk_level = models.PositiveSmallIntegerField(
        Words("风险等级", "Level"), choices=LEVELS, default=UNGRADED, editable=False
    )
    emergency_phone = models.CharField(
        Words("应急电话", "Emergency number"), max_length=40, help_text=DUTY_NUMBER
    )

    kept: ClassVar[Kept] = Kept(
        slug="shared-risks",
        words=Words("联防共享风险", "Risks shared in groups"),
        part="prevention",
        serves=SERVES,
        heading="object_name",
        columns=("object_name", "enterprise", "risk_level", "emergency_phone", "group"),
        facets=("group", "risk_level", "territory", "is_demo"),
        sorts=("risk_level", "updated_at", "created_at"),
        order="-risk_level",
        asks=("group", "risk_object", "object_name", "emergency_phone"),
        writers=KEEPERS,
        panels=(
            (Words("共享的风险", "The shared risk"), ("group", "enterprise", "object_name", "risk_level", "emergency_phone")),
        ),
    )  # fmt: skip

    class Meta(Register.Meta):
        verbose_name = "risk shared in a group"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["group", "risk_object"], condition=Q(archived_at=None), name="shared_once"
            )
        ]

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Belong to the enterprise of the object; stand where the group stands."""
        thing = self.risk_object
        self.enterprise, self.risk_level = thing.enterprise, thing.risk_level
        _stand_with(self, self.group, thing.enterprise)

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Be called as the object is, unless said otherwise."""
        self.object_name = self.object_name or self.risk_object.name

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an object of somebody else, an enterprise that is not in the group."""
        found: dict[str, list[Words]] = {}
        if self.risk_object.enterprise_id != self.enterprise_id:
            found["risk_object"] = [NOT_YOURS]
        members = JointMember.unscoped(
            "whether an enterprise is in a group decides what its people see of the group"
        ).filter(group=self.group, enterprise=self.enterprise_id, archived_at=None)
        if not members.exists():
            found["group"] = [NOT_A_MEMBER]
        return found

    def tells_history_to(self, actor: Actor) -> bool:
        """Tell neighbours no names of people: who entered it is for its own people and for government."""
        return bool(actor.grants) or self.holder_id in actor.party_ids

    @classmethod
    def assigned_to(cls, actor: Actor, *, act: bool = False) -> Q | None:
        """Open what is shared to the members of the group, to read."""
        return None if act or not actor.party_ids else Q(group__in=groups_of(actor), archived_at=None)


def _stand_with(row: Any, group: JointGroup, firm: Enterprise) -> None:
    row.holder, row.sector = firm.holder, firm.sector
    row.place_in(group.territory)
    row.is_demo = row.is_demo or firm.is_demo
