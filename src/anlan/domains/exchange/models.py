"""The channels by which enterprises upload, what is on its way, and the receipts. Serves articles 14, 15 and 22.

``UploadChannel`` is kept by the enterprise. ``UploadItem`` holds, for each row that goes out, what was last made of it and
what the platform said: the outbox. ``UploadReceipt`` is one portion that was sent, kept as it was answered, never changed. The
secret lies apart, sealed, and is never shown again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.exchange.words import EDITIONS, ITEM_STATES, OUTCOMES, SET_NAMES, WAITING
from anlan.kernel.ids import new_id
from anlan.kernel.notices.guarding import fault_of
from anlan.kernel.registers import Kept
from anlan.kernel.registers.declaration import Register, Section
from anlan.kernel.scope.actor import Actor, ScopedRow
from anlan.kernel.scope.who import Who, post
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

KEEPERS: Who = post("main_person", "safety_officer")
_NINE = RegexValidator(r"^[0-9]{9}$", Words("企业编码是 9 位数字。", "The company code has nine digits."))


class _ByTheUpload(Who):
    """Nobody in a post: receipts come from the platform that answered."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return False

    def words(self) -> Words:
        return Words("上报时自动登记", "Registered when a portion is sent")


class UploadChannel(Register):
    """One enterprise's way to one platform above: where to, under which code, in which edition of the format."""

    searched = ("name", "company_code", "enterprise")

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    name = models.CharField(Words("平台名称", "Platform"), max_length=80)
    edition = models.CharField(
        Words("数据格式", "Format"), max_length=40, choices=EDITIONS, default=EDITIONS[0][0]
    )
    url = models.CharField(
        Words("接收地址", "Address"),
        max_length=300,
        help_text=Words("以 https:// 开头", "Beginning with https://"),
    )
    company_code = models.CharField(
        Words("企业编码", "Company code"), max_length=9, validators=[_NINE],
        help_text=Words("平台发给企业的 9 位编码", "The nine digits the platform gave"),
    )  # fmt: skip
    app_id = models.CharField(
        Words("应用标识", "Application id"),
        max_length=64,
        help_text=Words("平台发给企业的账号", "As the platform gave it"),
    )
    is_on = models.BooleanField(Words("启用上报", "Uploading"), default=False)

    kept: ClassVar[Kept] = Kept(
        slug="upload-channels",
        words=Words("数据上报", "Uploads"),
        part="prevention",
        serves=("A22", "A15"),
        heading="name",
        columns=("name", "enterprise", "company_code", "is_on", "updated_at"),
        facets=("is_on", "territory", "sector", "is_demo"),
        sorts=("updated_at", "created_at", "name"),
        asks=("enterprise", "name", "edition", "url", "company_code", "app_id", "is_on"),
        writers=KEEPERS,
        panels=(
            (
                Words("通道", "The channel"),
                ("enterprise", "edition", "url", "company_code", "app_id", "is_on"),
            ),
        ),
    )

    class Meta(Register.Meta):
        verbose_name = "upload channel"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["enterprise", "url"],
                condition=models.Q(archived_at=None),
                name="one_channel_an_address",
            )
        ]

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the enterprise stands."""
        self.holder, self.sector = self.enterprise.holder, self.enterprise.sector
        self.place_in(self.enterprise.territory)
        self.is_demo = self.is_demo or self.enterprise.is_demo

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an address that may not be called, an ended enterprise."""
        found: dict[str, list[Words]] = {}
        fault = fault_of(self.url)
        if fault is not None:
            found["url"] = [fault]
        if self.enterprise.is_archived:
            found["enterprise"] = [Words("该企业已归档。", "The enterprise is archived.")]
        elif self.holder_id != self.enterprise.holder_id:
            found["enterprise"] = [Words("不能改到另一家企业。", "It stays with its enterprise.")]
        return found

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return what is on its way and what was refused."""
        from anlan.domains.exchange.sections import of_channel

        return of_channel(self, actor)


class UploadSecret(models.Model):
    """The secret of a channel, sealed; typed in, used for signing, never shown."""

    channel = models.OneToOneField(UploadChannel, models.CASCADE, primary_key=True, related_name="secret_row")
    secret = EncryptedText(max_length=200)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"secret of {self.channel_id}"


class UploadItem(models.Model):
    """What was last made of one row for one channel: the record as it goes out, and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey(UploadChannel, models.CASCADE, related_name="items")
    data_set = models.CharField(max_length=20, choices=SET_NAMES)
    source = models.UUIDField()
    record = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=ITEM_STATES, default=WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt = models.ForeignKey("UploadReceipt", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["channel", "data_set", "source"], name="one_item_a_row")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "data_set", "state", "id"], name="upload_item_waits")
        ]

    def __str__(self) -> str:
        return f"{self.data_set} {self.source}"


class UploadReceipt(Register):
    """One portion that was sent: which rows in what wording (by digest), and what the platform answered."""

    searched = ("number", "channel", "said")

    channel = models.ForeignKey(
        UploadChannel, models.PROTECT, related_name="receipts", verbose_name=Words("上报通道", "Channel")
    )
    portion = models.CharField(Words("批次号", "Portion"), max_length=36)
    number = models.CharField(Words("回执号", "Receipt"), max_length=80, blank=True, default="")
    data_set = models.CharField(Words("数据类别", "Data set"), max_length=20, choices=SET_NAMES)
    sent_at = models.DateTimeField(Words("上报时间", "Sent"))
    records = models.PositiveIntegerField(Words("条数", "Records"))
    refused = models.PositiveIntegerField(Words("退回条数", "Refused"), default=0)
    outcome = models.CharField(Words("结果", "Outcome"), max_length=8, choices=OUTCOMES)
    status = models.PositiveSmallIntegerField(Words("HTTP 状态", "HTTP status"), null=True)
    said = models.CharField(Words("对方答复", "The answer"), max_length=500, blank=True, default="")
    body_digest = models.CharField(Words("内容摘要（SHA-256）", "SHA-256 of the body"), max_length=64)

    kept: ClassVar[Kept] = Kept(
        slug="upload-receipts",
        words=Words("上报回执", "Receipts of uploads"),
        part="prevention",
        serves="A22",
        heading="portion",
        columns=("sent_at", "channel", "data_set", "records", "refused", "outcome", "number"),
        facets=("outcome", "data_set", "sent_at", "territory", "sector", "is_demo"),
        sorts=("sent_at", "refused"),
        order="-sent_at",
        asks=(),
        writers=_ByTheUpload(),
        panels=(
            (Words("回执", "The receipt"),
             ("channel", "portion", "number", "data_set", "sent_at", "records", "refused", "outcome", "status", "said",
              "body_digest")),
        ),
    )  # fmt: skip

    class Meta(Register.Meta):
        verbose_name = "upload receipt"
        indexes: ClassVar[list[models.Index]] = [
            *Register.Meta.indexes,
            models.Index(fields=["sent_at", "id"], name="uploadreceipt_sent"),
        ]

    def stand(self) -> None:
        """Stand where the channel stands."""
        channel: Any = self.channel
        self.holder, self.sector, self.is_demo = channel.holder, channel.sector, channel.is_demo
        self.place_in(channel.territory)
