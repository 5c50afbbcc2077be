"""The enterprise's own structure: departments, workshops, teams (内设机构) and posts (岗位). Serves articles 5 and 14.

Control falls along it: what a department controls, its teams and posts control too. A post may be tied to a post of the platform,
so that whoever fills it finds its measures; it has a card that anyone may read by its address, and a token that makes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.domains.risk.words import DIVISION_KINDS, DIVISION_RANK
from anlan.kernel.registers import Kept
from anlan.kernel.registers.record import list_indexes
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

TOKEN_BYTES = 18
DEEPEST = 12  # departments within departments: more is a mistake
DUTY_PHONE = Words(
    "填值班电话或座机，会公开显示，不填个人手机号", "A duty number; it is shown in public, no personal number"
)


class Division(WithinEnterprise):
    """One part of an enterprise: the company itself, a department, a workshop or a team."""

    searched = ("name", "enterprise")
    parent = "above"

    name = models.CharField(Words("名称", "Name"), max_length=80)
    kind = models.CharField(Words("层级", "Layer"), max_length=12, choices=DIVISION_KINDS, default="workshop")
    above = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="below",
        verbose_name=Words("上级", "Above it"),
    )
    head = models.ForeignKey(
        "WorkPost", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("负责岗位", "Post in charge"),
    )  # fmt: skip
    head_name = models.CharField(Words("负责人", "Person in charge"), max_length=60, blank=True, default="")
    duty_phone = models.CharField(
        Words("报告电话", "Telephone for reports"),
        max_length=40,
        blank=True,
        default="",
        help_text=DUTY_PHONE,
    )

    kept: ClassVar[Kept] = Kept(
        slug="divisions",
        words=Words("内设机构", "Departments and teams"),
        part="responsibility",
        serves=("A5", "A15.6"),
        heading="name",
        columns=("name", "kind", "above", "head_name", "enterprise"),
        facets=("kind", "territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("enterprise", "above", "name", "kind", "head", "head_name", "duty_phone"),
        writers=KEEPERS,
        panels=(
            (
                Words("机构", "The department"),
                ("enterprise", "kind", "above", "head", "head_name", "duty_phone"),
            ),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "department or team"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "enterprise", "above"], condition=models.Q(archived_at=None), nulls_distinct=False,
                name="one_division_a_name",
            )
        ]  # fmt: skip

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row; a part within itself, or above what it belongs to."""
        found = super().faults()
        if self.above is None or "above" in found:
            return found
        if any(one.pk == self.pk for one in self.line_above()):
            found["above"] = [Words("上级不能是自己或者自己的下级。", "It cannot stand above itself.")]
        elif DIVISION_RANK[self.above.kind] > DIVISION_RANK[self.kind]:
            found["above"] = [
                Words("上级的层级不能低于本级。", "What stands above it cannot be of a lower layer.")
            ]
        return found

    def line_above(self) -> Iterator[Division]:
        """Yield what stands above, the nearest first; stops where the line would turn back on itself."""
        one, seen = self.above, {self.pk}
        for _ in range(DEEPEST):
            if one is None:
                return
            yield one
            if one.pk in seen:
                return
            seen.add(one.pk)
            one = one.above


class WorkPost(WithinEnterprise):
    """A post (岗位) where people work: welder, cook, forklift driver. Its card is public by its token."""

    searched = ("name", "enterprise")

    name = models.CharField(Words("岗位名称", "Name of the post"), max_length=80)
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="posts",
        verbose_name=Words("所在机构", "Department or team"),
    )  # fmt: skip
    person_name = models.CharField(
        Words("岗位责任人", "Person responsible"), max_length=60, blank=True, default=""
    )
    filled_by = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=Words("对应的平台岗位", "Post of the platform"),
        help_text=Words("在该岗位上的人登录后看到“我的管控措施”", "Whoever fills it finds “my measures” on signing in"),
    )  # fmt: skip
    safe_operation = models.TextField(
        Words("安全操作要点", "Key points of safe operation"), max_length=1000, blank=True, default=""
    )
    protection = models.CharField(
        Words("劳动防护用品", "Personal protection"), max_length=200, blank=True, default=""
    )
    emergency = models.TextField(
        Words("应急处置", "What to do in an emergency"), max_length=1500, blank=True, default="",
        help_text=Words("每行一步，打印在应急处置卡上", "One step a line; printed on the emergency card"),
    )  # fmt: skip
    duty_phone = models.CharField(
        Words("报告电话", "Telephone for reports"),
        max_length=40,
        blank=True,
        default="",
        help_text=DUTY_PHONE,
    )
    card_token = models.CharField(max_length=40, unique=True, editable=False)

    kept: ClassVar[Kept] = Kept(
        slug="work-posts",
        words=Words("岗位", "Posts of enterprises"),
        part="responsibility",
        serves=("A5", "A5.5", "A15.8"),
        heading="name",
        columns=("name", "division", "person_name", "enterprise", "updated_at"),
        facets=("territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=(
            "enterprise", "division", "name", "person_name", "filled_by", "safe_operation", "protection", "emergency",
            "duty_phone",
        ),
        writers=KEEPERS,
        panels=(
            (Words("岗位", "The post"), ("enterprise", "division", "person_name", "filled_by", "duty_phone")),
            (Words("安全要求", "What is asked of it"), ("safe_operation", "protection", "emergency")),
        ),
    )  # fmt: skip

    class Meta(WithinEnterprise.Meta):
        verbose_name = "post of an enterprise"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "enterprise", "division"], condition=models.Q(archived_at=None), nulls_distinct=False,
                name="one_work_post_a_name",
            )
        ]  # fmt: skip
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            models.Index(fields=["enterprise", "name"], name="workpost_of"),
            *list_indexes("name", "sector"),
        ]

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row; a post of the platform that is another enterprise's."""
        found = super().faults()
        if self.filled_by is not None and self.filled_by.party_id != self.holder_id:
            found["filled_by"] = [Words("应为本企业的岗位。", "It must be a post of this enterprise.")]
        return found

    def before_write(self, actor: Actor, *, is_new: bool) -> None:
        """Give the card an address that cannot be guessed."""
        if not self.card_token:
            self.card_token = secrets.token_urlsafe(TOKEN_BYTES)

    def sections_for(self, actor: Actor) -> list[Any]:
        """Return the cards of the post and the measures it answers for."""
        from anlan.domains.risk.sections import of_post

        return of_post(self, actor)
