"""The loop of a grading: proposed, reviewed by somebody else, approved by who did not review; called up when it runs out.

A level changes in no other way. Nobody proposes and reviews, nobody reviews and approves; where one or two people are the whole
enterprise, the inspector may review. Serves article 15.
"""

from __future__ import annotations

from anlan.domains.risk import grading, reassessing
from anlan.domains.risk.models import RiskGrading
from anlan.kernel.loops.declaration import REASON, Loop, Opening, State, Step
from anlan.kernel.loops.due import date, escalate, overdue, rule
from anlan.kernel.loops.verbs import attach, comment, withdraw
from anlan.kernel.scope.who import TheClock, inspector, post, regulator
from anlan.kernel.words import Words

keepers = post("main_person", "safety_officer")
proposers = post("main_person", "safety_officer", "worker")
# Where one or two people are the whole enterprise, nobody would be left to review: whoever visits them does.
visitor = inspector.when(
    grading.is_of_few, Words("任职不足三人的单位", "of an enterprise of one or two people")
)


class RiskGradingLoop(
    Loop, of=RiskGrading, zh="风险评级", en="Risk gradings", serves=("A15", "A15.1", "A15.3"), part="prevention",
    slug="risk-gradings", prefix="FX",
):  # fmt: skip
    """From a proposal with its scores and grounds to a level in force."""

    proposed = State("待审核", "Proposed", awaits=keepers, due=rule("risk.review_within"), late=[overdue()])
    reviewed = State(
        "待批准", "Reviewed", awaits=post("main_person"), due=rule("risk.approve_within"), late=[overdue()],
        tone="active",
    )  # fmt: skip
    returned = State(
        "退回修改",
        "Sent back",
        awaits=keepers,
        due=rule("risk.revise_within"),
        late=[overdue()],
        tone="warning",
    )
    approved = State("已批准", "Approved", final=True, tone="done")
    expired = State(
        "待重新评估", "To be assessed again", awaits=keepers, due=date("assess_by"),
        late=[overdue(), escalate("risk.assess_escalate_after", regulator)], tone="warning",
    )  # fmt: skip
    replaced = State("已重新评级", "Graded anew", final=True, tone="done")
    dropped = State("已撤销", "Dropped", final=True)

    opening = Opening(
        "提出评级", "Propose a level", proposed, by=proposers, asks=["event", "stage", "method", "grounds"],
        optional=[name for name in grading.GIVEN if name != "method"], check=grading.may_propose, effect=grading.set_level,
        help=Words("分值只取所选方法的量表；符合直接判定情形的选“直接判定”",
                   "Scores of the method chosen only; choose direct judgement where a case holds"),
    )  # fmt: skip

    review = Step(
        "审核通过", "Pass the review", proposed, reviewed, by=proposers | visitor, unlike=["opened", "revise"],
        check=grading.is_on_the_scales, main=True,
        help=Words("审核的人不能再批准：请主要负责人以外的人审核；任职不足三人的单位可请网格员或监管干部审核",
                   "Who reviews may not approve: let somebody else than the main person review; in an enterprise of one or two "
                   "people the grid inspector or an officer may"),
    )  # fmt: skip
    approve = Step(
        "批准", "Approve", reviewed, approved, by=post("main_person"), unlike=["review"], effect=grading.put_in_force,
        main=True,
        help=Words("批准后风险事件按此等级管控", "The event is controlled by this level from then on"),
    )  # fmt: skip
    send_back = Step(
        "退回",
        "Send back",
        (proposed, reviewed),
        returned,
        by=keepers | visitor,
        asks=[REASON],
        unlike=["opened", "revise"],
    )
    revise = Step(
        "修改后再报", "Revise", returned, proposed, by=proposers, asks=["method", "grounds"],
        optional=[name for name in grading.GIVEN if name != "method"], check=grading.is_on_the_scales,
        effect=grading.set_level, main=True,
    )  # fmt: skip
    drop = Step("不再评", "Drop it", returned, dropped, by=keepers, asks=[REASON])

    expire = Step(
        "到期，应重新评估", "Run out: to be assessed again", approved, expired, by=TheClock(), effect=reassessing.keep_date,
        in_sets=True,
    )  # fmt: skip
    changed = Step(
        "情况变了，重新评估", "Something changed: assess again", approved, expired, by=keepers, asks=[REASON],
        when=reassessing.is_in_force, effect=reassessing.keep_sooner_date,
        help=Words("工艺、设备、材料、环境变了，立即重新评估", "When process, equipment, material or surroundings change"),
    )  # fmt: skip
    replace = Step("新的评级已批准", "A new grading was approved", expired, replaced, by=TheClock())
    lapse = Step(
        "风险已消除，不再评", "The risk is gone", expired, dropped, by=keepers, asks=[REASON], when=reassessing.is_gone,
    )  # fmt: skip

    verbs = (withdraw(of=proposed, to=dropped), comment(), attach())

    columns = (
        "number",
        "event",
        "enterprise",
        "stage",
        "risk_level",
        "former_level",
        "method",
        "state",
        "due_at",
    )
    facets = ("state", "stage", "risk_level", "method", "territory", "sector", "is_demo")
    sorts = ("opened_at", "due_at", "risk_level")
    panels = (
        (Words("评级", "The grading"),
         ("event", "enterprise", "stage", "risk_level", "former_level", "graded_on", "assess_by", "grounds")),
        (Words("方法与分值", "Method and scores"),
         ("method", "profile", "value", "ls_l", "ls_s", "lec_l", "lec_e", "lec_c", "mes_m", "mes_e", "mes_s", "direct_case")),
    )  # fmt: skip
