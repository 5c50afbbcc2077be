"""Start-of-shift confirmations (一日一醒): a worker read the card of the post and said so. Kept as it was said, never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from anlan.domains.enterprises.within import WithinEnterprise
from anlan.domains.risk.models.structure import WorkPost
from anlan.domains.risk.words import SHIFTS
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.record import counted_index
from anlan.kernel.scope.actor import PERSONAL, Actor, ScopedRow
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words


class _ByTheCard(Who):
    """Nobody in a post: a confirmation is made on the card alone."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return False

    def words(self) -> Words:
        return Words("从业人员在岗位卡页面上", "The worker, on the page of the card")


class ShiftConfirmation(WithinEnterprise):
    """One confirmation: which post, which day and shift, by whom, which risks stood on the card."""

    searched = ("post", "enterprise")
    parent = "post"

    post = models.ForeignKey(
        WorkPost, models.PROTECT, related_name="confirmations", verbose_name=Words("岗位", "Post")
    )
    worker_name = described(
        models.CharField(Words("确认人", "Confirmed by"), max_length=60), sensitivity=PERSONAL
    )
    day = models.DateField(Words("日期", "Day"))
    shift = models.CharField(Words("班次", "Shift"), max_length=8, choices=SHIFTS)
    events_shown = models.PositiveSmallIntegerField(Words("卡上风险数", "Risks on the card"), default=0)
    highest_level = models.PositiveSmallIntegerField(editable=False, default=0)

    kept: ClassVar[Kept] = Kept(
        slug="shift-confirmations",
        words=Words("班前确认", "Start-of-shift confirmations"),
        part="prevention",
        serves=("A5", "A5.5", "A15.8"),
        heading="post",
        columns=("post", "day", "shift", "worker_name", "events_shown", "enterprise", "created_at"),
        facets=("shift", "day", "territory", "sector", "is_demo"),
        sorts=("created_at", "day"),
        order="-created_at",
        asks=(),
        writers=_ByTheCard(),
        panels=(
            (Words("确认", "The confirmation"), ("post", "day", "shift", "worker_name", "events_shown")),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "start-of-shift confirmation"
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            counted_index(),
            models.Index(fields=["post", "day"], name="shiftconfirmation_day"),
        ]
