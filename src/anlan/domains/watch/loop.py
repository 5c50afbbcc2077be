"""The loop of a call to a duty post: asked, answered within minutes, or not answered. Serves articles 14 and 22."""

from __future__ import annotations

from anlan.domains.watch.models import SERVES, DutyCall
from anlan.kernel.loops.declaration import REASON, Loop, Opening, State, Step, photo
from anlan.kernel.loops.due import escalate, overdue, rule
from anlan.kernel.loops.taking import Taking
from anlan.kernel.loops.verbs import attach, comment
from anlan.kernel.scope.who import post, regulator
from anlan.kernel.words import Words

on_duty = post("main_person", "safety_officer", "worker")


def note_answered(taking: Taking) -> None:
    """Note when somebody answered, and whether that was in time."""
    row = taking.row
    row.answered_at = taking.at
    row.in_time = row.due_at is None or taking.at <= row.due_at


class DutyCallLoop(
    Loop, of=DutyCall, zh="在岗确认", en="Calls to duty posts", serves=SERVES, part="prevention", slug="duty-calls", prefix="CG",
):  # fmt: skip
    """From the call to the answer."""

    asked = State(
        "待应答", "Asked", awaits=on_duty, due=rule("watch.answer_within"), tone="warning",
        late=(overdue(), escalate("watch.regulator_after", regulator)),
    )  # fmt: skip
    answered = State("已应答", "Answered", final=True, tone="done")
    missed = State("无人应答", "Nobody answered", final=True, tone="late")

    opening = Opening(
        "查岗", "Call the duty post", asked, by=regulator, asks=["enterprise"], optional=["question"],
        help=Words("值班人员在手机或电脑上应答", "Whoever is on duty answers by phone or computer"),
    )  # fmt: skip

    confirm = Step(
        "应答在岗", "Answer", asked, answered, by=on_duty, asks=["answered_by", "place"], optional=["answer"],
        needs=[photo("place", "现场照片", "Photo of the place", required=False)], effect=note_answered, main=True,
    )  # fmt: skip
    miss = Step(
        "记为无人应答", "Note that nobody answered", asked, missed, by=regulator, asks=[REASON],
        when=lambda row: row.is_late,
        help=Words("超过应答时限后才能记", "Once the time to answer has passed"),
    )  # fmt: skip

    verbs = (comment(), attach())

    columns = ("number", "enterprise", "state", "question", "answered_by", "in_time", "due_at", "opened_at")
    facets = ("state", "place", "territory", "sector", "is_demo")
    sorts = ("opened_at", "due_at", "answered_at")
    panels = (
        (Words("查岗", "The call"), ("enterprise", "question")),
        (Words("应答", "The answer"), ("answered_by", "place", "answer", "answered_at", "in_time")),
    )
