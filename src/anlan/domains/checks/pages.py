"""Pages of the checks domain: my checks, doing one, and the schedule of an enterprise. They know no HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from anlan.domains.checks import planning
from anlan.domains.checks.actions import ENTERPRISE_POSTS, Answer, check, may_check
from anlan.domains.checks.models import CheckTask
from anlan.domains.checks.prohibited import CYCLES, standing, take_over
from anlan.domains.checks.queries import KEEPERS, MOST_MINE, MOST_MISSED, done_today, lines_of, my_tasks
from anlan.domains.checks.schedules import schedule_of
from anlan.domains.checks.words import FAILED, IN_ORDER, MISSED, RESULTS, TONES
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.queries import posts_of
from anlan.domains.risk.rows import RowsRefused
from anlan.kernel import clock
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.pages import Asked, DomainPage, Done, Drawn, OwnPage
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

ITEM = "item-"
MOST_LINES = 60  # lines of a task on one screen; the rest follow once these are answered
_NOT_ENTERPRISE = Words("这一页给企业的岗位用。", "This page is for posts of enterprises.")


def _is_for(actor: Actor) -> bool:
    return actor.post_kind in ENTERPRISE_POSTS


def mine(asked: Asked) -> Drawn:
    """Draw what the actor is to check now: missed first, then by the end of its window."""
    actor = asked.actor
    if not _is_for(actor):
        raise NotAllowed(_NOT_ENTERPRISE)
    rows = my_tasks(actor)
    running = list(rows.exclude(state=MISSED).order_by("ends_at", "name", "pk")[: MOST_MINE + 1])
    missed = list(rows.filter(state=MISSED).order_by("-risk_level", "-ends_at", "pk")[: MOST_MISSED + 1])
    firms = Enterprise.seen_by(actor).filter(holder__in=actor.party_ids, archived_at=None).defer("search")
    context = {
        "missed": [_card(row) for row in missed[:MOST_MISSED]],
        "running": [_card(row) for row in running[:MOST_MINE]],
        "more": len(running) > MOST_MINE or len(missed) > MOST_MISSED,
        "done": done_today(actor),
        "is_keeper": actor.post_kind in KEEPERS,
        "firms": list(firms[:3]),
    }
    return Drawn("checks/mine.html", context)


def _card(row: CheckTask) -> dict[str, Any]:
    return {"row": row, "tone": TONES[row.state], "left": row.lines - row.answered}


def do(asked: Asked) -> Drawn | Done:
    """Answer the lines of a task; those with no answer stay open."""
    rows = CheckTask.seen_by(asked.actor).filter(pk=asked.pk).defer("search")
    task = rows.select_related("post", "enterprise", "territory", "holder").first()
    if task is None:
        raise NotSeen
    if not may_check(task, asked.actor):
        raise NotAllowed(Words("这项检查不归您的岗位。", "This check is not your post's."))
    faults: Mapping[str, Any] = {}
    status = 200
    waiting = [one for one in lines_of(task, asked.actor) if not one.is_answered]
    if asked.is_sent:
        answers = _answers(asked, [one.row.pk for one in waiting])
        try:
            done = check(task.pk, asked.actor, answers, key=asked.key)
        except (Invalid, Changed) as refusal:
            faults, status = _faults(refusal), refusal.status
        else:
            return Done(done, _said(done, answers))
    context = {
        "task": task,
        "lines": [_line(one, asked, faults) for one in waiting[:MOST_LINES]],
        "later": max(0, len(waiting) - MOST_LINES),
        "faults": faults.get("", []),
        "results": [(key, words) for key, words in RESULTS.items()],
        "failed": FAILED,
        "has_begun": task.starts_at <= clock.now(),
    }
    return Drawn("checks/do.html", context, status)


def _said(task: CheckTask, answers: list[Answer]) -> Words:
    failed = sum(one.result == FAILED for one in answers)
    if failed:
        return Words(
            "已记录，{n} 项不正常，已转为隐患。", "Kept; {n} not in order, now hidden dangers."
        ).filled(n=failed)
    if task.is_done:
        return Words("检查完成，已记入存证账本。", "The check is done and kept in the ledger.")
    left = task.lines - task.answered
    return Words("已记录，还有 {n} 项。", "Kept; {n} lines are left.").filled(n=left)


def _answers(asked: Asked, waiting: list[int]) -> list[Answer]:
    """Return what was filled in; with "the rest is in order" every line on the screen has an answer."""
    rest = asked.values.get("rest") == "1"
    found = []
    for pk in waiting[:MOST_LINES]:
        text = asked.values.get(f"result-{pk}", "")
        result = int(text) if text.isascii() and text.isdigit() and len(text) == 1 else None
        if result is None and text:
            result = -1  # no result at all: refused at its line
        if result is None and rest:
            result = IN_ORDER
        if result is not None:
            photos = list(asked.evidence.get(f"line-{pk}", ()))
            found.append(Answer(pk, result, asked.values.get(f"note-{pk}", ""), photos))
    return found


def _line(one: Any, asked: Asked, faults: Mapping[str, Any]) -> dict[str, Any]:
    pk = one.row.pk
    return {
        "pk": pk,
        "name": str(pk),
        "asked": one.asked,
        "measure": one.measure,
        "event": one.measure.event,
        "chosen": asked.values.get(f"result-{pk}", ""),
        "note": asked.values.get(f"note-{pk}", ""),
        "faults": faults.get(f"line-{pk}", []),
    }


def _faults(refusal: Invalid | Changed) -> dict[str, list[str]]:
    if isinstance(refusal, Changed):
        return {"": [str(refusal.words)]}
    found: dict[str, list[str]] = {}
    for name, reasons in refusal.errors.items():
        place = name if name.startswith("line-") else ""
        found.setdefault(place, []).extend(str(reason) for reason in reasons)
    return found


def schedule(asked: Asked) -> Drawn:
    """Draw the schedule of an enterprise: who checks what how often, when it is next due, and how the days went."""
    firm = _firm(asked.actor, asked.pk)
    may_make = asked.actor.post_kind in KEEPERS and firm.holder_id in asked.actor.party_ids
    said, refused = None, None
    if asked.is_sent:
        if not may_make:
            raise NotAllowed(Words("由企业自己的管理人员生成。", "The enterprise's own keepers make them."))
        said, refused = _taken_over(asked, firm) if asked.values.get("do") == "prohibited" else _made(firm)
    context = {
        "enterprise": firm,
        "may_make": may_make,
        "said": said,
        "refused": refused,
        "schedule": schedule_of(firm, asked.actor),
        "prohibited": standing(firm, asked.actor),
        "posts": posts_of(firm, asked.actor) if may_make else [],
        "cycles": CYCLES.items(),
    }
    return Drawn("checks/schedule.html", context, 422 if refused else 200)


def _made(firm: Enterprise) -> tuple[Words | None, Words | None]:
    """Make today's tasks; returns what was done, or why not."""
    try:
        return _made_words(planning.make_for(firm, clock.today()).lines), None
    except planning.TooMany as refusal:
        return None, refusal.words


def _taken_over(asked: Asked, firm: Enterprise) -> tuple[Words | None, Words | None]:
    """Take the chosen prohibited items into the enterprise's own checks; returns what was done, or why not."""
    keys = {name.removeprefix(ITEM) for name in asked.values if name.startswith(ITEM)}
    try:
        entered = take_over(
            asked.actor, firm, keys, asked.values.get("post", ""), asked.values.get("cycle", "")
        )
    except Invalid as refusal:
        reasons = [reason for found in refusal.errors.values() for reason in found]
        return None, Words("；".join(str(one) for one in reasons), " ".join(str(one) for one in reasons))
    except RowsRefused:
        return None, Words(
            "风险树中有同名内容不符，没有加入。", "The risk tree holds other rows of that name."
        )
    words = Words(
        "已把 {n} 项禁止事项加入排查，按周期自动生成任务。", "{n} prohibited items are now checked."
    )
    return words.filled(n=entered.measures), None


def _made_words(lines: int) -> Words:
    if not lines:
        return Words("今天的任务已经齐了。", "Today's tasks are all there.")
    return Words("新生成 {n} 项检查。", "{n} check lines were made.").filled(n=lines)


def _firm(actor: Actor, pk: uuid.UUID | None) -> Enterprise:
    rows = Enterprise.seen_by(actor).filter(pk=pk).select_related("territory", "holder").defer("search")
    row: Enterprise | None = rows.first()
    if row is None:
        raise NotSeen
    return row


pages = (
    OwnPage(
        slug="my-checks", words=Words("我的检查", "My checks"), part="prevention", serves=("A15", "A15.9", "A15.12", "A5"),
        icon="checks", answer=mine, is_for=_is_for,
    ),
    DomainPage("check-tasks", "do", do),
    DomainPage("enterprises", "checks", schedule, Words("排查计划", "Check schedule"), "calendar-due"),
)  # fmt: skip
