"""Votes of sensors (多点表决): raised while k of n sensors have the same limit crossed, as 2oo3. Serves articles 14, 18 and 22.

Each member raises its own alarm as ever; the vote raises one more, of the gravest level, when enough of them agree. The
ingest counts (``streams``), so that a vote is as quick as a limit.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.kernel.registers import Kept
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words
from anlan.streams import registry
from anlan.streams.models import StreamCondition, StreamRaised
from anlan.streams.words import BAD, HH, KINDS, LIMITS, STALE

if TYPE_CHECKING:
    from anlan.domains.alarms.models import Sensor

PLACES = ("sensor", "second", "third", "fourth")
COLUMN_OF = {"LL": "limit_ll", "L": "limit_l", "H": "limit_h", "HH": "limit_hh"}


def _member(zh: str, en: str, **options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        "alarms.Sensor", models.PROTECT, related_name="+", verbose_name=Words(zh, en), **options
    )


class SensorVote(WithinEnterprise):
    """Two to four sensors of one enterprise, one of their limits, and how many of them must agree."""

    searched = ("name", "enterprise")

    name = models.CharField(Words("名称", "Name"), max_length=80)
    sensor = _member("第一个传感器", "First sensor")
    second = _member("第二个传感器", "Second sensor")
    third = _member("第三个传感器", "Third sensor", null=True, blank=True)
    fourth = _member("第四个传感器", "Fourth sensor", null=True, blank=True)
    limit = models.CharField(
        Words("限值", "Limit"), max_length=4, choices=[(kind, KINDS[kind]) for kind in LIMITS], default=HH
    )
    least = models.PositiveSmallIntegerField(
        Words("至少几个", "At least"), validators=[MinValueValidator(1), MaxValueValidator(len(PLACES))],
        help_text=Words("三取二填2", "2 for two out of three"),
    )  # fmt: skip
    counts_faults = models.BooleanField(
        Words("故障按越限计", "A fault counts"), default=False,
        help_text=Words("数据中断、质量差的传感器视为已越限", "A silent sensor, or one of bad quality, is taken as beyond it"),
    )  # fmt: skip

    kept: ClassVar[Kept] = Kept(
        slug="sensor-votes",
        words=Words("多点表决", "Votes of sensors"),
        part="prevention",
        serves=("A14", "A18", "A22"),
        heading="name",
        columns=("name", "limit", "least", "sensor", "second", "third", "enterprise"),
        facets=("limit", "territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("name", *PLACES, "limit", "least", "counts_faults"),
        writers=KEEPERS,
        panels=(
            (Words("表决", "The vote"), ("name", "enterprise", "limit", "least", "counts_faults")),
            (Words("传感器", "Sensors"), PLACES),
        ),
    )
    parent = "sensor"

    class Meta(WithinEnterprise.Meta):
        verbose_name = "vote of sensors"

    def members(self) -> list[uuid.UUID]:
        """Return the sensors that vote."""
        return [pk for place in PLACES if (pk := getattr(self, f"{place}_id")) is not None]

    def voting(self, at: datetime) -> set[uuid.UUID]:
        """Return the members that vote at a moment."""
        kinds = (self.limit, BAD, STALE) if self.counts_faults else (self.limit,)
        raised = StreamRaised.objects.filter(
            Q(cleared_at=None) | Q(cleared_at__gt=at), raised_at__lte=at, condition__kind__in=kinds,
            condition__point__sensor__in=self.members(),
        )  # fmt: skip
        return set(raised.values_list("condition__point__sensor", flat=True))

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a sensor twice, one without the limit, more asked for than there are."""
        found = super().faults()
        seen: set[uuid.UUID] = set()
        for place in PLACES:
            sensor = getattr(self, place)
            if sensor is None:
                continue
            if sensor.pk in seen:
                found[place] = [Words("同一传感器只能选一次。", "A sensor votes once.")]
            elif getattr(sensor, COLUMN_OF[self.limit]) is None:
                found[place] = [Words("这个传感器没有设这一限值。", "This sensor has no such limit.")]
            seen.add(sensor.pk)
        if self.least > len(seen):
            found["least"] = [Words("不能多于传感器的个数。", "No more than there are sensors.")]
        return found

    def after_write(self, actor: Actor) -> None:
        """Let the ingest count it; archived, no longer."""
        registry.keep_vote(
            self.pk, self.name, self.members(), of=self.limit, least=self.least, faults=self.counts_faults,
            enabled=not self.is_archived,
        )  # fmt: skip


def vote_of(condition: int) -> SensorVote | None:
    """Return the vote whose condition this is."""
    group = StreamCondition.objects.filter(pk=condition).values_list("point__sensor", flat=True).first()
    if group is None:
        return None
    rows = SensorVote.unscoped("what sensors agree on concerns the alarm, whoever sees it")
    found: SensorVote | None = rows.filter(pk=group).first()
    return found


def limits_voted_on(sensor: Sensor) -> dict[str, list[Words]]:
    """Return what stands against a sensor that gave up a limit on which others vote with it."""
    if sensor._state.adding:
        return {}
    among = Q(sensor=sensor) | Q(second=sensor) | Q(third=sensor) | Q(fourth=sensor)
    votes = SensorVote.unscoped("a vote must not lose a member unseen").filter(among, archived_at=None)
    return {
        COLUMN_OF[limit]: [
            Words("多点表决“{name}”用到这一限值。", "The vote “{name}” needs this limit.").filled(name=name)
        ]
        for limit, name in votes.values_list("limit", "name")
        if getattr(sensor, COLUMN_OF[limit]) is None
    }
