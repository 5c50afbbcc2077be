"""The tables of checks: when posts work, the tasks made from measures, their lines, and how far a day was made.

A task is one post × one due window, a row of a register; its lines, one for each measure, are a flat table of their own: a city
makes a million a day. Both ids of time lead their keys (``day``), so that old days can be cut off, or partitioned away.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from anlan.domains.checks.windows import EVERY_DAY, ShiftError, read_shifts
from anlan.domains.checks.words import (
    CLIMBED,
    DAYS,
    DONE,
    ENDED,
    LATE,
    MISSED,
    NOBODY_TOLD,
    OPEN,
    REGULATOR_TOLD,
    RESULTS,
    STATES,
    UNANSWERED,
)
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.domains.risk.models import ControlMeasure, WorkPost
from anlan.domains.risk.words import LEVELS, UNGRADED
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Section
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.scope.actor import PERSONAL, Actor, ScopedRow
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words


class _BySchedule(Who):
    """Nobody in a post: tasks are made by the schedule and answered on their own page."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return False

    def words(self) -> Words:
        return Words("由排查计划自动生成", "Made by the schedule")


class CheckArrangement(WithinEnterprise):
    """When an enterprise, or one of its posts, works (排班): which days, which shifts, when it stands still."""

    searched = ("name", "post", "enterprise")

    name = models.CharField(Words("名称", "Name"), max_length=60)
    post = models.ForeignKey(
        WorkPost, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words("岗位", "Post"),
        help_text=Words("不填即全企业；岗位另有安排的，按岗位的", "Left out: the whole enterprise; a post's own goes before it"),
    )  # fmt: skip
    days = models.CharField(Words("上班日", "Days worked"), max_length=8, choices=DAYS, default=EVERY_DAY)
    shift_times = models.CharField(
        Words("班次", "Shifts"), max_length=120, blank=True, default="",
        help_text=Words("如 08:00-16:00，16:00-00:00，00:00-08:00；不填即全天", "As 08:00-16:00, 16:00-00:00; empty: all day"),
    )  # fmt: skip
    stopped_from = models.DateField(Words("停产停业自", "Stands still from"), null=True, blank=True)
    stopped_to = models.DateField(Words("至", "until"), null=True, blank=True)

    kept: ClassVar[Kept] = Kept(
        slug="check-arrangements",
        words=Words("排班", "Working times"),
        part="prevention",
        serves=("A15", "A5"),
        heading="name",
        columns=("name", "post", "days", "shift_times", "stopped_from", "stopped_to", "enterprise"),
        facets=("days", "territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("enterprise", "post", "name", "days", "shift_times", "stopped_from", "stopped_to"),
        writers=KEEPERS,
        panels=(
            (Words("排班", "Working times"), ("enterprise", "post", "days", "shift_times")),
            (Words("停产停业", "Standing still"), ("stopped_from", "stopped_to")),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "working times"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post", "enterprise"], condition=Q(archived_at=None), nulls_distinct=False,
                name="one_arrangement_a_post",
            )
        ]  # fmt: skip

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: shifts that cannot be read or run into each other, an end before its start."""
        found = super().faults()
        try:
            read_shifts(self.shift_times)
        except ShiftError:
            found["shift_times"] = [_WRONG_SHIFTS]
        if (self.stopped_from is None) != (self.stopped_to is None):
            found["stopped_to"] = [Words("起止日期须一并填写。", "Give both days.")]
        elif self.stopped_from and self.stopped_to and self.stopped_to < self.stopped_from:
            found["stopped_to"] = [Words("结束不能早于开始。", "It cannot end before it begins.")]
        return found


_WRONG_SHIFTS = Words(
    "班次写不清或互相重叠。按 08:00-16:00 的样子写，用逗号分开，最多六班。",
    "Shifts cannot be read or overlap. Write 08:00-16:00, with commas between, six at most.",
)


class CheckTask(WithinEnterprise):
    """What one post (or one person) is to check within one due window; made by the schedule, answered line by line."""

    searched = ("name", "enterprise")

    # Two hundred thousand a day: enterprise and post are found by their indexes with the day, no second one is kept.
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise"), db_index=False
    )
    name = models.CharField(Words("岗位（责任人）", "Post or person"), max_length=80)
    post = models.ForeignKey(
        WorkPost, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words("岗位", "Post"),
        db_index=False,
    )  # fmt: skip
    starts_at = models.DateTimeField(Words("开始", "From"))
    ends_at = models.DateTimeField(Words("截止", "Due by"))
    day = models.DateField(Words("截止日期", "Due on"))
    state = models.CharField(Words("状态", "State"), max_length=8, choices=STATES, default=OPEN)
    lines = models.PositiveIntegerField(Words("检查项", "Lines"), default=0)
    in_order = models.PositiveIntegerField(Words("正常", "In order"), default=0)
    failed = models.PositiveIntegerField(Words("不正常", "Not in order"), default=0)
    not_applicable = models.PositiveIntegerField(Words("不涉及", "Does not apply"), default=0)
    risk_level = models.PositiveSmallIntegerField(
        Words("最高风险等级", "Highest risk"), choices=LEVELS, default=UNGRADED
    )
    done_at = models.DateTimeField(Words("完成时间", "Done at"), null=True, blank=True)
    done_by = described(
        models.CharField(Words("检查人", "Checked by"), max_length=60, blank=True, default=""),
        sensitivity=PERSONAL,
    )
    climbed = models.PositiveSmallIntegerField(
        Words("督促", "Prompting"), choices=CLIMBED, default=NOBODY_TOLD
    )
    next_at = models.DateTimeField(null=True, editable=False)

    kept: ClassVar[Kept] = Kept(
        slug="check-tasks",
        words=Words("检查任务", "Check tasks"),
        part="prevention",
        serves=("A15", "A15.9", "A15.10", "A15.12", "A5"),
        heading="name",
        columns=("name", "enterprise", "state", "ends_at", "lines", "failed", "risk_level", "climbed"),
        facets=("state", "climbed", "risk_level", "territory", "sector", "is_demo"),
        sorts=("ends_at", "day", "failed", "risk_level"),
        order="-ends_at",
        asks=(),
        writers=_BySchedule(),
        panels=(
            (Words("任务", "The task"), ("enterprise", "post", "starts_at", "ends_at", "risk_level")),
            (
                Words("进展", "How it stands"),
                ("state", "lines", "in_order", "failed", "not_applicable", "done_at", "done_by", "climbed"),
            ),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "check task"
        indexes: ClassVar[list[models.Index]] = [
            *(one for one in WithinEnterprise.Meta.indexes if one.name != "%(class)s_holder"),
            models.Index(fields=["day", "id"], name="checktask_day"),
            models.Index(fields=["ends_at", "id"], name="checktask_ends"),
            models.Index(fields=["enterprise", "day"], name="checktask_of"),
            models.Index(fields=["post", "day"], name="checktask_post"),
            models.Index(fields=["next_at", "id"], name="checktask_next", condition=~Q(next_at=None)),
            # One for all three filters, whichever are asked: PostgreSQL skips through the few values of those before.
            models.Index(fields=["state", "climbed", "risk_level"], name="checktask_told"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.day:%Y-%m-%d}"

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters that are no column: ended, missed (also when made good), something failed, before the regulator."""
        return (
            *super().filters(),
            NamedFilter("ended", Words("已到期或完成", "Ended"), lambda: Q(state__in=ENDED)),
            NamedFilter(
                "not_in_time", Words("未按时完成", "Not done in time"), lambda: Q(state__in=(LATE, MISSED))
            ),
            NamedFilter("with_failed", Words("有不正常项", "With failed lines"), lambda: Q(failed__gt=0)),
            NamedFilter(
                "before_regulator",
                Words("漏查未补", "Missed for long"),
                lambda: Q(climbed=REGULATOR_TOLD, state=MISSED),
            ),
        )

    @property
    def is_done(self) -> bool:
        """Say whether every line was answered."""
        return self.state in {DONE, LATE}

    @property
    def is_open(self) -> bool:
        """Say whether something is still to be answered."""
        return not self.is_done

    @property
    def answered(self) -> int:
        """Return how many lines were answered."""
        return self.in_order + self.failed + self.not_applicable

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return its lines with their results."""
        from anlan.domains.checks.sections import of_task

        return of_task(self, actor)


class CheckLine(models.Model):
    """One measure to check within one due window, and what was found: the check record. ``danger``: what it opened.

    Written a million at a time: no foreign keys are checked, its task is made in the same transaction, no measure is deleted.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    measure = models.ForeignKey(
        ControlMeasure, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    starts_at = models.DateTimeField()
    task = models.ForeignKey(CheckTask, models.DO_NOTHING, db_constraint=False, related_name="+")
    enterprise_id = models.UUIDField()
    result = models.PositiveSmallIntegerField(default=UNANSWERED, choices=list(RESULTS.items()))
    note = models.CharField(max_length=500, blank=True, default="")
    checked_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    person = models.UUIDField(null=True)
    danger = models.UUIDField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["day", "measure", "starts_at"], name="one_line_a_window")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["measure", "checked_at"], name="checkline_last", condition=~Q(checked_at=None)
            ),
            models.Index(fields=["enterprise_id"], name="checkline_led", condition=~Q(danger=None)),
            models.Index(fields=["danger"], name="checkline_danger", condition=~Q(danger=None)),
        ]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.day}"


class ScheduleRun(models.Model):
    """How far one day was made: the last enterprise that is whole. A killed run goes on from there."""

    day = models.DateField(primary_key=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    after = models.UUIDField(null=True)
    tasks = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}"


class ScheduleRefusal(models.Model):
    """That nothing was made for an enterprise on a day, because its cycles would make far too much."""

    day = models.DateField()
    enterprise_id = models.UUIDField()
    lines = models.PositiveBigIntegerField()
    most = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["enterprise_id", "day"], name="one_refusal_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.day}"
