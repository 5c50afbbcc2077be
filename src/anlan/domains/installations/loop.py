"""The loop of an installation's file: assessed, filed with the county, assessed again, delisted. Serves article 14."""

from __future__ import annotations

from anlan.domains.installations import filing
from anlan.domains.installations.models import HazardFile
from anlan.kernel.loops.declaration import REASON, Loop, Opening, State, Step, document
from anlan.kernel.loops.due import date, escalate, overdue, remind, rule
from anlan.kernel.loops.verbs import attach, comment
from anlan.kernel.scope.who import post, regulator, supervisor
from anlan.kernel.words import Words

keepers = post("main_person", "safety_officer")
main_person = post("main_person")
LATE = [overdue(), escalate("installations.escalate_after", to=supervisor)]


class HazardFileLoop(
    Loop, of=HazardFile, zh="重大危险源备案", en="Files of major hazard installations", serves=("A14", "A14.8", "A2.7"),
    part="prevention", slug="hazard-files", prefix="ZW",
):  # fmt: skip
    """From the identification of a unit to its delisting; in between it is assessed again at least every three years."""

    identified = State(
        "待评估定级", "To be assessed", awaits=keepers, due=rule("installations.assess_within"), late=LATE
    )
    assessed = State(
        "待备案", "To be filed", awaits=main_person, due=date("file_by"), late=LATE, tone="warning"
    )
    submitted = State(
        "待核对备案", "Filing to be gone through", awaits=regulator, due=rule("installations.check_filing_within"),
        late=[overdue()], tone="active",
    )  # fmt: skip
    returned = State(
        "退回补正",
        "Sent back",
        awaits=keepers,
        due=rule("installations.correct_within"),
        late=LATE,
        tone="warning",
    )
    on_file = State(
        "已备案", "On file", awaits=keepers, due=date("regrade_by"),
        late=[remind("installations.remind_regrade_before"), *LATE], tone="done",
    )  # fmt: skip
    delisting = State(
        "待审查核销", "Delisting to be decided", awaits=regulator, due=rule("installations.delist_within"),
        late=[overdue()], tone="active",
    )  # fmt: skip
    delisted = State("已核销", "Delisted", final=True, tone="done")
    not_major = State("不构成重大危险源", "No major hazard", final=True)

    opening = Opening(
        "辨识重大危险源", "Identify a unit", identified, by=keepers, asks=["installation"], check=filing.may_identify,
        help=Words("先登记单元和危险化学品的设计最大量", "Enter the unit and its chemicals at the design maximum first"),
    )  # fmt: skip

    assess = Step(
        "完成评估、定级", "Assess and grade", identified, assessed, by=keepers,
        asks=["assessed_on", "assessed_by", "assessor"],
        needs=[document("assessment", "安全评估（评价）报告", "The assessment report", required=False)],
        check=filing.must_be_major, effect=filing.keep_grade, main=True,
        help=Words("S、R 和级别按 GB 18218—2018 计算，每一步都留存", "S, R and grade by GB 18218-2018; every step is kept"),
    )  # fmt: skip
    conclude = Step(
        "确认不构成", "Conclude that it is none", identified, not_major, by=keepers,
        asks=["assessed_on", "assessed_by", "assessor"], check=filing.must_be_none, effect=filing.keep_none,
        help=Words("S＜1，且没有备案的", "S < 1, and it was never on file"),
    )  # fmt: skip
    submit = Step(
        "报送备案", "File with the county", assessed, submitted, by=main_person,
        needs=[document("filing", "备案申请表和材料", "Application and papers", required=False)],
        check=filing.must_have_keepers, effect=filing.note_submitted, main=True,
        help=Words("三类包保责任人须已登记", "All three persons in charge must be named"),
    )  # fmt: skip
    accept = Step(
        "准予备案", "Take on file", submitted, on_file, by=regulator, asks=["filing_number"], effect=filing.take_on_file,
        unlike=["submit", "resubmit"], main=True,
    )  # fmt: skip
    send_back = Step(
        "退回补正", "Send back", submitted, returned, by=regulator, asks=[REASON], effect=filing.note_sent_back,
    )  # fmt: skip
    resubmit = Step(
        "补正后再报", "File again", returned, submitted, by=keepers, main=True, effect=filing.note_submitted,
        needs=[document("filing", "补正材料", "The corrected papers", required=False)],
        help=Words("数量有误的，先更正存量，再选“重新评估”", "Where a quantity was wrong, correct it and assess anew"),
    )  # fmt: skip
    assess_anew = Step(
        "重新评估", "Assess anew", (assessed, returned), identified, by=keepers, asks=[REASON],
        help=Words("评估有误或者数量更正以后，按现有数量重新计算", "After a mistake or a corrected quantity: computed anew"),
    )  # fmt: skip
    again = Step(
        "重新辨识评估", "Assess again", on_file, identified, by=keepers, asks=["regrade_reason"], effect=filing.begin_again,
        main=True,
    )  # fmt: skip
    order_again = Step(
        "责令重新评估", "Order a new assessment", on_file, identified, by=regulator, asks=["regrade_reason", REASON],
        effect=filing.begin_again,
    )  # fmt: skip
    apply_delisting = Step(
        "申请核销", "Apply for delisting", (on_file, identified), delisting, by=keepers, asks=["delist_grounds"],
        needs=[document("delisting", "核销材料", "Papers for the delisting", required=False)],
        check=filing.may_be_delisted, effect=filing.note_application, when=filing.was_on_file,
    )  # fmt: skip
    delist = Step(
        "准予核销", "Delist", delisting, delisted, by=regulator, unlike=["apply_delisting"], check=filing.may_be_delisted,
        effect=filing.take_off_file, main=True,
    )  # fmt: skip
    refuse_delisting = Step(
        "不予核销", "Refuse the delisting", delisting, on_file, by=regulator, asks=[REASON],
        when=lambda row: not filing.was_being_assessed(row),
    )  # fmt: skip
    refuse_and_assess = Step(
        "不予核销，继续评估", "Refuse the delisting; the assessment goes on", delisting, identified, by=regulator,
        asks=[REASON], when=filing.was_being_assessed,
    )  # fmt: skip

    verbs = (comment(), attach())

    columns = (
        "number",
        "installation",
        "enterprise",
        "grade",
        "state",
        "due_at",
        "filing_number",
        "regrade_by",
    )
    facets = ("state", "grade", "assessed_by", "territory", "sector", "is_demo")
    sorts = ("opened_at", "due_at", "grade", "assessed_on", "regrade_by")
    panels = (
        (Words("重大危险源", "The installation"), ("installation", "enterprise", "round", "regrade_reason")),
        (Words("评估与级别", "Assessment and grade"),
         ("assessed_on", "assessed_by", "assessor", "s_value", "alpha", "r_value", "grade", "former_grade", "found")),
        (Words("备案", "The filing"), ("file_by", "filed_on", "filing_number", "regrade_by")),
        (Words("核销", "Delisting"), ("delist_grounds", "applied_on")),
    )  # fmt: skip
