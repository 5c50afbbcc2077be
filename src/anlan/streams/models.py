"""The tables of the streams. The large ones (journal, pieces, hours, rolls) are partitioned by time and written by COPY alone.

They carry no scope: nothing here is shown without the sensor of a domain above, which decides who sees it.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.streams.words import KINDS, REASONS


class StreamDevice(models.Model):
    """What may send readings: its name, the digest of its secret, and the topics it may publish to; nothing else is allowed."""

    id = models.UUIDField(primary_key=True)
    username = models.CharField(max_length=60, unique=True)
    secret_sha256 = models.CharField(max_length=64, blank=True, default="")
    topics = ArrayField(models.CharField(max_length=120), default=list)
    enabled = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True)
    ahead_ms = models.BigIntegerField(default=0)
    readings_a_second = models.FloatField(default=0)
    aliases = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.username


class StreamPoint(models.Model):
    """One measuring point: what a device calls it, and the range it can measure. Without a device it is a vote of others."""

    number = models.AutoField(primary_key=True)
    sensor = models.UUIDField(unique=True)
    device = models.ForeignKey(StreamDevice, models.CASCADE, related_name="+", null=True)
    tag = models.CharField(max_length=120)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["device", "tag"], condition=Q(enabled=True), name="one_point_a_tag"
            )
        ]

    def __str__(self) -> str:
        return self.tag


class StreamCondition(models.Model):
    """What is watched for at a point: a limit, a rate, silence, bad quality, repetition, a vote. One of each kind a point.

    ``more``, of a repetition: ``times`` within ``within_ms``; of a vote: ``members`` (numbers of points), which of their
    conditions counts (``of``), and whether a member that is silent or of bad quality counts too (``faults``).
    """

    point = models.ForeignKey(StreamPoint, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    bound = models.FloatField(default=0)
    dead_band = models.FloatField(default=0)
    on_delay_ms = models.BigIntegerField(default=0)
    off_delay_ms = models.BigIntegerField(default=0)
    more = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["point", "kind"], name="one_condition_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.point_id} {self.kind}"


class StreamRaised(models.Model):
    """A condition that held, from when to when: the fact. At most one open row a condition, by construction.

    ``told`` says how far the domain above has heard of it: 0 not at all, 1 that it was raised, 2 that it was cleared,
    3 that work on the instrument kept it from being an alarm.
    """

    id = models.BigAutoField(primary_key=True)
    condition = models.ForeignKey(StreamCondition, models.CASCADE, related_name="+")
    raised_at = models.DateTimeField()
    noted_at = models.DateTimeField()
    value = models.FloatField(null=True)
    cleared_at = models.DateTimeField(null=True)
    told = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["condition"], condition=Q(cleared_at=None), name="one_open_a_condition"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="raised_untold", condition=Q(told=0)),
            models.Index(fields=["id"], name="raised_unended", condition=Q(told=1, cleared_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.condition_id} {self.raised_at:%Y-%m-%d %H:%M:%S}"


class StreamLatest(models.Model):
    """The latest reading of each point."""

    point = models.OneToOneField(StreamPoint, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
    value = models.FloatField()
    quality = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.point_id} {self.value}"


class StreamRefusal(models.Model):
    """Readings that were not taken in, with the reason: the quarantine. One row a batch and reason; it can be tried again."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(StreamDevice, models.CASCADE, related_name="+")
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=12, choices=list(REASONS.items()))
    tag = models.CharField(max_length=120, blank=True, default="")
    count = models.PositiveIntegerField()
    readings = models.JSONField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["device", "-received_at"], name="refusal_of"),
            models.Index(fields=["received_at"], name="refusal_at"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.tag}"


class StreamIngest(models.Model):
    """How one ingest process stands, by its own word: the row of a living one is renewed every second or two."""

    writer = models.BigIntegerField(primary_key=True)
    noted_at = models.DateTimeField()
    evaluates = models.BooleanField(default=False)
    waiting = models.PositiveIntegerField(default=0)  # messages not committed yet
    broker = models.CharField(max_length=12, blank=True, default="")  # "", "connected", "away"
    broker_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)  # when a commit failed last
    failure = models.CharField(max_length=12, blank=True, default="")  # "", "disk", "database"

    def __str__(self) -> str:
        return f"{self.writer} {self.noted_at:%Y-%m-%d %H:%M:%S}"


class StreamTrouble(models.Model):
    """A trouble of the intake people were told of: told once when it began, once when it was over."""

    kind = models.CharField(max_length=12)
    device = models.CharField(
        max_length=60, blank=True, default=""
    )  # its user name, where it is one device's
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "device"], condition=Q(ended_at=None), name="one_open_a_trouble"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device}"


class StreamStamp(models.Model):
    """A number that any change of points, conditions or devices renews, so that who holds them in memory reads them again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)
