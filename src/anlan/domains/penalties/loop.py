"""The loop of a penalty case by the ordinary procedure (普通程序). Serves articles 11, 12, 13 and 22.

Filed with the head's approval, investigated by two officers, notified before it is decided, heard where there is a right,
reviewed by legal where it must be, decided, served, published, paid or enforced, archived.
"""

from __future__ import annotations

from anlan.domains.penalties import checks, effects, paying
from anlan.domains.penalties.models import PenaltyCase
from anlan.kernel.loops.declaration import REASON, Loop, Opening, State, Step, document
from anlan.kernel.loops.due import DutyLine, date, escalate, overdue, remind, rule
from anlan.kernel.loops.verbs import attach, comment, transfer
from anlan.kernel.scope.who import enforcer, post, supervisor
from anlan.kernel.words import Words

party = post("main_person", "safety_officer")
OFFICERS = ("first_officer", "first_certificate", "second_officer", "second_certificate", "no_conflict")
LATE = (
    remind("penalties.remind_before"),
    overdue(),
    escalate("penalties.escalate_after", supervisor),
)


class PenaltyCaseLoop(
    Loop, of=PenaltyCase, zh="行政处罚案件", en="Penalty cases", serves=("A11", "A11.1", "A11.5", "A12.2", "A13.3", "A22.6"),
    part="rule_of_law", slug="penalty-cases", prefix="CF",
):  # fmt: skip
    """From the proposal to file a case to its archived file."""

    proposed = State(
        "待批准立案", "To be approved", awaits=enforcer, due=rule("penalties.approve_within"), late=LATE
    )
    investigating = State(
        "调查取证", "Investigated", awaits=enforcer, due=date("decide_by"), late=LATE, tone="active"
    )
    notified = State(
        "已告知，听取意见", "Notified, being heard", awaits=enforcer, due=date("respond_by"), late=LATE, tone="active"
    )  # fmt: skip
    hearing = State("听证", "In hearing", awaits=enforcer, due=date("decide_by"), late=LATE, tone="active")
    reviewing = State("法制审核", "In legal review", awaits=enforcer, due=date("decide_by"), late=LATE)
    deciding = State("待决定", "To be decided", awaits=enforcer, due=date("decide_by"), late=LATE)
    decided = State("待送达", "To be served", awaits=enforcer, due=date("serve_by"), late=LATE)
    served = State("待缴款", "To be paid", awaits=party, due=date("pay_by"), late=LATE, tone="warning")
    enforcing = State(
        "强制执行", "Being enforced", awaits=enforcer, due=rule("penalties.enforce_within"), late=LATE, tone="warning"
    )  # fmt: skip
    performed = State(
        "待结案", "To be closed", awaits=enforcer, due=rule("penalties.close_within"), late=LATE
    )
    closed = State("已结案", "Closed", final=True, tone="done")
    declined = State("不予立案", "Not filed", final=True)
    spared = State("不予处罚", "Not penalised", final=True, tone="done")
    dropped = State("已撤销案件", "Dropped", final=True)
    transferred = State("已移送", "Handed over", final=True)

    publish_decision = DutyLine(
        "公示处罚决定", "Publish the decision", opens=["decide"], awaits=enforcer, due=date("publish_by"), late=LATE,
        serves=("A13.7", "A13.10"),
    )  # fmt: skip

    opening = Opening(
        "提请立案", "Propose a case", proposed, by=enforcer,
        asks=["enterprise", "facts", "act_on", "respondent_kind", "basis", *OFFICERS],
        optional=["danger", "visit", "respondent", "overdue", "harms_life"], check=checks.may_be_filed,
        help=Words("从隐患或者检查的页面提请，企业、事实和日期自动带入",
                   "From a danger or a visit, enterprise, facts and day are carried over"),
    )  # fmt: skip

    approve = Step(
        "批准立案", "Approve the filing", proposed, investigating, by=enforcer, asks=["filed_by"], unlike=["opened"],
        effect=effects.file, main=True,
        help=Words("由部门负责人批准，提请人以外的人登记", "The head approves; entered by somebody other than who proposed it"),
    )  # fmt: skip
    decline = Step(
        "不予立案", "Do not file", proposed, declined, by=enforcer, asks=[REASON], unlike=["opened"]
    )
    change_officers = Step(
        "更换承办人（回避）", "Change the officers", (investigating, notified, hearing), None, by=enforcer,
        asks=[*OFFICERS, REASON], check=checks.officers_are_fit,
    )  # fmt: skip
    prolong = Step(
        "延长办案期限", "Prolong the time", (investigating, notified, hearing, reviewing, deciding), None, by=enforcer,
        asks=[REASON], when=effects.may_be_prolonged, effect=effects.prolong,
        help=Words("按立案时的规定，经部门负责人批准", "By the rule of the day of filing, with the head's approval"),
    )  # fmt: skip
    notify = Step(
        "告知当事人", "Notify the party", investigating, notified, by=enforcer,
        asks=["findings", "notified_yuan", "other_penalty", "notified_on", "hearing_right", "hearing_grounds", "respond_by"],
        optional=["mitigation", "new_facts", "needs_review"], check=checks.notice_is_lawful, effect=effects.tell_party,
        needs=[document("evidence", "调查材料", "Papers of the inquiry", required=False)], main=True,
        help=Words("决定前必须告知；告知后当事人能看到本案", "Always before the decision; from then on the party sees the case"),
    )  # fmt: skip
    defend = Step(
        "陈述申辩", "State the defence", notified, None, by=party | enforcer, asks=["defence"], optional=["waived"],
        needs=[document("defence", "书面意见", "The statement in writing", required=False)],
    )  # fmt: skip
    ask_hearing = Step(
        "要求听证", "Ask for a hearing", notified, hearing, by=party | enforcer, asks=[],
        check=checks.hearing_is_asked_in_time, effect=effects.ask_hearing,
    )  # fmt: skip
    call_hearing = Step(
        "通知听证", "Call the hearing", hearing, None, by=enforcer, asks=["hearing_on", "hearing_chair"],
        check=checks.hearing_is_called_in_time, main=True,
    )  # fmt: skip
    hold_hearing = Step(
        "听证结束，送法制审核", "Heard, to legal review", hearing, reviewing, by=enforcer, asks=["hearing_report"],
        needs=[document("hearing", "听证笔录", "Record of the hearing")], check=checks.hearing_was_held,
    )  # fmt: skip
    to_review = Step(
        "送法制审核", "To legal review", notified, reviewing, by=enforcer, asks=[], when=effects.goes_to_review,
        check=checks.was_heard, main=True,
    )  # fmt: skip
    hear_out = Step(
        "期满，提请决定", "Time is over, to the decision", notified, deciding, by=enforcer, asks=[],
        when=effects.needs_no_review, check=checks.was_heard, main=True,
    )  # fmt: skip
    pass_review = Step(
        "审核通过", "Pass the review", reviewing, deciding, by=enforcer, asks=["review_opinion"],
        check=checks.reviewer_is_another, main=True,
    )  # fmt: skip
    look_again = Step(
        "补充调查", "Investigate further", (notified, reviewing, deciding), investigating, by=enforcer, asks=[REASON],
        help=Words("之后须重新告知", "The party is notified again after it"),
    )  # fmt: skip
    decide = Step(
        "作出处罚决定", "Decide the penalty", deciding, decided, by=enforcer,
        asks=["decided_yuan", "decision", "decided_by"], optional=["collective"],
        check=checks.decision_is_lawful, effect=effects.decide, main=True, dangerous=True,
        needs=[document("collective", "集体讨论记录", "Record of the heads' discussion", required=False)],
    )  # fmt: skip
    spare = Step(
        "不予处罚", "Do not penalise", (investigating, deciding), spared, by=enforcer,
        asks=["decision", "decided_by"], dangerous=True,
    )  # fmt: skip
    drop = Step(
        "撤销案件", "Drop the case", (investigating, deciding), dropped, by=enforcer,
        asks=[REASON], dangerous=True,
    )  # fmt: skip
    hand_over = Step(
        "移送", "Hand the case over", (investigating, deciding), transferred, by=enforcer,
        asks=["transferred_to", REASON], dangerous=True,
        needs=[document("transfer", "移送书", "The letter of transfer", required=False)],
        help=Words("涉嫌犯罪的不得以罚代移", "A suspected crime is handed over; a fine does not replace it"),
    )  # fmt: skip
    serve = Step(
        "送达", "Serve the decision", decided, served, by=enforcer, asks=["served_on", "service_way"],
        needs=[document("receipt", "送达回证", "Receipt of service")], when=effects.is_fined,
        check=checks.served_on_a_day, effect=effects.serve, main=True,
    )  # fmt: skip
    serve_unfined = Step(
        "送达（无罚款）", "Serve (no fine)", decided, performed, by=enforcer, asks=["served_on", "service_way"],
        needs=[document("receipt", "送达回证", "Receipt of service")], when=effects.is_not_fined,
        check=checks.served_on_a_day, main=True,
    )  # fmt: skip
    publish = Step(
        "登记公示", "Note the publication", (decided, served, enforcing, performed), None, by=enforcer, asks=["publication"],
        fulfils="publish_decision",
    )  # fmt: skip
    defer = Step(
        "批准延期、分期缴纳", "Allow payment later", served, None, by=enforcer, asks=["pay_by", REASON],
        check=checks.deferral_is_ahead, effect=effects.renew_clock,
    )  # fmt: skip
    demand = Step(
        "催告", "Demand payment", served, None, by=enforcer, asks=["demanded_on"], check=checks.demand_is_due
    )
    ask_court = Step(
        "申请法院强制执行", "Ask the court to enforce", served, enforcing, by=enforcer, asks=["court"],
        check=checks.court_may_be_asked,
        help=Words("复议、诉讼期限届满后三个月内提出", "Within three months after the time for review and suit"),
    )  # fmt: skip
    pay = Step(
        "登记缴清", "Note the payment", (served, enforcing), performed, by=enforcer, asks=["paid_on", "paid_yuan"],
        optional=["stay_days", "surcharge_note"], check=paying.is_paid_whole, effect=paying.note_paid, main=True,
        needs=[document("payment", "缴款票据", "Receipt of payment", required=False)],
    )  # fmt: skip
    end_enforcement = Step(
        "执行终结", "Enforcement ended", enforcing, performed, by=enforcer, asks=[REASON], dangerous=True
    )
    close = Step(
        "结案归档", "Close and archive", performed, closed, by=enforcer, asks=["closing_note"],
        requires=["publish_decision"], main=True,
    )  # fmt: skip

    verbs = (transfer(by=enforcer, within="county"), comment(), attach())

    columns = ("number", "state", "notified_yuan", "decided_yuan", "due_at", "territory", "opened_at")
    facets = ("state", "territory", "sector", "other_penalty", "filed_on", "basis", "is_demo")
    sorts = ("opened_at", "due_at", "filed_on", "decided_on")
    panels = (
        (Words("案件", "The case"),
         ("enterprise", "respondent_kind", "respondent", "facts", "act_on", "basis", "overdue", "harms_life", "danger", "visit")),
        (Words("承办", "Who handles it"),
         ("first_officer", "first_certificate", "second_officer", "second_certificate", "filed_by", "filed_on", "decide_by")),
        (Words("告知和听取意见", "Notice and hearing"),
         ("findings", "notified_yuan", "other_penalty", "mitigation", "new_facts", "notified_on", "respond_by", "hearing_right",
          "hearing_grounds", "defence", "waived", "hearing_asked_on", "hearing_on", "hearing_chair", "hearing_report",
          "needs_review", "review_opinion")),
        (Words("决定和送达", "Decision and service"),
         ("decided_yuan", "decision", "decided_by", "collective", "decided_on", "serve_by", "publish_by", "served_on",
          "service_way", "publication", "transferred_to")),
        (Words("执行", "Performance"),
         ("pay_by", "paid_on", "paid_yuan", "stay_days", "surcharge_yuan", "surcharge_note", "demanded_on", "court",
          "closing_note")),
    )  # fmt: skip
