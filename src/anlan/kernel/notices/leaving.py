"""What leaves the platform: ``Receiver`` (a webhook), ``Outward`` (one message), ``OutwardItem`` (a notice in it), ``Attempt``.

A message is written in the transaction that spreads its notices, so none is lost; a notice is in at most one message to
each recipient, so none is doubled; the worker claims, sends and notes.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.notices.chosen import PACES
from anlan.kernel.notices.timing import DIGEST
from anlan.kernel.notices.told import Notice
from anlan.kernel.scope.models import Party, Person
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

MAIL, WEBHOOK = "mail", "webhook"
CHANNELS = [(MAIL, Words("邮件", "Mail")), (WEBHOOK, Words("推送地址", "Webhook"))]

INSTANT, GATHERED, TRIAL, CODE = "instant", "digest", "trial", "code"
SORTS = [
    (INSTANT, Words("即时", "At once")),
    (GATHERED, Words("汇总", "Digest")),
    (TRIAL, Words("试发", "Trial")),
    (CODE, Words("验证码", "Confirmation code")),
]

WAITING, SENT, FAILED, GIVEN_UP, SUPPRESSED = "waiting", "sent", "failed", "given_up", "suppressed"
STATES = [
    (WAITING, Words("待发", "Waiting")),
    (SENT, Words("已发出", "Sent")),
    (FAILED, Words("失败，将重试", "Failed, tried again")),
    (GIVEN_UP, Words("已放弃", "Given up")),
    (SUPPRESSED, Words("不再发送", "Suppressed")),
]

ACTIVE, PAUSED, ENDED = "active", "paused", "ended"
RECEIVER_STATES = [
    (ACTIVE, Words("启用", "Active")),
    (PAUSED, Words("已暂停", "Paused")),
    (ENDED, Words("已停用", "Ended")),
]


class Receiver(models.Model):
    """A webhook of a person or a party. The secret is shown once, when it is made; kept encrypted, as the address is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    party = models.ForeignKey(Party, models.CASCADE, null=True, related_name="+")
    name = models.CharField(Words("名称", "Name"), max_length=60)
    url = EncryptedText(Words("地址", "Address"))
    host = models.CharField(max_length=253)
    secret = EncryptedText()
    pace = models.CharField(max_length=8, choices=PACES, default=DIGEST)
    state = models.CharField(max_length=8, choices=RECEIVER_STATES, default=ACTIVE)
    failures = models.PositiveSmallIntegerField(default=0)
    state_reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.host})"


class Outward(models.Model):
    """One message to one recipient: to a person by mail, or to a receiver. ``target`` is the id of either.

    While it waits and was never begun, further notices for the same recipient join it. ``sealed`` holds what must not be
    stored readable (a confirmation code) until it was sent.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.CharField(Words("方式", "Channel"), max_length=8, choices=CHANNELS)
    sort = models.CharField(Words("类型", "Sort"), max_length=8, choices=SORTS)
    target = models.UUIDField()
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    receiver = models.ForeignKey(Receiver, models.CASCADE, null=True, related_name="+")
    state = models.CharField(Words("状态", "State"), max_length=10, choices=STATES, default=WAITING)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(Words("生成时间", "Made"))
    next_at = models.DateTimeField(Words("最早发送", "Not before"))
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(Words("发出时间", "Sent"), null=True)
    receipt = models.CharField(Words("回执", "Receipt"), max_length=200, blank=True)
    sealed = EncryptedText(blank=True, default="")
    is_demo = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_at"], name="outward_due", condition=models.Q(state__in=["waiting", "failed"])
            ),
            models.Index(fields=["made_at", "id"], name="outward_made"),
            models.Index(fields=["target", "made_at"], name="outward_target"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["target", "channel", "sort"],
                name="outward_one_open",
                condition=models.Q(state="waiting", attempts=0, sort__in=["instant", "digest"]),
            ),
        ]


class OutwardItem(models.Model):
    """A notice in a message; the same notice never goes twice to one recipient by one channel."""

    outward = models.ForeignKey(Outward, models.CASCADE, related_name="items")
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="+")
    target = models.UUIDField()
    channel = models.CharField(max_length=8, choices=CHANNELS)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "target", "channel"], name="outward_item_once"),
        ]


class Attempt(models.Model):
    """One attempt at a message. Without ``ended_at`` and not under way, the worker ended before the answer was noted."""

    outward = models.ForeignKey(Outward, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    succeeded = models.BooleanField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["outward", "number"], name="attempt_number"),
        ]
