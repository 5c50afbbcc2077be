"""Merging two entries of one enterprise, and undoing it: the rare writes of the register that are not one edit.

Nothing is moved and nothing deleted: the other row is archived and points to the kept one, and the kept party succeeds the
other, so that its people see and are awaited for what was open. Undoing takes exactly these marks away again.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock, ledger
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import PartySuccession
from anlan.kernel.scope.who import regulator
from anlan.kernel.words import Words

REASON_LENGTH = 300
MERGED, MERGED_AWAY = "merged", "merged_away"
UNMERGED, RESTORED = "unmerged", "unmerged_away"


def merge(
    keep: uuid.UUID, other: uuid.UUID, actor: Actor, reason: str, *, key: uuid.UUID | None = None,
    version: int | None = None,
) -> Enterprise:  # fmt: skip
    """Merge ``other`` into ``keep`` and return the kept row. ``version`` is that of the other row as it was read.

    Raises NotSeen, NotAllowed (only officers whose grant covers both), Changed, Invalid (itself, chains of merges, no
    reason). A repeated ``key`` returns the first result.
    """
    repeated = _repeated(key, MERGED)
    if repeated is not None:
        return repeated
    _must_say(reason)
    try:
        with transaction.atomic():
            kept, gone = _locked_pair(keep, other, actor)
            _must_be_free(kept, gone)
            if version is not None and gone.version != version:
                raise Changed(Words("对方记录已被他人更新。", "The other record was changed meanwhile."))
            _succeed(kept, gone)
            gone.archived_at, gone.archive_reason, gone.merged_into = (
                clock.now(),
                reason[:REASON_LENGTH],
                kept,
            )
            _save(gone)
            _save(kept)
            _note(kept, MERGED, gone, actor, reason, key)
            _note(gone, MERGED_AWAY, kept, actor, reason, None)
    except IntegrityError:
        return _repeated_or_raise(key, MERGED)
    return kept


def unmerge(other: uuid.UUID, actor: Actor, reason: str, *, key: uuid.UUID | None = None) -> Enterprise:
    """Undo the merge of ``other``: it stands as before, its people answer for it again. Returns the restored row.

    What was opened for the kept enterprise meanwhile stays with it. Raises as ``merge`` does.
    """
    repeated = _repeated(key, RESTORED)
    if repeated is not None:
        return repeated
    _must_say(reason)
    try:
        with transaction.atomic():
            kept, gone = _locked_pair(_kept_of(other, actor), other, actor)
            if gone.merged_into_id != kept.pk:
                raise Changed(Words("合并关系已被他人改变。", "Somebody else changed the merge first."))
            PartySuccession.objects.filter(
                predecessor_id=gone.holder_id, successor_id=kept.holder_id, source=_source(gone)
            ).delete()
            gone.archived_at, gone.archive_reason, gone.merged_into = None, "", None
            _save(gone)
            _save(kept)
            _note(gone, RESTORED, kept, actor, reason, key)
            _note(kept, UNMERGED, gone, actor, reason, None)
    except IntegrityError:
        return _repeated_or_raise(key, RESTORED)
    return gone


def may_merge(row: Enterprise, actor: Actor) -> bool:
    """Say whether the actor is an officer whose grant to act covers the row."""
    return regulator.allows(actor, row, row._meta.app_label)


def _locked_pair(keep: uuid.UUID, other: uuid.UUID, actor: Actor) -> tuple[Enterprise, Enterprise]:
    """Return both rows locked, always in the order of their ids so that two merges cannot wait for each other."""
    if keep == other:
        raise Invalid({"other": [Words("不能与自身合并。", "A record cannot be merged with itself.")]})
    rows = Enterprise.seen_by(actor).select_for_update(of=("self",)).order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=(keep, other))}
    if len(found) < 2:
        raise NotSeen
    if not all(may_merge(row, actor) for row in found.values()):
        raise NotAllowed(
            Words(
                "只有对两家企业都有监管权限的干部可以合并。",
                "Only an officer responsible for both may merge.",
            )
        )
    return found[keep], found[other]


def _must_be_free(kept: Enterprise, gone: Enterprise) -> None:
    """Refuse chains: a merged row is no part of another merge until it is undone."""
    if kept.is_archived or gone.is_archived:
        raise Invalid(
            {
                "other": [
                    Words(
                        "已归档或已合并的企业不能再合并。", "An archived or merged record cannot be merged."
                    )
                ]
            }
        )
    if Enterprise.unscoped("whether a row already took others in").filter(merged_into=gone).exists():
        raise Invalid(
            {
                "other": [
                    Words(
                        "对方名下已并入其他企业，先撤销那次合并。",
                        "Others were merged into it; undo that merge first.",
                    )
                ]
            }
        )
    if kept.holder_id is None or gone.holder_id is None:
        raise Invalid(
            {"other": [Words("记录缺少所属单位，不能合并。", "A record without its party cannot be merged.")]}
        )


def _succeed(kept: Enterprise, gone: Enterprise) -> None:
    """Let the kept party take over what is open at the other, unless it does so already for another reason."""
    if kept.holder_id != gone.holder_id:
        PartySuccession.objects.get_or_create(
            predecessor_id=gone.holder_id, successor_id=kept.holder_id,
            defaults={"since": clock.today(), "source": _source(gone)},
        )  # fmt: skip


def _source(gone: Enterprise) -> str:
    """Return the mark by which undoing finds exactly the succession that the merge made."""
    return f"enterprises.merge:{gone.pk}"


def _kept_of(other: uuid.UUID, actor: Actor) -> uuid.UUID:
    row = Enterprise.seen_by(actor).filter(pk=other).first()
    if row is None:
        raise NotSeen
    if row.merged_into_id is None:
        raise Invalid({"other": [Words("这家企业没有被合并。", "This enterprise was not merged.")]})
    kept: uuid.UUID = row.merged_into_id
    return kept


def _must_say(reason: str) -> None:
    if not reason.strip():
        raise Invalid({"reason": [Words("写明原因。", "Give the reason.")]})
    if len(reason) > REASON_LENGTH or "\x00" in reason:
        raise Invalid(
            {
                "reason": [
                    Words("原因过长或含有无法保存的字符。", "The reason is too long or cannot be stored.")
                ]
            }
        )


def _save(row: Enterprise) -> None:
    row.version += 1
    row.updated_at = clock.now()
    row.save(force_update=True)


def _note(
    row: Enterprise, act: str, partner: Enterprise, actor: Actor, reason: str, key: uuid.UUID | None
) -> None:
    now = clock.now()
    data: dict[str, Any] = {"reason": reason, "with": {"id": str(partner.pk), "name": partner.name}}
    ledger.append(row.pk, subject_of(Enterprise), act, actor, at=now, received_at=now, data=data, key=key)


def _repeated(key: uuid.UUID | None, act: str) -> Enterprise | None:
    """Return what an earlier merge or undoing with this key led to."""
    entry = ledger.find_by_key(key) if key else None
    if entry is None:
        return None
    if entry.subject != subject_of(Enterprise) or entry.act != act:
        raise Invalid({"key": [Words("该提交编号已用于别的操作。", "This key was used for another act.")]})
    return Enterprise.unscoped("idempotent replay of a merge by its key").get(pk=entry.chain)


def _repeated_or_raise(key: uuid.UUID | None, act: str) -> Enterprise:
    repeated = _repeated(key, act)
    if repeated is None:
        raise Changed(Words("两人同时操作，请重试。", "Two people acted at once; try again."))
    return repeated
