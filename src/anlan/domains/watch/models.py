"""The tables of calls to duty posts (the engine writes them) and of checks of monitoring (a register of the regulators)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.within import WithinEnterprise
from anlan.kernel import clock
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import Kept
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.who import regulator
from anlan.kernel.words import Words

SERVES = ("A14", "A22")
PLACES = [
    ("control_room", Words("控制室、中控室", "Control room")),
    ("duty_room", Words("值班室", "Duty room")),
    ("site", Words("装置、罐区现场", "On site")),
    ("elsewhere", Words("其他地点", "Elsewhere")),
]
SUBJECTS = [
    ("online", Words("数据在线", "Data arrive")),
    ("values", Words("数据与现场仪表一致", "Values agree with the instruments on site")),
    ("limits", Words("报警值设置", "Set-points of alarms")),
    ("handling", Words("报警处置", "Handling of alarms")),
    ("video", Words("视频监控", "Video")),
    ("duty", Words("值班值守", "Duty post")),
]
RESULTS = [
    ("good", Words("符合要求", "As it must be")),
    ("mended", Words("当场改正", "Put right on the spot")),
    ("wrong", Words("不符合要求", "Not as it must be")),
]
WAYS = [("online", Words("线上", "Online")), ("on_site", Words("现场", "On site"))]


class DutyCall(Matter):
    """One call to the duty post of an enterprise."""

    searched = ("number", "answered_by", "holder")

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    question = models.CharField(
        Words("查问内容", "What is asked"), max_length=300, blank=True, default="",
        help_text=Words("不填就只确认有人在岗", "Left empty, only whether somebody is on duty"),
    )  # fmt: skip
    answered_by = models.CharField(Words("值班人员", "Who is on duty"), max_length=60, blank=True, default="")
    place = models.CharField(
        Words("所在位置", "Where"), max_length=12, choices=PLACES, blank=True, default=""
    )
    answer = models.CharField(Words("答复", "Answer"), max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(Words("应答时间", "Answered"), null=True, editable=False)
    in_time = models.BooleanField(Words("按时应答", "Answered in time"), null=True, editable=False)

    class Meta(Matter.Meta):
        verbose_name = "call to a duty post"

    def title(self) -> str:
        """Return what is asked."""
        return self.question[:40] or str(Words("在岗确认", "On-duty confirmation"))

    def industry(self) -> str:
        """Return the industry, by which the regulator is resolved."""
        return self.enterprise.industry

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the enterprise stands."""
        self.holder, self.sector = self.enterprise.holder, self.enterprise.sector
        self.is_demo = self.is_demo or self.enterprise.is_demo
        self.place_in(self.enterprise.territory)


class MonitoringCheck(WithinEnterprise):
    """One check at random of an enterprise's monitoring by its regulator."""

    searched = ("found", "enterprise")

    checked_on = models.DateField(Words("抽查日期", "Checked on"))
    way = models.CharField(Words("方式", "How"), max_length=8, choices=WAYS, default="online")
    subject = models.CharField(Words("抽查内容", "What was checked"), max_length=12, choices=SUBJECTS)
    result = models.CharField(Words("结果", "Result"), max_length=8, choices=RESULTS)
    found = models.CharField(Words("情况", "What was found"), max_length=1000, blank=True, default="")
    put_right_by = models.DateField(Words("限期改正", "To be put right by"), null=True, blank=True)

    kept: ClassVar[Kept] = Kept(
        slug="monitoring-checks",
        words=Words("监测抽查", "Checks of monitoring"),
        part="prevention",
        serves=SERVES,
        heading="found",
        columns=("checked_on", "enterprise", "subject", "way", "result", "found", "put_right_by"),
        facets=("result", "subject", "way", "checked_on", "territory", "sector", "is_demo"),
        sorts=("checked_on", "put_right_by", "created_at"),
        order="-checked_on",
        asks=("enterprise", "checked_on", "way", "subject", "result", "found", "put_right_by"),
        writers=regulator,
        panels=(
            (Words("抽查", "The check"), ("enterprise", "checked_on", "way", "subject")),
            (Words("结果", "Result"), ("result", "found", "put_right_by")),
        ),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "check of monitoring"

    def __str__(self) -> str:
        return f"{self.checked_on} {dict(SUBJECTS)[self.subject]}"

    def faults(self) -> dict[str, list[Words]]:
        """Return what stands against the row: a day to come, a fault without a word, a day for what is in order."""
        found = super().faults()
        if self.checked_on > clock.today():
            found["checked_on"] = [Words("日期还没有到。", "This day has not come yet.")]
        if self.result != "good" and not self.found.strip():
            found["found"] = [Words("写明发现的问题。", "Write down what was wrong.")]
        if self.result != "wrong" and self.put_right_by is not None:
            found["put_right_by"] = [
                Words("不符合要求的才限期改正。", "Only what is wrong is put right by a day.")
            ]
        return found
