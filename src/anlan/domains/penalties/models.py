"""The table of penalty cases. Only the engine writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import dangers_of
from anlan.domains.penalties.rules import bases, basis_words
from anlan.domains.penalties.words import (
    HEARING_RIGHTS,
    OTHER_PENALTIES,
    RECEIVERS,
    RESPONDENTS,
    SERVICE_WAYS,
    UNIT,
)
from anlan.kernel.loops.matter import Matter
from anlan.kernel.registers import described
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

YUAN = Words("元", "yuan")
DAYS = Words("天", "days")
MOST_FACTS = 2000


def _grounds() -> list[tuple[str, Words]]:
    return [(identity, Words(*basis_words(identity))) for identity in bases()]


def _text(zh: str, en: str, longest: int = 2000, help_text: Words | str = "") -> models.TextField[Any, Any]:
    return models.TextField(Words(zh, en), max_length=longest, blank=True, default="", help_text=help_text)


def _line(zh: str, en: str, longest: int = 80) -> models.CharField[Any, Any]:
    return models.CharField(Words(zh, en), max_length=longest, blank=True, default="")


def _day(zh: str, en: str, *, asked: bool = False) -> models.DateField[Any, Any]:
    return models.DateField(Words(zh, en), null=True, blank=True, editable=asked)


def _money(zh: str, en: str, *, asked: bool = True) -> models.Field[Any, Any]:
    field = models.DecimalField(
        Words(zh, en), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        editable=asked,
    )  # fmt: skip
    return described(field, unit=YUAN)


def _officer(zh: str, en: str) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words(zh, en)
    )


class PenaltyCase(Matter):
    """One case (行政处罚案件) against one party, from the proposal to file it to the archived file.

    It knows the danger or the inspection it came from. It has no holder until the party is notified: only officers see it.
    """

    searched = ("number", "facts", "enterprise")
    titled_by = ("enterprise",)

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="+", verbose_name=Words("企业", "Enterprise")
    )
    danger = models.ForeignKey(
        HiddenDanger, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words("来自隐患", "From the danger")
    )  # fmt: skip
    visit = models.ForeignKey(
        SiteVisit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=Words("来自检查", "From the visit")
    )  # fmt: skip
    respondent_kind = models.CharField(
        Words("被处罚人", "Who is to be fined"), max_length=8, choices=RESPONDENTS, default=UNIT
    )
    respondent = described(
        models.CharField(
            Words("个人姓名、职务", "Name and post of the person"), max_length=80, blank=True, default="",
            help_text=Words("处罚个人时填写", "Where a person is to be fined"),
        ),
        sensitivity=PERSONAL,
    )  # fmt: skip
    facts = models.TextField(Words("违法事实", "Facts of the violation"), max_length=MOST_FACTS)
    act_on = models.DateField(
        Words("违法行为发生日", "Day of the act"),
        help_text=Words("连续或者继续的，填终了之日；按这一天的法律处罚", "The last day of a continuing act; its law applies"),
    )  # fmt: skip
    harms_life = models.BooleanField(
        Words("涉及生命健康安全且有危害后果", "Touches life and health, with harm"), default=False
    )
    basis = described(
        models.CharField(Words("处罚依据", "Ground of the penalty"), max_length=8), choices=_grounds()
    )
    overdue = models.BooleanField(
        Words("责令改正后逾期未改正或者拒不执行", "Not corrected in time after an order, or refused"),
        default=False,
    )
    first_officer = _officer("承办人一", "First officer")
    first_certificate = _line("承办人一执法证号", "Certificate of the first officer", 40)
    second_officer = _officer("承办人二", "Second officer")
    second_certificate = _line("承办人二执法证号", "Certificate of the second officer", 40)
    no_conflict = models.BooleanField(
        Words("两名承办人与本案没有利害关系，不需要回避", "Neither officer has an interest in the case or must step back"),
        default=False,
    )  # fmt: skip
    filed_by = _line("批准立案的负责人", "Head who approved the filing", 40)
    filed_on = _day("立案日期", "Filed on")
    decide_by = _day("作出决定的期限", "Decide by")
    findings = _text("调查情况和证据", "What the inquiry found, and the evidence", 4000)
    other_penalty = models.CharField(
        Words("其他处罚", "Other penalty"), max_length=12, choices=OTHER_PENALTIES, blank=True, default=""
    )
    notified_yuan = _money("拟罚款", "Fine proposed")
    mitigation = _text(
        "从轻、减轻情节", "What speaks for a lighter penalty", 1000,
        Words("罚款低于幅度下限的必须写明", "Needed where the fine lies below the bracket"),
    )  # fmt: skip
    new_facts = _text(
        "新查明的事实", "Facts found since", 1000,
        Words("拟罚款高于上次告知的必须写明；不得因申辩加重",
              "Needed where the fine is higher than notified before; a defence never aggravates"),
    )  # fmt: skip
    notified_on = _day("告知日期", "Notified on", asked=True)
    hearing_right = models.CharField(
        Words("听证权利", "Right to a hearing"), max_length=4, choices=HEARING_RIGHTS, blank=True, default=""
    )
    hearing_grounds = _text("有无听证权利的依据", "Grounds for or against a hearing", 500)
    needs_review = models.BooleanField(
        Words("须经法制审核", "Must be reviewed by legal"), default=False,
        help_text=Words("涉及重大公共利益、案情疑难复杂等；经过听证的一律审核",
                        "Major public interest, difficult cases; always after a hearing"),
    )  # fmt: skip
    respond_by = _day("陈述申辩（听证申请）期限", "Respond by", asked=True)
    defence = _text("陈述申辩内容", "Statement and defence", 4000)
    waived = models.BooleanField(
        Words("当事人书面放弃余下的期限", "The party waives the rest of the time in writing"), default=False
    )
    hearing_asked_on = _day("申请听证日期", "Hearing asked for on")
    hearing_on = _day("听证日期", "Day of the hearing", asked=True)
    hearing_chair = _officer("听证主持人", "Chair of the hearing")
    hearing_report = _text("听证报告", "Report of the hearing", 4000)
    review_opinion = _text("法制审核意见", "Opinion of legal review")
    decided_yuan = _money("决定罚款", "Fine decided")
    decision = _text("决定内容和裁量理由", "The decision and its reasons", 4000)
    decided_by = _line("作出决定的负责人", "Head who decided", 40)
    collective = models.BooleanField(
        Words("经负责人集体讨论", "Discussed by the heads together"), default=False
    )
    decided_on = _day("决定日期", "Decided on")
    serve_by = _day("送达期限", "Serve by")
    publish_by = _day("公示期限", "Publish by")
    served_on = _day("送达日期", "Served on", asked=True)
    service_way = models.CharField(
        Words("送达方式", "How it was served"), max_length=12, choices=SERVICE_WAYS, blank=True, default=""
    )
    pay_by = _day("缴款期限", "Pay by", asked=True)
    publication = _line("公示位置", "Where published", 300)
    demanded_on = _day("催告日期", "Demanded on", asked=True)
    court = _line("受理强制执行的法院", "Court asked to enforce")
    paid_on = _day("缴清日期", "Paid on", asked=True)
    paid_yuan = _money("实缴金额", "Paid")
    stay_days = described(
        models.PositiveSmallIntegerField(
            Words("复议、诉讼期间不计的天数", "Days of review or litigation, not counted"),
            null=True,
            blank=True,
        ),
        unit=DAYS,
    )
    surcharge_yuan = _money("加处罚款", "Surcharge", asked=False)
    surcharge_note = _text("加处罚款未缴的理由", "Why the surcharge was not paid", 500)
    transferred_to = models.CharField(
        Words("移送给", "Handed to"), max_length=12, choices=RECEIVERS, blank=True, default=""
    )
    closing_note = _text("结案意见", "Closing note")

    class Meta(Matter.Meta):
        verbose_name = "penalty case"
        indexes: ClassVar[list[models.Index]] = [*Matter.Meta.indexes]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=[source], condition=models.Q(closed_at=None), name=f"one_open_case_a_{source}"
            )
            for source in ("danger", "visit")
        ]

    def title(self) -> str:
        """Return whose case it is, and its ground in a few words."""
        entry = bases().get(self.basis)
        return f"{self.enterprise.name} {Words(entry['zh'], entry['en']) if entry else ''}".strip()

    def industry(self) -> str:
        """Return the industry of the enterprise."""
        return self.enterprise.industry

    @classmethod
    def carried(cls, about: Mapping[str, Any]) -> dict[str, Any]:
        """Take over enterprise, facts and day from the danger or the inspection: nothing is typed again."""
        danger, visit = about.get("danger"), about.get("visit")
        if danger is not None:
            return {"enterprise": danger.enterprise, "facts": _said_of(danger), "act_on": danger.found_on}
        if visit is not None:
            found = [_said_of(one) for one in dangers_of(visit).values()]
            facts = "\n".join([text for text in (visit.summary, *found) if text])[:MOST_FACTS]
            return {"enterprise": visit.enterprise, "facts": facts, "act_on": visit.visited_on}
        return {}

    def prepare(self, actor: Actor, at: datetime) -> None:
        """Stand where the enterprise stands, before the body whose officer proposes it; kept among officers until notified."""
        if self.danger is None and self.visit is not None:
            self.danger = self.visit.danger  # an inspection of a danger is about that danger
        firm, source = self.enterprise, self.visit or self.danger
        self.holder, self.sector = None, firm.sector
        self.place_in(firm.territory)
        self.regulator_id = actor.party_id
        self.longitude, self.latitude = firm.longitude, firm.latitude
        self.address = firm.address
        self.is_demo = self.is_demo or firm.is_demo
        if source is not None:
            self.parent_loop, self.parent_id = source.loop.slug, source.pk


def _said_of(danger: HiddenDanger) -> str:
    where = f"{danger.location}：" if danger.location else ""
    return f"{where}{danger.description}（{danger.number}）"
