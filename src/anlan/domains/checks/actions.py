"""Doing a check: the answers of a task, line by line, in one act. What is not in order is a hidden danger, opened at once.

The act is one transaction: lines, counts, hidden dangers (through their own engine, with the task as where they came from), the
ledger entry of the task, its photographs. A key makes sending it twice harmless. Serves article 15; the national upload counts
what a check found as source 9.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from anlan.domains.checks.models import CheckLine, CheckTask
from anlan.domains.checks.queries import KEEPERS
from anlan.domains.checks.words import (
    DONE,
    FAILED,
    IN_ORDER,
    LATE,
    NOT_APPLICABLE,
    OTHER_TOPIC,
    RESULTS,
    TOPIC_OF_ACCIDENT,
    UNANSWERED,
)
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock, ledger
from anlan.kernel import evidence as evidence_store
from anlan.kernel.loops import open_matter
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

CHECKED = "checked"
LEAD, LAG = (
    timedelta(minutes=5),
    timedelta(days=3),
)  # as for every step: clocks of phones, days without a network
LONGEST_NOTE = 500
LEAST_NOTE = 2
ENTERPRISE_POSTS = KEEPERS | {"worker"}

_NOT_YOURS = Words("这项检查不归您的岗位。", "This check is not your post's.")
_NOT_YET = Words("检查时段还没开始。", "Its time has not begun yet.")
_NOTHING = Words("至少查一项。", "Check one line at least.")
_SAY_WHAT = Words("写明哪里不正常。", "Say what is not in order.")
_WRONG = Words("答案无效。", "This answer is not valid.")
_AHEAD = Words("设备时间不对：晚于现在。", "The device's clock is wrong: it is ahead of the present.")
_TOO_OLD = Words("时间太早：最多补报{n}天以内。", "Too long ago: at most {n} days back.")
_FIRST = Words("已有人先查了：{what}", "Somebody was first: {what}")
_USED = Words("该提交编号已用于别的操作。", "This key was used for another act.")


@dataclass(frozen=True)
class Answer:
    """What was found at one line."""

    line: int
    result: int
    note: str = ""
    photos: Sequence[uuid.UUID] = ()


def may_check(task: CheckTask, actor: Actor) -> bool:
    """Say whether somebody may answer a task: whoever fills the post, any worker where nobody does, the enterprise's keepers."""
    if (
        task.holder_id is None
        or task.holder_id not in actor.party_ids
        or actor.post_kind not in ENTERPRISE_POSTS
    ):
        return False
    if actor.post_kind in KEEPERS or task.post is None or task.post.filled_by_id is None:
        return True
    return task.post.filled_by_id == actor.post_id


def check(
    task: uuid.UUID, actor: Actor, answers: Sequence[Answer], *, at: datetime | None = None, key: uuid.UUID | None = None
) -> CheckTask:  # fmt: skip
    """Keep the answers of some lines of a task; the task is done when all are answered.

    ``at`` is when it was done as the phone says (default: now). Raises NotSeen, NotAllowed, Invalid (with the line at fault as
    ``line-<id>``), Changed (somebody answered first). Nothing is written then.
    """
    try:
        with transaction.atomic():
            return _check(task, actor, answers, _claimed(at), key)
    except IntegrityError:
        if key is None or ledger.find_by_key(key) is None:
            raise
        return _locked(task, actor)  # the same act, sent twice at once: the first one stands


def _check(
    pk: uuid.UUID, actor: Actor, answers: Sequence[Answer], at: datetime, key: uuid.UUID | None
) -> CheckTask:
    task = _locked(pk, actor)
    if _is_repeated(task, actor, key):
        return task
    if not may_check(task, actor):
        raise NotAllowed(_NOT_YOURS)
    if at < task.starts_at:
        raise Invalid({"": [_NOT_YET]})
    lines = {line.pk: line for line in CheckLine.objects.filter(task=task)}
    _must_hold(task, lines, answers)
    now = clock.now()
    notes = [_answered(task, lines[one.line], one, actor, at, now, key) for one in answers]
    CheckLine.objects.bulk_update(
        [lines[one.line] for one in answers],
        ["result", "note", "checked_at", "received_at", "person", "danger"],
    )
    _count(task, lines.values(), actor, at, now)
    pieces = evidence_store.offered(
        [pk for one in answers if one.result != FAILED for pk in one.photos], actor
    )
    entry = ledger.append(
        task.pk, subject_of(CheckTask), CHECKED, actor, at=at, received_at=now, key=key, is_demo=task.is_demo,
        data={"lines": notes}, evidence=[piece.sha256 for piece in pieces],
    )  # fmt: skip
    evidence_store.bind(pieces, task.pk, "check", entry, task)
    return task


def _locked(pk: uuid.UUID, actor: Actor) -> CheckTask:
    rows = CheckTask.seen_by(actor).filter(pk=pk).defer("search")
    row: CheckTask | None = (
        rows.select_related("post", "enterprise", "territory", "holder")
        .select_for_update(of=("self",))
        .first()
    )
    if row is None:
        raise NotSeen
    return row


def _is_repeated(task: CheckTask, actor: Actor, key: uuid.UUID | None) -> bool:
    entry = ledger.find_by_key(key) if key else None
    if entry is None:
        return False
    if (entry.chain, entry.act, entry.actor_person) != (task.pk, CHECKED, actor.person_id):
        raise Invalid({"key": [_USED]})
    return True


def _must_hold(task: CheckTask, lines: Mapping[int, CheckLine], answers: Sequence[Answer]) -> None:
    """Refuse answers that are none, that say nothing, or that come after somebody else's."""
    if not answers:
        raise Invalid({"": [_NOTHING]})
    faults: dict[str, list[Words]] = {}
    seen: set[int] = set()
    for one in answers:
        line = lines.get(one.line)
        if line is None or one.result not in RESULTS or one.line in seen or not is_storable(one.note):
            faults[f"line-{one.line}"] = [_WRONG]
        elif one.result == FAILED and len(one.note.strip()) < LEAST_NOTE:
            faults[f"line-{one.line}"] = [_SAY_WHAT]
        seen.add(one.line)
    if faults:
        raise Invalid(faults)
    before = [lines[one.line] for one in answers if lines[one.line].result != UNANSWERED]
    if before:
        measures = ControlMeasure.unscoped("a line names its measure").filter(
            pk__in=[line.measure_id for line in before]
        )
        what = "、".join(measures.values_list("description", flat=True)[:3])
        raise Changed(_FIRST.filled(what=what), list(ledger.history(task.pk)))


def _answered(
    task: CheckTask, line: CheckLine, answer: Answer, actor: Actor, at: datetime, now: datetime, key: uuid.UUID | None
) -> dict[str, Any]:  # fmt: skip
    """Write one answer on its line; what failed opens a danger. Returns what the ledger keeps of it."""
    line.result, line.note = answer.result, answer.note.strip()[:LONGEST_NOTE]
    line.checked_at, line.received_at, line.person = at, now, actor.person_id
    if answer.result == FAILED:
        line.danger = _open_danger(task, line, answer, actor, at, key)
    told = {
        "line": line.pk, "measure": str(line.measure_id), "result": RESULTS[answer.result].both(), "note": line.note,
    }  # fmt: skip
    return told | ({"danger": str(line.danger)} if line.danger else {})


def _open_danger(
    task: CheckTask, line: CheckLine, answer: Answer, actor: Actor, at: datetime, key: uuid.UUID | None
) -> uuid.UUID:
    """Open the hidden danger of a failed line; the same line opens one, however often it is sent."""
    measures = ControlMeasure.unscoped("a failed line names its measure").select_related(
        "event__unit__risk_object"
    )
    measure = measures.defer("search").get(pk=line.measure_id)
    place = measure.event.unit.risk_object.location or measure.event.unit.risk_object.name
    data = {
        "enterprise": str(task.enterprise_id),
        "topic": TOPIC_OF_ACCIDENT.get(measure.event.accident_type, OTHER_TOPIC),
        "description": f"{line.note}（{measure.check_content or measure.description}）",
        "location": place[:120],
        "found_on": at.astimezone(clock.CHINA).date().isoformat(),
    }
    own = uuid.uuid5(key, f"danger-{line.pk}") if key else None
    entry = open_matter(
        HiddenDangerLoop, actor, data, at=at, key=own, evidence={"before": list(answer.photos)} if answer.photos else None,
        is_demo=task.is_demo, parent=task, knowing={"control_measure": measure},
    )  # fmt: skip
    return entry.chain


def _count(task: CheckTask, lines: Any, actor: Actor, at: datetime, now: datetime) -> None:
    """Bring the task in step with its lines; all answered, it is done, in time or late."""
    results = [line.result for line in lines]
    task.in_order, task.failed = results.count(IN_ORDER), results.count(FAILED)
    task.not_applicable = results.count(NOT_APPLICABLE)
    task.done_by, task.version, task.updated_at = actor.name[:60], task.version + 1, now
    if UNANSWERED not in results:
        task.state = DONE if at <= task.ends_at else LATE
        task.done_at, task.next_at = at, None
    task.save(force_update=True)


def _claimed(at: datetime | None) -> datetime:
    """Return the claimed instant; a clock far ahead, or a claim too old, is refused in words."""
    now = clock.now()
    if at is None:
        return now
    if at.tzinfo is None or at > now + LEAD:
        raise Invalid({"at": [_AHEAD]})
    if at < now - LAG:
        raise Invalid({"at": [_TOO_OLD.filled(n=LAG.days)]})
    return min(at, now)
