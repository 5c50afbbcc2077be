"""What leaves by itself: ``Endpoint`` (where a subscription is pushed to) and ``Delivery`` (one portion pushed, or one file).

A delivery keeps no row: it names the stretch of changes it stands for, and what is in it is read anew through scope at every
attempt. So nothing personal lies in a queue, and what was revoked meanwhile is not sent.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from anlan.kernel.ids import new_id
from anlan.kernel.scope.models import Person
from anlan.kernel.sharing.pacing import CHANNELS
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

WAITING, SENT, FAILED, AGAIN, DROPPED = "waiting", "sent", "failed", "again", "dropped"
STATES = [
    (WAITING, Words("待送", "Waiting")),
    (SENT, Words("已送达", "Delivered")),
    (FAILED, Words("失败，将重试", "Failed, tried again")),
    (AGAIN, Words("再送", "To be sent again")),
    (DROPPED, Words("不再送", "Dropped")),
]
OPEN = (WAITING, FAILED, AGAIN)
ACTIVE, PAUSED = "active", "paused"
ENDPOINT_STATES = [(ACTIVE, Words("启用", "Active")), (PAUSED, Words("已暂停", "Paused"))]
MOST_TRIES_KEPT = 30


class Endpoint(models.Model):
    """Where a subscription is pushed to, and how far its receiver has confirmed: ``cursor`` moves by a receipt alone."""

    subscription = models.OneToOneField(
        "sharing.Subscription", models.CASCADE, primary_key=True, related_name="endpoint"
    )
    url = EncryptedText(Words("接收地址", "Address"))
    host = models.CharField(max_length=253)
    secret = EncryptedText()
    state = models.CharField(max_length=8, choices=ENDPOINT_STATES, default=ACTIVE)
    failures = models.PositiveSmallIntegerField(default=0)
    state_reason = models.CharField(max_length=300, blank=True)
    cursor = models.TextField(blank=True, default="")
    rests_until = models.DateTimeField(null=True)
    set_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    set_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)

    @property
    def is_paused(self) -> bool:
        """Say whether nothing is sent until it is resumed."""
        return self.state == PAUSED


class Delivery(models.Model):
    """One portion pushed, or one file made. ``after`` and ``next`` bound its changes; ``tries`` tells of each attempt."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey("sharing.Subscription", models.CASCADE, related_name="deliveries")
    channel = models.CharField(Words("方式", "Channel"), max_length=8, choices=CHANNELS)
    state = models.CharField(Words("状态", "State"), max_length=8, choices=STATES, default=WAITING)
    made_at = models.DateTimeField(Words("生成时间", "Made"))
    due_at = models.DateTimeField(null=True)
    after = models.TextField(blank=True, default="")
    next = models.TextField(blank=True, default="")
    until_at = models.DateTimeField(null=True)
    until_row = models.UUIDField(null=True)
    rows = models.PositiveIntegerField(Words("行数", "Rows"), default=0)
    size = models.PositiveBigIntegerField(Words("字节", "Bytes"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    tries: models.JSONField[Any, Any] = models.JSONField(default=list)
    next_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(Words("送达时间", "Delivered at"), null=True)
    receipt = models.CharField(Words("回执", "Receipt"), max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="delivery_due", condition=Q(state__in=OPEN)),
            models.Index(fields=["subscription", "made_at"], name="delivery_made"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["subscription"], name="one_open_push",
                condition=Q(channel="push", state__in=[WAITING, FAILED]),
            ),
            models.UniqueConstraint(
                fields=["subscription", "due_at"], name="one_file_each_time", condition=Q(due_at__isnull=False)
            ),
        ]  # fmt: skip

    @property
    def is_file(self) -> bool:
        """Say whether it is a file rather than a portion pushed."""
        return self.due_at is not None

    @property
    def has_file(self) -> bool:
        """Say whether its file lies ready."""
        return self.state == SENT and bool(self.file_name)
