"""The loops of hidden dangers: rectification (隐患整改) and listed supervision (挂牌督办). Serves article 15.

General dangers the enterprise found itself are closed by it, by a person other than the one who rectified; what government
found, and every major danger, is re-inspected by the regulator. A major danger needs its plan with the five implements, the
double report, and the decision on listed supervision.
"""

from __future__ import annotations

from anlan.domains.hidden_dangers import checks, effects
from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel.loops.declaration import REASON, AnswersTo, Ask, Loop, Opening, State, Step, document, photo
from anlan.kernel.loops.due import DutyLine, date, escalate, overdue, remind, rule
from anlan.kernel.loops.verbs import attach, comment, correct, extend, reopen, suspend, transfer, withdraw
from anlan.kernel.scope.who import inspector, named, post, regulator, supervisor
from anlan.kernel.words import Words

enterprise = post("main_person", "safety_officer")
# What government found, the enterprise neither grades as general nor rewords.
OWN_FINDING = effects.is_found_by_enterprise, Words("限企业自己发现的", "of its own finding only")
responsible = named("responsible_post", Words("整改责任人", "The one responsible"), enterprise)
LATE = (
    remind("hidden_dangers.remind_before"),
    overdue(),
    escalate("hidden_dangers.escalate_after", supervisor),
)
REPORT = Ask(
    "report", Words("报告内容", "The report"),
    help=Words("现状及产生原因、危害程度和整改难易程度分析、治理方案", "Causes, harm and difficulty, plan of treatment"),
)  # fmt: skip
FACTS = ("criteria", "criterion", "needs_stop", "removable_at_once", "outside_factors")


class HiddenDangerLoop(
    Loop,
    of=HiddenDanger,
    zh="隐患",
    en="Hidden dangers",
    serves=(
        "A15",
        "A15.9",
        "A15.10",
        "A15.11",
        "A15.12",
        "A2.7",
        "A5.1",
        "A5.2",
        "A9.9",
        "A18.2",
        "A22.6",
        "A23.2",
    ),
    part="prevention",
    slug="hidden-dangers",
    prefix="YH",
):
    """From a photo to a closed, provable case."""

    reported = State(
        "待定级",
        "Reported",
        awaits=post("safety_officer") | regulator,
        due=rule("hidden_dangers.grade_within"),
        late=LATE,
    )
    planning = State(
        "制定方案",
        "Being planned",
        awaits=enterprise,
        due=rule("hidden_dangers.plan_within"),
        late=LATE,
        tone="warning",
    )
    rectifying = State(
        "整改中", "Being rectified", awaits=responsible, due=date("rectify_by"), late=LATE, tone="active"
    )
    in_check = State(
        "待企业验收",
        "In the enterprise's check",
        awaits=enterprise,
        due=rule("hidden_dangers.check_within"),
        late=LATE,
    )
    in_review = State(
        "待复查", "In re-inspection", awaits=regulator, due=rule("hidden_dangers.review_within"), late=LATE
    )
    closed = State("已销号", "Closed", final=True, tone="done")
    withdrawn = State("已撤回", "Withdrawn", final=True)

    report_to_regulator = DutyLine(
        "向监管部门报告重大隐患", "Report the major danger to the regulator", opens=["grade_major", "regrade_major"],
        awaits=enterprise, due=rule("hidden_dangers.report_major_within"), late=LATE, serves="A15.13",
    )  # fmt: skip
    report_to_congress = DutyLine(
        "向职工大会（职代会）报告重大隐患", "Report the major danger to the workers' congress",
        opens=["grade_major", "regrade_major"], awaits=enterprise,
        due=rule("hidden_dangers.report_major_within"), late=LATE, serves="A15.13",
    )  # fmt: skip

    opened_under = True  # a visit, an alarm, a check that failed
    opening = Opening(
        "上报隐患", "Report a hidden danger", reported, by=post("main_person", "safety_officer", "worker") | inspector,
        asks=["enterprise", "topic", "description", "found_on"], optional=["location", "longitude", "latitude"],
        needs=[photo("before", "现场照片", "Photo of the danger", required=False)],
        check=checks.found_in_time, effect=effects.note_recurrence,
    )  # fmt: skip

    grade = Step(
        "定为一般隐患", "Grade as general", reported, rectifying, by=post("safety_officer").when(*OWN_FINDING) | regulator,
        asks=["rectify_by", "measures"], optional=["responsible_post", "funds_yuan", *FACTS],
        check=checks.grade_is_general, effect=effects.set_general, main=True,
    )  # fmt: skip
    grade_major = Step(
        "定为重大隐患", "Grade as major", reported, planning, by=post("safety_officer") | regulator, asks=[],
        optional=FACTS, check=checks.grade_is_major, effect=effects.set_major, main=True,
    )  # fmt: skip
    regrade_major = Step(
        "改定为重大隐患", "Regrade as major", (rectifying, in_check, in_review), planning,
        by=post("safety_officer") | regulator, asks=[REASON], optional=FACTS, check=checks.grade_is_major,
        effect=effects.set_major, when=effects.is_general,
    )  # fmt: skip
    regrade_general = Step(
        "改定为一般隐患", "Regrade as general", (planning, rectifying, in_review), rectifying, by=regulator,
        asks=["rectify_by", "measures", REASON], optional=["responsible_post", "funds_yuan", *FACTS],
        check=checks.regrade_is_general, effect=effects.set_general_anew, when=effects.is_major, after_children=True,
        unlike=["grade_major", "regrade_major"], lifts=["report_to_regulator", "report_to_congress"], dangerous=True,
        help=Words("先对挂牌作出不予挂牌或摘牌的决定；由定级人以外的人改定",
                   "Its listing is declined or delisted first; by somebody other than who graded it"),
    )  # fmt: skip
    fix_at_once = Step(
        "当场整改", "Rectified on the spot", reported, in_review, by=enterprise | inspector, asks=["what_was_done"],
        optional=["cost_yuan", "criteria", "criterion"], needs=[photo("after", "整改后照片", "Photo after rectifying")],
        check=checks.at_once_is_general, when=lambda row: not effects.is_found_by_enterprise(row),
        effect=effects.set_general_rectified,
    )  # fmt: skip
    self_fix_at_once = Step(
        "立查立改", "Fixed at once", reported, in_check, by=enterprise, asks=["what_was_done"],
        optional=["cost_yuan", "criteria", "criterion"], needs=[photo("after", "整改后照片", "Photo after rectifying")],
        check=checks.at_once_is_general, when=effects.is_self_managed, effect=effects.set_general_rectified,
    )  # fmt: skip
    plan = Step(
        "提交治理方案（五落实）", "Submit the plan (five implements)", planning, rectifying, by=enterprise,
        asks=["goal", "responsible_post", "measures", "funds_yuan", "rectify_by", "emergency_plan"],
        needs=[document("plan", "方案文件", "The plan as a document", required=False)], check=checks.plan_is_whole, main=True,
    )  # fmt: skip
    tell_regulator = Step(
        "报告监管部门", "Report to the regulator", (planning, rectifying, in_review), None, by=enterprise,
        asks=[REPORT], needs=[document("report", "书面报告", "The written report", required=False)],
        fulfils="report_to_regulator", when=effects.is_major,
    )  # fmt: skip
    tell_congress = Step(
        "报告职代会", "Report to the workers' congress", (planning, rectifying, in_review), None, by=enterprise, asks=[REPORT],
        needs=[document("congress", "会议记录或公示照片", "Minutes or photo of the notice", required=False)],
        fulfils="report_to_congress", when=effects.is_major,
    )  # fmt: skip
    rectify = Step(
        "报告整改完成", "Report rectified", rectifying, in_review, by=responsible, asks=["what_was_done"], optional=["cost_yuan"],
        needs=[photo("after", "整改后照片", "Photo after rectifying")],
        when=lambda row: effects.is_reviewed_by_government(row) and effects.is_general(row),
        effect=effects.note_rectified, main=True,
    )  # fmt: skip
    self_rectify = Step(
        "整改完成，提请验收", "Rectified, ask for the check", rectifying, in_check, by=responsible, asks=["what_was_done"],
        optional=["cost_yuan"], needs=[photo("after", "整改后照片", "Photo after rectifying")], when=effects.is_self_managed,
        effect=effects.note_rectified, main=True,
    )  # fmt: skip
    apply_review = Step(
        "评估合格，申请复查", "Evaluated, apply for re-inspection", rectifying, in_review, by=enterprise,
        asks=["what_was_done", "evaluation", "cost_yuan"], needs=[photo("after", "整改后照片", "Photo after rectifying")],
        when=effects.is_major, effect=effects.note_rectified, main=True,
    )  # fmt: skip
    check = Step(
        "验收销号", "Check and close", in_check, closed, by=enterprise, unlike=["self_rectify", "self_fix_at_once"],
        needs=[photo("verified", "验收照片", "Photo of the check", required=False)], main=True,
    )  # fmt: skip
    check_fails = Step(
        "验收不合格", "Send back", in_check, rectifying, by=enterprise, asks=["rectify_by", REASON],
        unlike=["self_rectify", "self_fix_at_once"], check=checks.sent_back_in_time, effect=effects.count_rework,
    )  # fmt: skip
    accept = Step(
        "复查合格，销号", "Accept and close", in_review, closed, by=regulator, unlike=["rectify", "apply_review", "fix_at_once"],
        needs=[photo("verified", "复查照片", "Photo of the re-inspection")],
        requires=["report_to_regulator", "report_to_congress"], after_children=True, main=True,
    )  # fmt: skip
    reject = Step(
        "复查不合格，退回", "Send back", in_review, rectifying, by=regulator, asks=["rectify_by", REASON],
        unlike=["rectify", "apply_review", "fix_at_once"],
        needs=[photo("rejected", "现场照片", "Photo of the site", required=False)],
        check=checks.sent_back_in_time, effect=effects.count_rework,
    )  # fmt: skip

    verbs = (
        extend(of=rectifying, moves="rectify_by", asked_by=responsible, approved_by=regulator,
               times="hidden_dangers.extensions", most="hidden_dangers.extension_max",
               decide=rule("hidden_dangers.decide_extension_within")),
        transfer(by=regulator, within="county"),
        suspend(by=regulator, of=(planning, rectifying)),
        correct(by=enterprise.when(*OWN_FINDING) | regulator, fields=["topic", "description", "location"]),
        withdraw(of=reported, to=withdrawn),
        reopen(of=closed, to=rectifying, by=regulator, asks=["rectify_by"], check=checks.sent_back_in_time),
        # A danger taken back is no danger gone: the regulator may take it up again.
        reopen(of=withdrawn, to=reported, by=regulator, name="take_up"),
        comment(),
        attach(),
    )  # fmt: skip

    columns = ("number", "description", "enterprise", "severity", "state", "due_at", "territory", "opened_at")
    facets = (
        "state",
        "severity",
        "topic",
        "territory",
        "sector",
        "found_by",
        "recurs",
        "found_on",
        "is_demo",
    )
    sorts = ("opened_at", "due_at", "found_on", "number")
    panels = (
        (Words("隐患", "The danger"),
         ("enterprise", "topic", "location", "description", "control_measure", "found_by", "found_on", "recurs")),
        (Words("定级", "Grading"), ("severity", "criteria", "criterion", *FACTS[2:])),
        (Words("五落实", "Five implements"),
         ("responsible_post", "measures", "funds_yuan", "rectify_by", "emergency_plan", "goal")),
        (Words("整改", "Rectification"), ("what_was_done", "rectified_on", "cost_yuan", "evaluation", "rework")),
    )  # fmt: skip


class ListedSupervisionLoop(
    Loop, of=ListedSupervision, zh="挂牌督办", en="Listed supervision", serves=("A15", "A15.15", "A3.16"), part="prevention",
    slug="listed-supervision", prefix="GP",
):  # fmt: skip
    """A major danger under the eyes of government, from the decision to list it to its delisting."""

    proposed = State(
        "待决定挂牌", "To be decided", awaits=regulator, due=rule("hidden_dangers.list_within"), late=LATE
    )
    listed = State("挂牌督办中", "Listed", awaits=enterprise, due=date("limit"), late=LATE, tone="warning")
    delisting = State(
        "待核查摘牌",
        "To be verified for delisting",
        awaits=regulator,
        due=rule("hidden_dangers.delist_within"),
        late=LATE,
    )
    to_publish = State(
        "待公示摘牌",
        "Delisting to be published",
        awaits=regulator,
        due=rule("hidden_dangers.publish_within"),
        late=LATE,
    )
    delisted = State("已摘牌", "Delisted", final=True, tone="done")
    not_listed = State("未挂牌", "Not listed", final=True)

    publish_listing = DutyLine(
        "公示挂牌", "Publish the listing", opens=["list_it"], awaits=regulator, due=rule("hidden_dangers.publish_within"),
        late=LATE, serves=("A15.15", "A13.10"),
    )  # fmt: skip

    opening = Opening("提请挂牌", "Propose listing", proposed, by=regulator, asks=["danger"])
    opened_by = tuple(
        AnswersTo(HiddenDangerLoop, step, data=lambda row: {"danger": row.pk})
        for step in ("grade_major", "regrade_major")
    )

    list_it = Step(
        "下达挂牌督办通知书", "List it", proposed, listed, by=regulator, asks=["level", "requirements", "limit"],
        needs=[document("notice", "挂牌督办通知书", "The notice", required=False)], check=checks.listing_is_lawful,
        effect=effects.set_listing_regulator, main=True,
    )  # fmt: skip
    decline = Step(
        "不予挂牌",
        "Do not list",
        proposed,
        not_listed,
        by=regulator,
        asks=[REASON],
        check=checks.declining_is_theirs,
    )
    publish = Step(
        "登记公示", "Note the publication", (listed, delisting), None, by=regulator, asks=["publication"],
        fulfils="publish_listing",
    )  # fmt: skip
    follow = Step(
        "跟踪督办", "Note a follow-up", listed, None, by=regulator, asks=[REASON],
        needs=[photo("follow", "现场照片", "Photo on site", required=False)],
    )  # fmt: skip
    apply_delisting = Step(
        "申请摘牌", "Apply for delisting", listed, delisting, by=enterprise, asks=["evaluation"],
        needs=[document("evaluation", "评估报告", "The evaluation report", required=False)], main=True,
    )  # fmt: skip
    delist = Step(
        "核查通过，摘牌", "Verify and delist", delisting, to_publish, by=regulator, asks=["findings"], unlike=["apply_delisting"],
        needs=[photo("verified", "核查照片", "Photo of the verification")], requires=["publish_listing"],
        check=checks.delisting_is_theirs, main=True,
    )  # fmt: skip
    publish_delisting = Step(
        "登记摘牌公示", "Note the publication of the delisting", to_publish, delisted, by=regulator,
        asks=["delisting_publication"], main=True,
    )  # fmt: skip
    refuse = Step(
        "核查不通过", "Refuse", delisting, listed, by=regulator, asks=["findings", "limit"], unlike=["apply_delisting"],
        check=checks.refusal_is_lawful,
    )  # fmt: skip

    verbs = (transfer(by=regulator, within="county"), comment(), attach())

    columns = ("number", "danger", "level", "state", "due_at", "territory", "opened_at")
    facets = ("state", "level", "territory", "sector", "is_demo")
    panels = (
        (
            Words("挂牌督办", "Listed supervision"),
            ("danger", "level", "requirements", "limit", "publication"),
        ),
        (Words("摘牌", "Delisting"), ("evaluation", "findings", "delisting_publication")),
    )
