"""The tables of sensors, devices, their maintenance, and alarms. What ingest needs of them is written through to the streams."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from anlan.domains.alarms import narrowing
from anlan.domains.alarms.votes import SensorVote as SensorVote
from anlan.domains.alarms.votes import limits_voted_on
from anlan.domains.alarms.words import (
    CAUSES,
    GASES,
    LEVELS,
    MAINTENANCE,
    MQTT,
    PROTOCOLS,
    QUANTITIES,
    WORKS,
)
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.domains.installations.models import Installation
from anlan.kernel import clock
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.record import counted_index
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words
from anlan.streams import registry
from anlan.streams.registry import Condition
from anlan.streams.words import BAD, HH, KINDS, LL, RATE, REPEAT, STALE, H, L

SECONDS = Words("秒", "s")
_MILLISECONDS = 1000
STALE_SECONDS = 300
MOST_TIMES = 1000
_USERNAME = Words("用小写字母、数字、-和_，3至60位。", "Small letters, digits, - and _; 3 to 60 of them.")
SERVES = ("A14", "A18", "A22")


def _limit(zh: str, en: str, **options: Any) -> models.FloatField[Any, Any]:
    return models.FloatField(Words(zh, en), null=True, blank=True, **options)


def _seconds(zh: str, en: str, default: int | None = 0, **options: Any) -> models.Field[Any, Any]:
    field = models.PositiveIntegerField(Words(zh, en), default=default, blank=True, **options)
    return described(field, unit=SECONDS)


class DataDevice(WithinEnterprise):
    """A device or gateway that sends readings with a name and secret of its own; without them nothing is taken."""

    searched = ("name", "username", "enterprise")

    name = models.CharField(Words("名称", "Name"), max_length=60)
    username = models.CharField(
        Words("接入账号", "User name"), max_length=60, unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]{2,59}\Z", _USERNAME)],
        help_text=Words("设备用它连接，也是主题的第二段", "The device connects by it; it is the second part of its topics"),
    )  # fmt: skip
    protocol = models.CharField(Words("协议", "Protocol"), max_length=10, choices=PROTOCOLS, default=MQTT)
    topics = models.CharField(
        Words("另外允许的主题", "Further topics allowed"), max_length=400, blank=True, default="",
        help_text=Words("自己的 anlan/接入账号/# 之外的，用逗号分开", "Beyond its own anlan/user-name/#, with commas between"),
    )  # fmt: skip

    kept: ClassVar[Kept] = Kept(
        slug="data-devices",
        words=Words("采集设备", "Data devices"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("name", "username", "protocol", "enterprise", "updated_at"),
        facets=("protocol", "territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("enterprise", "name", "username", "protocol", "topics"),
        writers=KEEPERS,
        panels=((Words("接入", "Connection"), ("enterprise", "username", "protocol", "topics")),),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "data device"

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: topics that reach beyond what one device may be given."""
        found = super().faults()
        for topic in self.further_topics():
            first = topic.split("/")[0]
            if first in ("#", "+", "$share", "$SYS") or len(topic) > 120:
                found["topics"] = [Words("主题不能以通配符开头。", "A topic may not begin with a wildcard.")]
            elif first in ("anlan", "spBv1.0"):
                found["topics"] = [
                    Words("这些主题按账号分给各设备。", "Those belong to devices by their names.")
                ]
        return found

    def further_topics(self) -> list[str]:
        """Return the topics beyond its own."""
        return [part.strip() for part in self.topics.replace("，", ",").split(",") if part.strip()]

    def after_write(self, actor: Actor) -> None:
        """Let the ingest know it; archived, it may no longer send."""
        registry.keep_device(self.pk, self.username, self.further_topics(), enabled=not self.is_archived)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return how it stands with the ingest: when it was heard, what was refused of it."""
        from anlan.domains.alarms.sections import of_device

        return of_device(self, actor)


class Sensor(WithinEnterprise):
    """A measuring point at an enterprise, in a unit of it where it stands in one, with its limits."""

    searched = ("name", "tag", "enterprise", "installation", "place_note", "location", "substance")

    name = models.CharField(Words("名称", "Name"), max_length=80)
    tag = models.CharField(Words("位号", "Tag"), max_length=120)
    device = models.ForeignKey(
        DataDevice, models.PROTECT, related_name="+", verbose_name=Words("采集设备", "Data device")
    )
    quantity = models.CharField(Words("监测量", "Quantity"), max_length=12, choices=QUANTITIES)
    unit = models.CharField(Words("单位", "Unit"), max_length=16, blank=True, default="")
    installation = models.ForeignKey(
        Installation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=Words("重大危险源（单元）", "Installation"),
        help_text=Words("填单元名称或者备案编号", "Name of the unit, or its number on file"),
    )
    place_note = models.CharField(
        Words("装置（文字）", "Plant, in words"), max_length=80, blank=True, default=""
    )
    location = models.CharField(Words("安装位置", "Where it is"), max_length=120, blank=True, default="")
    substance = models.CharField(
        Words("介质", "Substance"), max_length=60, blank=True, default="",
        help_text=Words("气体探测器必填；一级、二级报警值填高报、高高报", "Gas detectors: both levels are high and high high"),
    )  # fmt: skip
    range_low = _limit("量程下限", "Range from")
    range_high = _limit("量程上限", "Range to")
    limit_ll = _limit("低低报", "Low low")
    limit_l = _limit("低报", "Low")
    limit_h = _limit("高报", "High")
    limit_hh = _limit("高高报", "High high")
    dead_band = _limit("回差", "Dead band", validators=[MinValueValidator(0)])
    on_delay = _seconds("报警延时", "Delay before alarm")
    off_delay = _seconds("恢复延时", "Delay before clearing")
    rate_limit = described(
        _limit("变化速率上限", "Fastest change", validators=[MinValueValidator(0)]),
        unit=Words("每分钟", "per minute"),
    )
    stale_after = _seconds("数据中断判定", "Silent after", default=STALE_SECONDS)
    repeat_times = models.PositiveSmallIntegerField(
        Words("反复越限次数", "Beyond a limit so often"), null=True, blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(MOST_TIMES)],
        help_text=Words("时段内越过高报或低报达到这个次数即报警", "So many crossings of high or low within the span are one"),
    )  # fmt: skip
    repeat_within = _seconds("反复越限时段", "Within", default=None, null=True)

    kept: ClassVar[Kept] = Kept(
        slug="sensors",
        words=Words("传感器", "Sensors"),
        part="prevention",
        serves=SERVES,
        heading="name",
        columns=("tag", "name", "quantity", "unit", "limit_l", "limit_h", "installation", "enterprise"),
        facets=("quantity", "installation", "device", "territory", "sector", "is_demo"),
        sorts=("tag", "name", "updated_at", "created_at"),
        order="tag",
        asks=(
            "device", "name", "tag", "quantity", "unit", "substance", "installation", "place_note", "location",
            "range_low", "range_high",
            "limit_ll", "limit_l", "limit_h", "limit_hh", "dead_band", "on_delay", "off_delay", "rate_limit", "stale_after",
            "repeat_times", "repeat_within",
        ),
        writers=KEEPERS,
        panels=(
            (Words("传感器", "The sensor"), ("enterprise", "device", "tag", "quantity", "unit", "substance",
             "installation", "place_note", "location")),
            (Words("限值", "Limits"), ("range_low", "range_high", "limit_ll", "limit_l", "limit_h", "limit_hh", "dead_band")),
            (Words("判定", "How it is judged"), ("on_delay", "off_delay", "rate_limit", "stale_after",
             "repeat_times", "repeat_within")),
        ),
    )  # fmt: skip
    parent = "device"

    class Meta(WithinEnterprise.Meta):
        verbose_name = "sensor"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tag", "device"], condition=Q(archived_at=None), name="one_sensor_a_tag"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [*WithinEnterprise.Meta.indexes, counted_index()]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of every register, and whether a sensor was heard lately."""
        return (
            *super().filters(),
            NamedFilter("online", Words("在线", "Online"), narrowing.online, moves=True),
        )

    def stand(self) -> None:
        """Stand where the unit stands, else where the enterprise stands; a point of its own stays."""
        super().stand()
        above = self.installation or self.enterprise
        if self.longitude is None or self.latitude is None:
            self.longitude, self.latitude = above.longitude, above.latitude

    def settle(self) -> None:
        """Fill what was left open: no delay, and silence judged as usual."""
        super().settle()
        self.on_delay, self.off_delay = self.on_delay or 0, self.off_delay or 0
        if self.stale_after is None:
            self.stale_after = STALE_SECONDS

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: limits out of order or out of range, a gas detector without its gas."""
        found = super().faults()
        order = ("range_low", "limit_ll", "limit_l", "limit_h", "limit_hh", "range_high")
        given = [(name, getattr(self, name)) for name in order if getattr(self, name) is not None]
        for (_, lower), (name, upper) in pairwise(given):
            if upper < lower or (upper == lower and name != "limit_hh"):
                found[name] = [
                    Words(
                        "应依次增大：量程、低低、低、高、高高。",
                        "They rise: range, low low, low, high, high high.",
                    )
                ]
        if self.quantity in GASES and not self.substance:
            found["substance"] = [Words("气体探测器要写明介质。", "A gas detector names its gas.")]
        return found | self._faults_of_repetition() | limits_voted_on(self)

    def _faults_of_repetition(self) -> dict[str, list[Words]]:
        if bool(self.repeat_times) != bool(self.repeat_within):
            missing = "repeat_within" if self.repeat_times else "repeat_times"
            return {missing: [Words("次数和时段一起填写。", "Give both the number and the span.")]}
        if self.repeat_times and self.limit_h is None and self.limit_l is None:
            return {"repeat_times": [Words("先填写高报或低报限值。", "Give a high or a low limit first.")]}
        return {}

    def conditions(self) -> list[Condition]:
        """Return what the ingest watches for."""
        slack, on, off = (
            self.dead_band or 0.0,
            self.on_delay * _MILLISECONDS,
            self.off_delay * _MILLISECONDS,
        )
        limits = {
            LL: self.limit_ll,
            L: self.limit_l,
            H: self.limit_h,
            HH: self.limit_hh,
            RATE: self.rate_limit,
        }
        found = [
            Condition(kind, limit, slack if kind != RATE else 0.0, on, off)
            for kind, limit in limits.items()
            if limit is not None
        ]
        if self.repeat_times and self.repeat_within:
            more = {"times": self.repeat_times, "within_ms": self.repeat_within * _MILLISECONDS}
            found.append(Condition(REPEAT, 0.0, slack, more=more))
        found.append(Condition(BAD, on_delay_ms=on, off_delay_ms=off))
        if self.stale_after:
            found.append(Condition(STALE, on_delay_ms=self.stale_after * _MILLISECONDS))
        return found

    def after_write(self, actor: Actor) -> None:
        """Let the ingest know it with its conditions; archived, its readings are no longer taken."""
        registry.keep_point(
            self.pk, self.device_id, self.tag,
            low=self.range_low,
            high=self.range_high,
            enabled=not self.is_archived, conditions=self.conditions(),
        )  # fmt: skip

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return its trend with its limits, and how it stands."""
        from anlan.domains.alarms.sections import of_sensor

        return of_sensor(self, actor)


class SensorWork(WithinEnterprise):
    """Maintenance or calibration of a sensor, from when to when: what it raises meanwhile is shown and opens no alarm."""

    searched = ("sensor", "what", "enterprise")

    sensor = models.ForeignKey(
        Sensor, models.PROTECT, related_name="+", verbose_name=Words("传感器", "Sensor")
    )
    work = models.CharField(Words("作业", "Work"), max_length=12, choices=WORKS, default=MAINTENANCE)
    what = models.CharField(Words("内容与原因", "What and why"), max_length=300)
    starts_at = models.DateTimeField(Words("开始", "From"))
    ends_at = models.DateTimeField(Words("结束", "Until"))
    valid_until = models.DateField(Words("检定有效期至", "Calibration valid until"), null=True, blank=True)

    kept: ClassVar[Kept] = Kept(
        slug="sensor-works",
        words=Words("传感器检维修校准", "Work on sensors"),
        part="prevention",
        serves=SERVES,
        heading="what",
        columns=("what", "sensor", "work", "starts_at", "ends_at", "valid_until", "enterprise"),
        facets=("work", "territory", "sector", "is_demo"),
        sorts=("starts_at", "ends_at", "valid_until"),
        order="-starts_at",
        asks=("sensor", "work", "what", "starts_at", "ends_at", "valid_until"),
        writers=KEEPERS,
        panels=(
            (Words("作业", "The work"), ("sensor", "work", "what", "starts_at", "ends_at", "valid_until")),
        ),
    )
    parent = "sensor"

    class Meta(WithinEnterprise.Meta):
        verbose_name = "work on a sensor"
        indexes: ClassVar[list[models.Index]] = [
            *WithinEnterprise.Meta.indexes,
            models.Index(fields=["sensor", "ends_at"], name="sensorwork_of"),
        ]

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: an end before its beginning."""
        found = super().faults()
        if self.ends_at <= self.starts_at:
            found["ends_at"] = [Words("结束应晚于开始。", "It ends after it begins.")]
        return found


class Alarm(Matter):
    """One alarm of one condition of one sensor, from the first crossing to its disposition. What the sensor says stands apart."""

    searched = ("number", "name", "holder")

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise"), editable=False
    )
    sensor = models.ForeignKey(
        Sensor, models.PROTECT, related_name="+", verbose_name=Words("传感器", "Sensor"), editable=False
    )
    name = models.CharField(Words("报警", "Alarm"), max_length=120, editable=False)
    condition = models.BigIntegerField(Words("监测条件", "Watched condition"))
    kind = models.CharField(Words("条件", "Condition"), max_length=8, choices=list(KINDS.items()))
    level = models.CharField(Words("级别", "Level"), max_length=12, choices=LEVELS, editable=False)
    value = models.FloatField(Words("报警值", "Value"), null=True, blank=True)
    bound = models.FloatField(Words("限值", "Limit"), null=True, blank=True)
    raised_at = models.DateTimeField(Words("首次报警", "First raised"))
    active = models.BooleanField(Words("仍在报警", "Still raised"), default=True, editable=False)
    cleared_at = models.DateTimeField(Words("恢复时间", "Cleared"), null=True, editable=False)
    times = models.PositiveIntegerField(Words("报警次数", "Times raised"), default=1, editable=False)
    acknowledged_at = models.DateTimeField(Words("确认时间", "Acknowledged"), null=True, editable=False)
    cause = models.CharField(Words("原因", "Cause"), max_length=12, choices=CAUSES, blank=True, default="")
    what_was_done = models.TextField(
        Words("处置情况", "What was done"), max_length=2000, blank=True, default=""
    )
    shelved_until = models.DateField(Words("搁置至", "Shelved until"), null=True, blank=True)
    danger = models.UUIDField(null=True, editable=False)

    class Meta(Matter.Meta):
        verbose_name = "alarm"
        indexes: ClassVar[list[models.Index]] = [
            *Matter.Meta.indexes,
            models.Index(fields=["sensor", "-opened_at"], name="alarm_of_sensor"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["condition"], condition=Q(closed_at=None), name="one_open_alarm_a_condition"
            )
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of every matter, whose alarms, and whether the sensor still says so."""
        return (
            *super().filters(),
            narrowing.of_sensor(),
            NamedFilter("active", Words("仍在报警", "Still raised"), lambda: Q(active=True)),
            NamedFilter(
                "long_raised", Words("长期报警", "Raised for long"), narrowing.long_raised, moves=True
            ),
            NamedFilter("chattering", Words("反复抖动", "Chattering"), narrowing.chattering, moves=True),
        )

    def title(self) -> str:
        """Return what was raised where."""
        return f"{self.name} {KINDS[self.kind]}"

    def industry(self) -> str:
        """Return the industry of the enterprise, by which the regulator is resolved."""
        return self.enterprise.industry

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the sensor stands; what the sensor is, its fact says (``opening.fill``)."""
        if self.parent_id and not self.enterprise_id:
            from anlan.domains.alarms.effects import stand

            stand(self)


def at_work(sensors: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of some sensors on which somebody works now, by what was written beforehand."""
    now = clock.now()
    works = SensorWork.unscoped("whether a sensor is under maintenance decides for everybody")
    running = works.filter(sensor__in=list(sensors), archived_at=None, starts_at__lte=now, ends_at__gt=now)
    return set(running.values_list("sensor", flat=True))


def under_work(sensor: Sensor, at: datetime | None = None) -> bool:
    """Say whether somebody works on a sensor now, by what was written beforehand."""
    when = at or clock.now()
    works = SensorWork.unscoped("whether a sensor is under maintenance decides for everybody")
    return works.filter(sensor=sensor, archived_at=None, starts_at__lte=when, ends_at__gt=when).exists()
