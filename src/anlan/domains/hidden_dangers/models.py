"""The tables of hidden dangers and of their listed supervision. Only the engine writes them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from anlan.domains.enterprises.models import SCALES, Enterprise
from anlan.domains.hidden_dangers.rules import sectors
from anlan.domains.hidden_dangers.words import FOUND_BY, LISTING_LEVELS, MAJOR, SEVERITIES, TOPICS
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import described
from anlan.kernel.registers.hexagons import map_index, open_map_index, part_map_index, unplaced_index
from anlan.kernel.registers.naming import NamedFilter, one_of
from anlan.kernel.registers.record import changes_index
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

SHORT = 40
YUAN = Words("元", "yuan")


def criteria_sectors() -> list[tuple[str, Words]]:
    """Return the sectors of the criteria as choices."""
    return [(code, Words(sector["zh"], sector["en"])) for code, sector in sectors().items()]


def criteria_for(sector: str) -> str:
    """Return the criteria that a supervisory sector judges by first; industry and trade where none are its own."""
    owned = [code for code, entry in sectors().items() if entry["supervised_by"] == sector]
    return owned[0] if owned else "industry_trade"


def rectified_in_time() -> models.Q:
    """Return the condition for dangers rectified by their limit; what was put right at once had none."""
    in_time = models.Q(rectify_by=None) | models.Q(rectified_on__lte=models.F("rectify_by"))
    return models.Q(rectified_on__isnull=False) & in_time


def _by_a_check() -> models.Q:
    """Return the condition for dangers that a check task opened: source 9 of the national upload."""
    return models.Q(parent_loop="check-tasks")


def of_a_measure() -> models.Q:
    """Return the condition for dangers that are a failing control measure, found by the enterprise's check or on a visit."""
    return models.Q(control_measure__isnull=False) | _by_a_check()


# What scope and the filters of a list ask of a row, whichever filter it is found by: an index that holds it answers alone.
SIFTED = ("path", "sector", "sensitivity", "holder", "state", "is_demo")
SIFTED_DANGER = (*SIFTED, "topic", "severity", "found_by", "found_on", "recurs")
REPLACED = frozenset({"%(class)s_map", "%(class)s_holder", "%(class)s_stands"})


def sifted_index(name: str, *fields: str, condition: models.Q | None = None) -> models.Index:
    """Return an index of dangers in the order in which they came, with what all other filters ask."""
    held = [column for column in SIFTED_DANGER if column not in fields]
    return models.Index(fields=[*fields, "opened_at", "id"], name=name, include=held, condition=condition)


class HiddenDanger(Matter):
    """One hidden danger (事故隐患) at one enterprise, from the photo to the closed case."""

    searched = ("number", "description", "location", "holder")

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    found_by = models.CharField(
        Words("发现方式", "Found by"), max_length=12, choices=FOUND_BY, editable=False
    )
    found_on = models.DateField(Words("发现日期", "Found on"))
    topic = models.CharField(Words("类别", "Topic"), max_length=24, choices=TOPICS)
    description = models.TextField(Words("隐患描述", "What is wrong"), max_length=2000)
    location = models.CharField(Words("部位", "Where in the enterprise"), max_length=120, blank=True)
    control_measure = models.ForeignKey(
        ControlMeasure, models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name=Words("失效的管控措施", "Control measure that fails"),
    )  # fmt: skip
    severity = models.CharField(
        Words("等级", "Grade"), max_length=8, choices=SEVERITIES, blank=True, default="", editable=False
    )
    criteria = described(
        models.CharField(
            Words("判定标准领域", "Sector of the criteria"), max_length=40, blank=True, default="",
            help_text=Words("对照本行业重大事故隐患判定标准", "The sector criteria for major hidden dangers"),
        ),
        choices=criteria_sectors(),
    )  # fmt: skip
    criterion = models.CharField(Words("命中条款", "Criterion met"), max_length=60, blank=True, default="")
    needs_stop = models.BooleanField(
        Words("须全部或局部停产停业治理", "Production must stop to put it right"), default=False
    )
    removable_at_once = models.BooleanField(
        Words("发现后能够立即整改排除", "Can be removed at once"), default=True
    )
    outside_factors = models.BooleanField(
        Words("受外部因素影响、企业自身难以排除", "Due to outside factors"), default=False
    )
    responsible_post = models.ForeignKey(
        Post,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=Words("整改责任岗位", "Responsible post"),
    )
    measures = models.TextField(Words("整改措施", "Measures"), max_length=4000, blank=True, default="")
    funds_yuan = described(
        models.DecimalField(
            Words("整改资金", "Funds"),
            max_digits=14,
            decimal_places=2,
            null=True,
            blank=True,
            validators=[MinValueValidator(0)],
        ),
        unit=YUAN,
    )
    rectify_by = models.DateField(Words("整改期限", "Rectify by"), null=True, blank=True)
    emergency_plan = models.TextField(
        Words("应急预案（安全措施）", "Emergency plan"), max_length=4000, blank=True, default=""
    )
    goal = models.TextField(Words("治理目标和任务", "Goal"), max_length=2000, blank=True, default="")
    what_was_done = models.TextField(
        Words("整改情况", "What was done"), max_length=4000, blank=True, default=""
    )
    rectified_on = models.DateField(
        Words("整改完成日期", "Rectified on"), null=True, blank=True, editable=False
    )
    cost_yuan = described(
        models.DecimalField(
            Words("实际投入", "Spent"),
            max_digits=14,
            decimal_places=2,
            null=True,
            blank=True,
            validators=[MinValueValidator(0)],
        ),
        unit=YUAN,
    )
    evaluation = models.TextField(
        Words("治理效果评估", "Evaluation of the result"), max_length=4000, blank=True, default=""
    )
    rework = models.PositiveSmallIntegerField(Words("返工次数", "Times sent back"), default=0, editable=False)
    recurs = models.BooleanField(Words("重复发生", "Recurrence"), default=False, editable=False)
    earlier = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="+")

    class Meta(Matter.Meta):
        verbose_name = "hidden danger"
        indexes: ClassVar[list[models.Index]] = [
            # The holder has an index already, as everything referred to.
            *(one for one in Matter.Meta.indexes if one.name not in REPLACED),
            changes_index(),
            map_index("state", "closed_at", "severity"),
            open_map_index("state", "closed_at", "severity"),
            part_map_index("severity", MAJOR, "state", "closed_at", "severity"),
            unplaced_index(),
            models.Index(fields=["enterprise", "topic", "found_on"], name="hiddendanger_recurs"),
            models.Index(fields=["path", "severity", "state"], name="hiddendanger_severity"),
            models.Index(fields=["found_on", "id"], name="hiddendanger_found"),
            models.Index(fields=["found_by"], name="hiddendanger_by"),
            # Two filters that seldom meet would have a whole city read back in time; one of these is short.
            sifted_index("hiddendanger_opened", "path"),
            sifted_index("hiddendanger_stands", "state"),
            sifted_index("hiddendanger_topic", "topic"),
            sifted_index("hiddendanger_sector", "sector"),
            sifted_index("hiddendanger_again", condition=models.Q(recurs=True)),
            sifted_index("hiddendanger_major", condition=models.Q(severity=MAJOR)),
            # What a leader's page begins with: the major ones that stand, the longest late first.
            models.Index(
                fields=["due_at", "id"],
                name="hiddendanger_major_due",
                condition=models.Q(severity=MAJOR, closed_at=None),
            ),
        ]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of every matter and those of dangers: sent back, rectified, rectified in time."""
        return (
            *super().filters(),
            NamedFilter("reworked", Words("曾被退回", "Sent back"), lambda: models.Q(rework__gt=0)),
            NamedFilter(
                "rectified", Words("已报整改", "Rectified"), lambda: models.Q(rectified_on__isnull=False)
            ),
            NamedFilter("in_time", Words("按期整改", "Rectified in time"), rectified_in_time),
            NamedFilter("from_check", Words("排查发现", "Found by a check"), _by_a_check),
            NamedFilter("of_measure", Words("管控措施失效", "A control measure failed"), of_a_measure),
            NamedFilter(
                "enterprise_scale",
                Words("企业规模", "Scale of the enterprise"),
                lambda scale: models.Q(enterprise__scale=scale),
                one_of(SCALES),
                named=dict(SCALES).get,
            ),
        )

    def title(self) -> str:
        """Return the beginning of the description."""
        return self.description if len(self.description) <= SHORT else self.description[: SHORT - 1] + "…"

    def industry(self) -> str:
        """Return the industry of the enterprise."""
        return self.enterprise.industry

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Take place, holder and sector from the enterprise; how it was found follows from who opens it."""
        firm = self.enterprise
        self.holder, self.sector = firm.holder, firm.sector
        self.place_in(firm.territory)
        self.is_demo = self.is_demo or firm.is_demo
        self.criteria = self.criteria or criteria_for(self.sector)
        if self.longitude is None or self.latitude is None:
            self.longitude, self.latitude = firm.longitude, firm.latitude
        self.address = self.address or firm.address
        ways = {"grid_inspector": "grid", "worker": "worker", "safety_officer": "self", "main_person": "self"}
        self.found_by = ways.get(actor.post_kind, "government")
        self.found_on = self.found_on or at.astimezone(clock.CHINA).date()


class ListedSupervision(Matter):
    """Listed supervision (挂牌督办) of one major hidden danger: listed, published, followed, delisted."""

    searched = ("number", "requirements", "holder")
    titled_by = ("danger",)

    danger = models.ForeignKey(
        HiddenDanger, models.PROTECT, related_name="+", verbose_name=Words("隐患", "Hidden danger")
    )
    level = models.CharField(
        Words("挂牌级别", "Level"), max_length=10, choices=LISTING_LEVELS, blank=True, default=""
    )
    requirements = models.TextField(
        Words("督办要求", "Requirements"), max_length=4000, blank=True, default=""
    )
    limit = models.DateField(Words("督办期限", "Limit"), null=True, blank=True)
    evaluation = models.TextField(
        Words("治理完成评估", "Evaluation"), max_length=4000, blank=True, default=""
    )
    findings = models.TextField(
        Words("现场核查情况", "Findings on site"), max_length=4000, blank=True, default=""
    )
    publication = models.CharField(
        Words("公示位置", "Where published"), max_length=300, blank=True, default=""
    )
    delisting_publication = models.CharField(
        Words("摘牌公示位置", "Where the delisting is published"), max_length=300, blank=True, default=""
    )

    class Meta(Matter.Meta):
        verbose_name = "listed supervision"
        indexes: ClassVar[list[models.Index]] = [
            *Matter.Meta.indexes,
            models.Index(fields=["level", "opened_at", "id"], name="listing_level", include=[*SIFTED]),
        ]

    def title(self) -> str:
        """Return the title of the danger that is listed."""
        return self.danger.title()

    def industry(self) -> str:
        """Return the industry of the enterprise."""
        return self.danger.industry()

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the danger stands, before the same regulator."""
        danger = self.danger
        self.holder, self.sector, self.sensitivity = danger.holder, danger.sector, danger.sensitivity
        self.regulator = danger.regulator
        self.place_in(danger.territory)
        self.longitude, self.latitude, self.address = danger.longitude, danger.latitude, danger.address
        self.is_demo = danger.is_demo
