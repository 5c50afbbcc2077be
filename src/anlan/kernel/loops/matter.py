"""The abstract base of every kind of matter: a flat table per kind with the columns lists and scope need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Q

from anlan.kernel import clock
from anlan.kernel.loops.around import Around
from anlan.kernel.loops.models import Duty, awaited_beyond_grants, awaited_from
from anlan.kernel.loops.urgency import URGENCIES, conditions
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.hexagons import map_index
from anlan.kernel.registers.naming import NamedFilter, a_day, an_hour, one_of
from anlan.kernel.registers.record import Record
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party
from anlan.kernel.words import Words

if TYPE_CHECKING:
    from anlan.kernel.loops.declaration import Loop, State


class Matter(Record):
    """Base of every matter. Subclasses add their own fields; only the engine writes rows.

    ``due_at`` is the deadline of the present state; ``regulator`` the party that answers first for it.
    """

    loop: ClassVar[type[Loop]]
    titled_by: ClassVar[tuple[str, ...]] = ()  # references that the title is taken from

    number = models.CharField(Words("编号", "Number"), max_length=24, unique=True, editable=False)
    state = models.CharField(Words("状态", "State"), max_length=32, editable=False)
    regulator = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        verbose_name=Words("监管部门", "Regulator"),
    )  # fmt: skip
    opened_at = models.DateTimeField(Words("发起时间", "Opened"), editable=False)
    opened_by_person = models.UUIDField(null=True, editable=False)
    opened_by_post = models.UUIDField(null=True, editable=False)
    due_at = models.DateTimeField(Words("期限", "Due"), null=True, editable=False)
    closed_at = models.DateTimeField(Words("办结时间", "Ended"), null=True, editable=False)
    paused_at = models.DateTimeField(Words("中止时间", "Suspended"), null=True, editable=False)
    extensions = models.PositiveSmallIntegerField(Words("延期次数", "Extensions"), default=0, editable=False)
    parent_loop = models.CharField(max_length=40, blank=True, editable=False)
    parent_id = models.UUIDField(null=True, editable=False)

    class Meta(Record.Meta):
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            *Record.Meta.indexes,
            map_index("state", "closed_at"),
            models.Index(fields=["path", "state"], name="%(class)s_state"),
            # Each order of a list, and each narrowing that few rows pass, ends in the key: so every page is one range.
            models.Index(fields=["due_at", "id"], name="%(class)s_due", condition=~Q(due_at=None)),
            models.Index(fields=["opened_at", "id"], name="%(class)s_came"),
            models.Index(fields=["state", "opened_at", "id"], name="%(class)s_stands"),
            # What is open in a place, with all that home counts of it: one part of the index, no row of the table.
            models.Index(
                fields=["path"],
                include=["due_at", "paused_at", "sensitivity", "sector"],
                name="%(class)s_open",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["closed_at"], name="%(class)s_went", condition=~Q(closed_at=None)),
            models.Index(fields=["parent_id"], name="%(class)s_parent", condition=~Q(parent_id=None)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title()}"

    def title(self) -> str:
        """Return what the matter is about in a few words; kinds override it."""
        return self.number

    def industry(self) -> str:
        """Return the GB/T 4754 code by which the regulator is resolved; empty where it does not matter."""
        return ""

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return further parts of the matter's page for this reader; kinds override it."""
        return []

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Fill what follows from other fields before the first check (holder, place, sector); kinds override it."""

    @classmethod
    def carried(cls, about: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the form of an opening takes over from the rows it is opened about; kinds override it.

        ``about``: by field, rows the reader may see. It only fills the form: what is sent is checked like any answer.
        """
        return {}

    @property
    def state_words(self) -> Words:
        """Return the state in words."""
        return self.loop.states[self.state].words

    @property
    def present_state(self) -> State:
        """Return the declared state the matter is in."""
        return self.loop.states[self.state]

    @property
    def is_open(self) -> bool:
        """Say whether the matter has not ended."""
        return self.closed_at is None

    @property
    def is_late(self) -> bool:
        """Say whether the present state is past its deadline (never while suspended)."""
        return (
            self.is_open and self.paused_at is None and self.due_at is not None and self.due_at < clock.now()
        )

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return what every list of matters may be narrowed to: late, open, open at the end of a day, awaiting the reader."""
        loop: Any = getattr(cls, "loop", None)
        mine, others = (partial(one, loop.slug if loop else "") for one in (_awaiting, _awaiting_others))
        return (
            *super().filters(),
            NamedFilter("open", Words("未办结", "Open"), lambda: Q(closed_at=None)),
            NamedFilter("late", Words("已逾期", "Overdue"), _late, moves=True),
            NamedFilter("running", Words("计时中", "Clock running"), _running),
            NamedFilter("extended", Words("曾延期", "Extended"), lambda: Q(extensions__gt=0)),
            NamedFilter("open_on", Words("当日终未办结", "Open at the end of"), _open_on, a_day),
            NamedFilter(
                "awaiting", Words("待我办理", "Awaiting me"), mine, moves=True, fails=others, of_reader=True
            ),
            NamedFilter(
                "awaiting_term",
                Words("待我办理", "Awaiting me"),
                mine,
                one_of(tuple(URGENCIES.items())),
                named=URGENCIES.get,
                of_reader=True,
            ),
            NamedFilter("opened_hour", Words("发起于", "Opened in the hour"), _opened_hour, an_hour),
        )

    @cached_property
    def around(self) -> Around:
        """Return what stands around the matter (its past, its open duties), read once for this instance."""
        return Around(self.pk)

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Read the row afresh, and what stands around it."""
        vars(self).pop("around", None)
        super().refresh_from_db(*args, **options)

    @classmethod
    def assigned_to(cls, actor: Actor, *, act: bool = False) -> Q | None:
        """Return the condition for matters beyond the actor's grants for which its post or party is or was awaited."""
        loop: Any = getattr(cls, "loop", None)
        beyond = awaited_beyond_grants(actor, cls._meta.app_label, act=act) if loop else None
        if beyond is None:
            return None
        mine = Duty.objects.filter(beyond, loop=loop.slug)
        return Q(pk__any=ArraySubquery(mine.values("matter_id")))


def _late() -> Q:
    return Q(closed_at=None, paused_at=None, due_at__lt=clock.now())


def _running() -> Q:
    return Q(closed_at=None, paused_at=None, due_at__isnull=False)


def _awaiting(loop: str, reader: Actor, urgency: str = "") -> Q:
    """Return the condition for matters of a loop of which a duty is awaited from the reader, of one urgency if that is given."""
    within = Q()
    for one in conditions(clock.now())[urgency] if urgency else ():
        within |= one
    duties = _duties_of(loop, reader)
    return Q(pk__in=[]) if duties is None else Q(pk__any=ArraySubquery(duties.filter(within)))


def _awaiting_others(loop: str, reader: Actor) -> Q:
    """Return the condition for all other matters of a loop: joined, as comparing each with all keys would cost their product."""
    duties = _duties_of(loop, reader)
    return Q() if duties is None else Q(~Exists(duties.filter(matter_id=OuterRef("pk"))))


def _duties_of(loop: str, reader: Actor) -> Any:
    """Return the keys of the matters of a loop of which a duty is awaited from the reader; None from whom none ever is."""
    mine = awaited_from(reader)
    return None if mine is None else Duty.objects.filter(mine, loop=loop, done_at=None).values("matter_id")


def _opened_hour(found: tuple[int, int]) -> Q:
    weekday, hour = found
    with_zone = {"opened_at__iso_week_day": weekday, "opened_at__hour": hour}
    return Q(**with_zone)


def _open_on(day: date) -> Q:
    end = datetime.combine(day + timedelta(days=1), time(), clock.CHINA).astimezone(UTC)
    return Q(opened_at__lt=end) & (Q(closed_at=None) | Q(closed_at__gte=end))
