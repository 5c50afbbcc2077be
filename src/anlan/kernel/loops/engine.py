"""The engine: one way in. ``open_matter`` and ``take`` do everything in one transaction, or nothing.

Order: replay by key → lock the row → version → from-state → authority → asks, needs, check → write the row → renew duties →
append to the ledger → bind evidence → declared consequences → notices; live pages are told when the transaction commits.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from anlan.kernel import clock, ledger
from anlan.kernel import evidence as evidence_store
from anlan.kernel.gathering import gathered
from anlan.kernel.ledger.device import DeviceSeal
from anlan.kernel.loops import duties
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.loops.beginning import NewMatter, begun, next_numbers
from anlan.kernel.loops.claiming import SEALED_LAG, TOLERATED_LAG, claimed, rules_reach_back
from anlan.kernel.loops.columns import changed_columns
from anlan.kernel.loops.counting import count
from anlan.kernel.loops.declaration import Loop, Opening, Step, answering
from anlan.kernel.loops.due import Deadline
from anlan.kernel.loops.entries import said
from anlan.kernel.loops.matter import Matter
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.stepping import Judged, judge
from anlan.kernel.loops.taking import Taking
from anlan.kernel.loops.telling import tell_of_step
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import Changed, Invalid, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.kept_reading import KeptReading
from anlan.kernel.scope.often import write_often
from anlan.kernel.words import Words

# A channel belongs to the whole database: the city's schema is part of its name, so that no city hears another.
LIVE_CHANNEL = "anlan_live_"

EvidenceIds = Mapping[str, Sequence[uuid.UUID]]


def open_matter(
    loop: type[Loop], actor: Actor, data: Mapping[str, Any], *, at: datetime | None = None, key: uuid.UUID | None = None,
    evidence: EvidenceIds | None = None, is_demo: bool = False, parent: Matter | Register | None = None,
    device: DeviceSeal | None = None, knowing: Mapping[str, Any] | None = None,
) -> ledger.LedgerEntry:  # fmt: skip
    """Open a matter and return its first entry; ``entry.chain`` is the matter's id.

    ``parent`` is the matter whose step has this consequence, or the row of a register that gave rise to it (a check): then
    the one who opens it must be allowed to by their own post, as for any other.

    ``at`` is the claimed instant (default: now), ``key`` makes a repeated call harmless, ``evidence`` maps purposes to ids,
    ``device`` is the verified chain of a phone that captured it (``ledger.device``), kept in the entry. ``knowing`` gives
    columns that whoever opens it is not asked, for the domain that opens it knows them. Raises Invalid, NotAllowed.
    """
    repeated = _repeated(loop, key, actor, "opened")
    if repeated is not None:
        return repeated
    try:
        with transaction.atomic(), rules_reach_back(), gathered():
            new = NewMatter(data, at, key, parent, is_demo, knowing)
            happened = claimed(at, SEALED_LAG if device else TOLERATED_LAG)
            return _open(loop, actor, new, happened, evidence or {}, device)
    except IntegrityError:
        repeated = _repeated(loop, key, actor, "opened")
        if repeated is not None:
            return repeated
        raise


def take(
    step: str, matter: Matter, actor: Actor, data: Mapping[str, Any] | None = None, *, at: datetime | None = None,
    key: uuid.UUID | None = None, version: int | None = None, evidence: EvidenceIds | None = None,
    device: DeviceSeal | None = None,
) -> ledger.LedgerEntry:  # fmt: skip
    """Take a step of a matter and return its entry.

    ``version`` is the one the actor had read: if somebody was first, Changed tells what changed. ``device`` is the verified
    chain of a phone that captured the step. Raises NotSeen, NotAllowed, Changed, Invalid; nothing is written then.
    """
    loop = matter.loop
    if step not in loop.steps:
        raise NotSeen
    try:
        with transaction.atomic(), rules_reach_back(), gathered():
            return _take(
                loop,
                loop.steps[step],
                matter.pk,
                actor,
                data or {},
                claimed(at, SEALED_LAG if device else TOLERATED_LAG),
                key,
                version,
                evidence or {},
                device,
            )
    except IntegrityError:
        repeated = _repeated(loop, key, actor, step, matter.pk)
        if repeated is not None:
            return repeated
        raise


def _open(
    loop: type[Loop], actor: Actor, new: NewMatter, at: datetime, evidence: EvidenceIds, device: DeviceSeal | None = None
) -> ledger.LedgerEntry:  # fmt: skip
    opening = loop.opening
    if opening is None:
        raise NotSeen
    taking = begun(
        loop, actor, new, at, clock.now(), lambda: next_numbers(1)[0], evidence=evidence, device=device
    )
    row = taking.row
    deadline = duties.enter(loop, row, at, received_at=taking.received_at, opened=taking.opened)
    row.write_new()
    taking.noted["row"] = changed_columns(row, {}, taking.values)
    entry = _note(taking, opening, new.key, "", row.state, deadline)
    _consequences(taking, "opened", entry)
    return entry


def _take(
    loop: type[Loop], step: Step, pk: uuid.UUID, actor: Actor, data: Mapping[str, Any], at: datetime,
    key: uuid.UUID | None, version: int | None, evidence: EvidenceIds, device: DeviceSeal | None = None,
) -> ledger.LedgerEntry:  # fmt: skip
    row = _locked(loop, pk, actor)
    if key is not None and any(one.key == key for one in row.around.past):
        # Under the lock of the row: the same step sent twice at once finds here what the first one wrote.
        repeated = _repeated(loop, key, actor, step.name, pk)
        if repeated is not None:
            return repeated
    if version is not None and row.version != version and not step.any_time:
        raise _changed(row, version)
    taking = Taking(loop, step.name, row, actor, {}, at, clock.now(), evidence, device=device)
    judged = judge(step, taking, data)
    deadline = _move(judged)
    written = judged.settle()
    row.write_columns(written)
    entry = _note(taking, step, key, judged.from_state, row.state, deadline)
    if judged.has_moved:
        evidence_store.follow(row.pk, row)
        duties.follow(row)
    _consequences(taking, step.name, entry)
    return entry


def _move(judged: Judged) -> Deadline | None:
    """Change the state and renew duties as the step says."""
    taking, row = judged.taking, judged.taking.row
    for line in judged.lines_done:
        duties.close(row, taking.at, key=line)
    if taking.to_state is not None:
        row.state = taking.to_state
    if taking.to_state is not None or taking.renew_duties:
        row.paused_at = None
        return duties.enter(
            taking.loop,
            row,
            taking.at,
            received_at=taking.received_at,
            due_at=taking.due_at,
            opened=taking.opened,
        )
    return None


def _consequences(taking: Taking, act: str, entry: ledger.LedgerEntry) -> None:
    """Open declared duty lines and the matters of loops that answer to this step; tell people and live pages."""
    row = taking.row
    if row.is_open:
        for line in taking.loop.lines.values():
            if act in line.opens:
                taking.opened += duties.open_line(taking.loop, row, line, taking.received_at)
    tell_of_step(taking)
    for child in taking.along:
        # By the same person for the same reason, as a step of its own: its duties, its ledger, its notices.
        _take(
            child.loop,
            child.loop.steps[act],
            child.pk,
            taking.actor,
            _same_answers(taking),
            taking.at,
            None,
            None,
            {},
        )
    for higher, answer in answering(taking.loop, act):
        if answer.when(row):
            _open(
                higher, taking.actor, NewMatter(answer.data(row), None, None, row, row.is_demo), taking.at, {}
            )
    if row.parent_id:
        tell(row.parent_loop, row.parent_id)
    tell(taking.loop.slug, row.pk)
    count(taking.loop.slug, act)


def _same_answers(taking: Taking) -> dict[str, Any]:
    return {name: getattr(value, "pk", value) for name, value in taking.values.items()}


def tell(loop: str, pk: uuid.UUID) -> None:
    """Tell live pages, once the transaction commits, that a matter changed; only its name goes out, never its content."""
    tell_many([(loop, pk)])


def tell_many(changed: Iterable[tuple[str, uuid.UUID]]) -> None:
    """Tell live pages of several matters what ``tell`` tells of one."""
    said_of = [json.dumps({"loop": loop, "id": str(pk)}) for loop, pk in dict.fromkeys(changed)]
    write_often(_TELL, [LIVE_CHANNEL, said_of])


_TELL = "SELECT pg_notify(%s || current_schema(), one) FROM unnest(%s::text[]) AS one"


def _note(
    taking: Taking,
    step: Step | Opening,
    key: uuid.UUID | None,
    from_state: str,
    to_state: str,
    deadline: Deadline | None,
) -> ledger.LedgerEntry:
    """Append the entry: open answers in the chain, personal ones sealed beside it; bind the evidence by hash."""
    row = taking.row
    data, sealed = said(taking, step, deadline)
    offered = taking.files
    entry = ledger.append(
        row.pk, subject_of(type(row)), taking.act, taking.actor, at=taking.at, received_at=taking.received_at, data=data,
        private=sealed or None, rules=taking.rules, evidence=[e.sha256 for found in offered.values() for e in found],
        key=key, from_state=from_state, to_state=to_state, is_demo=row.is_demo,
    )  # fmt: skip
    for purpose, found in offered.items():
        evidence_store.bind(found, row.pk, purpose, entry, row)
    return entry


def as_written(rows: Any) -> Any:
    """Return rows as a step reads them, locked: with the names of place and holder, for the words to find the row by."""
    return rows.defer("search").select_related("territory", "holder").select_for_update(of=("self",))


_MATTER = KeptReading(as_written)


def _locked(loop: type[Loop], pk: uuid.UUID, actor: Actor) -> Any:
    if actor.is_clock:
        found = list(as_written(loop.model.unscoped("the clock acts on every matter").filter(pk=pk)))
    else:
        found = loop.model.seen_one(actor, pk, _MATTER)
    if not found:
        raise NotSeen
    return found[0]


def _changed(row: Any, version: int) -> Changed:
    counted = {"opened"} | {name for name, step in row.loop.steps.items() if not step.any_time}
    moves = [entry for entry in ledger.history(row.pk) if entry.act in counted]
    words = Words(
        "已有人先处理了，现在的状态是“{state}”。", "Somebody was first; it is now in the state “{state}”."
    )
    return Changed(words.filled(state=row.state_words), moves[version:] or moves[-1:])


def _repeated(
    loop: type[Loop], key: uuid.UUID | None, actor: Actor, act: str, pk: uuid.UUID | None = None
) -> ledger.LedgerEntry | None:
    """Return the entry of the same act of the same person with this key, if it was taken before."""
    entry = ledger.find_by_key(key) if key else None
    if entry is None:
        return None
    is_same = (entry.subject, entry.act, entry.actor_person) == (subject_of(loop.model), act, actor.person_id)
    if not is_same or (pk is not None and entry.chain != pk):
        raise Invalid({"key": [Words("该提交编号已用于别的操作。", "This key was used for another act.")]})
    return entry


def duties_of(row: Matter) -> list[Duty]:
    """Return the open duties of a matter, the most urgent first."""
    open_duties = Duty.objects.filter(matter_id=row.pk, done_at=None).select_related("party", "post")
    return list(open_duties.order_by("due_at", "id"))
