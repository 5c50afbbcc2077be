"""Subscriptions, which are matters, and the log of the calls made by them, which is only ever added to.

What leaves by push or lies ready as a file is in ``leaving``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.loops import Matter
from anlan.kernel.registers import described
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import INTERNAL, PERSONAL
from anlan.kernel.scope.models import Party, Territory
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.sharing.leaving import Delivery, Endpoint
from anlan.kernel.sharing.pacing import CHANNELS, FREQUENCIES
from anlan.kernel.words import Words


def _set_words(slug: Any) -> Words | None:
    from anlan.kernel.sharing.catalogue import data_set_named

    found = data_set_named(str(slug))
    return found.words if found else None


def _field_words(value: Any) -> Words | None:
    """Return the labels of ``slug: name name …``, as the request names its fields."""
    from anlan.kernel.sharing.catalogue import data_set_named

    slug, _, names = str(value).partition(":")
    found = data_set_named(slug)
    if found is None:
        return None
    labels = [spec.label for name in names.split() if (spec := found.field(name)) is not None]
    return Words("、".join(w.zh for w in labels), ", ".join(w.en for w in labels))


class Subscription(Matter):
    """Who may read what of one data set, what for, how, and until when. ``fields`` is ``slug: name name …``, as is
    ``clear_fields``: those of them that the owner gives as they stand although they are masked otherwise.

    ``territory`` is the place whose rows are given; ``of_sector`` one sector or, empty, all; ``sensitivity`` the highest of
    the rows given. The holder is the body that asked; the regulator the department the data belong to.
    """

    searched = ("number", "purpose", "receiver", "holder")

    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="+", verbose_name=Words("地区", "Place")
    )
    data_set = described(models.CharField(Words("数据集", "Data set"), max_length=40), named=_set_words)
    receiver = models.CharField(Words("接收系统或部门", "Receiving system or department"), max_length=120)
    purpose = models.TextField(Words("用途", "Purpose"), max_length=1000)
    fields = described(models.TextField(Words("字段", "Fields"), max_length=2000), named=_field_words)
    clear_fields = described(
        models.TextField(Words("原样给出的字段", "Fields in clear"), max_length=2000, blank=True, default=""),
        named=_field_words,
    )
    condition = models.CharField(Words("筛选条件", "Filter"), max_length=500, blank=True, default="")
    of_sector = described(
        models.CharField(Words("行业领域", "Sector"), max_length=32, blank=True, default=""),
        choices=list(SECTORS.items()),
    )
    channel = models.CharField(Words("方式", "Channel"), max_length=8, choices=CHANNELS, default="pull")
    frequency = models.CharField(
        Words("频率", "Frequency"), max_length=8, choices=FREQUENCIES, default="daily"
    )
    valid_until = models.DateField(Words("有效期至", "Valid until"))
    token_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)
    token_hint = models.CharField(max_length=8, blank=True, editable=False)
    token_at = models.DateTimeField(Words("令牌签发时间", "Token made"), null=True, editable=False)

    class Meta(Matter.Meta):
        verbose_name = "data subscription"
        indexes: ClassVar[list[models.Index]] = [*Matter.Meta.indexes]

    def title(self) -> str:
        """Return who reads what."""
        return f"{_set_words(self.data_set) or self.data_set} → {self.receiver}"

    @property
    def field_names(self) -> list[str]:
        """Return the names of the fields it gives."""
        return self.fields.partition(":")[2].split()

    @property
    def clear_names(self) -> list[str]:
        """Return the names of the masked fields that are granted in clear."""
        return self.clear_fields.partition(":")[2].split()

    @property
    def is_valid(self) -> bool:
        """Say whether it may be read by now: approved, not revoked, not past its last day."""
        return self.state == "active" and clock.today() <= self.valid_until

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Belong to the body that asks; be decided by the department the data belong to."""
        from anlan.kernel.sharing.catalogue import data_set_named, owner_of

        if actor.party_id is not None:
            self.holder = Party.objects.get(pk=actor.party_id)
        self.sector = self.of_sector or "work_safety"
        self.regulator = owner_of(self.territory, self.of_sector)
        found = data_set_named(self.data_set)
        specs = [spec for name in self.field_names if found and (spec := found.field(name))]
        self.sensitivity = PERSONAL if any(spec.sensitivity >= PERSONAL for spec in specs) else INTERNAL
        self.place_in(self.territory)


class SharedCall(models.Model):
    """One call made by a subscription: when, by which token, from where, what was asked and what was given."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="calls")
    at = models.DateTimeField(Words("时间", "Time"))
    token_hint = models.CharField(Words("令牌尾号", "Token ends in"), max_length=8)
    address = models.CharField(Words("来源地址", "From"), max_length=64)
    request_id = models.CharField(Words("请求编号", "Request"), max_length=64)
    asked = models.CharField(Words("条件", "Asked"), max_length=500)
    rows = models.PositiveIntegerField(Words("行数", "Rows"))
    size = models.PositiveBigIntegerField(Words("字节", "Bytes"))
    status = models.PositiveSmallIntegerField(Words("结果", "Status"))
    milliseconds = models.PositiveIntegerField(Words("毫秒", "Milliseconds"))

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subscription", "at"]),
            # The log of all subscriptions, the latest first.
            models.Index(fields=["at", "id"], name="sharedcall_order"),
        ]


__all__ = ["CHANNELS", "FREQUENCIES", "Delivery", "Endpoint", "SharedCall", "Subscription"]
