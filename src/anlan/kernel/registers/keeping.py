"""Keeping a register: create, edit, archive, restore. Each is one transaction with its line in the ledger.

A key made by the client makes each act idempotent; the version read by the client makes edits safe for two at once.
Personal fields (sensitivity 2 and above) are sealed beside the chain, never in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from anlan.kernel import clock, ledger
from anlan.kernel.copying import new_row
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.fields import plain, sensitivity_of
from anlan.kernel.registers.forms import cleaned, form_for, reason_of
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.words import Words

R = TypeVar("R", bound=Register)
NO_FORM = Words(
    "“{what}”自动登记，不能录入。", "“{what}” are registered by themselves and entered by no form."
)
SAME_RECORD = Words("已有相同的记录。", "There is already such a record.")


def subject_of(model: type[models.Model]) -> str:
    """Return the name under which the ledger keeps rows of a model."""
    return f"{model._meta.app_label}.{model.__name__}"


def create(
    model: type[R], actor: Actor, data: Mapping[str, Any], *, at: datetime | None = None, key: uuid.UUID | None = None,
    is_demo: bool = False,
) -> R:  # fmt: skip
    """Create a row. Raises Invalid (with every reason), NotAllowed; a repeated ``key`` returns the first result."""
    before = repeated(model, key, actor, "created")
    if before is not None:
        return before
    must_be_entered(model)
    now = clock.now()
    values = with_every_fault(model, partial(cleaned, form_for(model, model.kept.asks, actor, data)))
    row = made(model, actor, values, at or now, now, is_demo=is_demo)
    try:
        with transaction.atomic():
            row.before_write(actor, is_new=True)
            row.save(force_insert=True)
            _note(row, "created", actor, at or now, {name: values[name] for name in values}, key)
            row.after_write(actor)
    except IntegrityError as fault:
        before = repeated(model, key, actor, "created")
        if before is not None:
            return before
        raise Invalid(_named_fault(model, fault)) from fault
    return row


def made(
    model: type[R],
    actor: Actor,
    values: Mapping[str, Any],
    at: datetime,
    now: datetime,
    *,
    is_demo: bool = False,
) -> R:
    """Make a row of cleaned values and hold it to everything but what the database decides; it is not written yet."""
    stamps = {"created_at": now, "updated_at": now, "is_demo": is_demo or actor.is_demo}
    row = new_row(model, {**values, **stamps})
    row.settle()
    row.prepare(actor, at)
    row.settle()
    _must_write(row, actor)
    _must_hold(row)
    return row


def with_every_fault(
    model: type[Register], read: Callable[[], dict[str, Any]], stands: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what a form read; where it refuses, add what the register says of the sound fields, so that all is told at once.

    ``stands`` are the values of a row that is edited.
    """
    try:
        return read()
    except Invalid as refusal:
        sound = {**(stands or {}), **refusal.sound}
        for name in refusal.errors:
            sound.pop(name, None)
        early = {
            name: told for name, told in model.faults_so_far(sound).items() if name not in refusal.errors
        }
        raise Invalid({**refusal.errors, **early}, refusal.sound) from None


def must_be_entered(model: type[Register]) -> None:
    """Refuse to enter by a form what only its own act writes (a receipt, a task of a schedule). Raises NotAllowed."""
    if not model.kept.asks:
        raise NotAllowed(NO_FORM.filled(what=model.kept.words))


def edit(
    model: type[R], pk: Any, actor: Actor, data: Mapping[str, Any], *, version: int | None = None, reason: str = "",
    at: datetime | None = None, key: uuid.UUID | None = None,
) -> R:  # fmt: skip
    """Change fields of a row; only fields given change. Raises NotSeen, NotAllowed, Changed, Invalid."""
    reason = reason_of(reason) if reason else ""
    now = clock.now()
    try:
        with transaction.atomic():
            row = _locked(model, pk, actor)
            before = repeated(model, key, actor, "edited", row)
            if before is not None:
                return before
            must_be_current(row, actor, version)
            names = [name for name in model.kept.asks if name in data]
            stood = {name: getattr(row, name) for name in names}
            all_stands = {name: getattr(row, name) for name in model.kept.asks}
            read = partial(cleaned, form_for(model, names, actor, data))
            for name, value in with_every_fault(model, read, all_stands).items():
                setattr(row, name, value)
            row.settle()
            _must_hold(row)
            _must_write(row, actor)
            changes = row.changes_from(stood)
            if changes:
                row.before_write(actor, is_new=False)
                _save(row, now)
                _note(row, "edited", actor, at or now, changes, key, reason=reason)
                row.after_write(actor)
    except IntegrityError as fault:
        raise Invalid(_named_fault(model, fault)) from fault
    return row


def archive(
    model: type[R],
    pk: Any,
    actor: Actor,
    reason: str,
    *,
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> R:
    """Archive a row with a reason; it leaves the lists and stays findable. Never deletes."""
    return _set_archived(model, pk, actor, reason, archived=True, version=version, key=key)


def restore(
    model: type[R],
    pk: Any,
    actor: Actor,
    reason: str,
    *,
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> R:
    """Bring an archived row back, with a reason."""
    return _set_archived(model, pk, actor, reason, archived=False, version=version, key=key)


def _set_archived(
    model: type[R],
    pk: Any,
    actor: Actor,
    reason: str,
    *,
    archived: bool,
    version: int | None,
    key: uuid.UUID | None,
) -> R:
    reason, now, act = reason_of(reason), clock.now(), "archived" if archived else "restored"
    with transaction.atomic():
        row = _locked(model, pk, actor)
        before = repeated(model, key, actor, act, row)
        if before is not None:
            return before
        must_be_current(row, actor, version)
        if row.is_archived != archived:
            row.archived_at = now if archived else None
            row.archive_reason = reason if archived else ""
            if not archived:
                _must_hold(row)
                row.stands_again(actor)
            _save(row, now)
            _note(row, act, actor, now, {}, key, reason=reason)
            row.after_write(actor)
    return row


def repeated(model: type[R], key: uuid.UUID | None, actor: Actor, act: str, row: R | None = None) -> R | None:
    """Return the row that the same act of the same person with this key made or changed before."""
    entry = ledger.find_by_key(key) if key else None
    if entry is None:
        return None
    is_same = (entry.subject, entry.act, entry.actor_person) == (subject_of(model), act, actor.person_id)
    if not is_same or (row is not None and entry.chain != row.pk):
        raise Invalid({"key": [Words("该提交编号已用于别的操作。", "This key was used for another act.")]})
    return model.unscoped("idempotent replay of an act by its key").get(pk=entry.chain)


def _locked(model: type[R], pk: Any, actor: Actor) -> R:
    try:
        return model.seen_by(actor).select_for_update(of=("self",)).get(pk=pk)
    except model.DoesNotExist:
        raise NotSeen from None


def must_be_current(row: Register, actor: Actor, version: int | None) -> None:
    """Hold a locked row to the post that writes it and to the version it was read at. Raises NotAllowed, Changed."""
    _must_write(row, actor)
    if version is not None and row.version != version:
        since = [entry for entry in ledger.history(row.pk) if entry.seq > version]
        raise Changed(
            Words(
                "内容已被他人更新，请核对后再提交。",
                "Somebody else changed it first; compare and send again.",
            ),
            since,
        )


def _must_write(row: Register, actor: Actor) -> None:
    if not row.kept.writers.allows(actor, row, row._meta.app_label):
        raise NotAllowed(Words("您的岗位不能维护这条记录。", "Your post may not maintain this record."))


def _must_hold(row: Register) -> None:
    faults = row.faults()
    if faults:
        raise Invalid(faults)


def _save(row: Register, now: datetime) -> None:
    row.version += 1
    row.updated_at = now
    row.save(force_update=True)


def _note(
    row: Register,
    act: str,
    actor: Actor,
    at: datetime,
    data: Mapping[str, Any],
    key: uuid.UUID | None,
    *,
    reason: str = "",
) -> None:
    """Append to the ledger; what is personal is sealed beside the chain."""
    shared, sealed = entry_parts(type(row), data)
    if reason:
        shared["reason"] = reason
    ledger.append(
        row.pk, subject_of(type(row)), act, actor,
        at=at, received_at=clock.now(), data=shared, private=sealed or None, key=key, is_demo=row.is_demo,
    )  # fmt: skip


def entry_parts(model: type[models.Model], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an entry says openly and what is sealed beside the chain."""
    shared: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for name, value in data.items():
        (sealed if sensitivity_of(model, name) >= PERSONAL else shared)[name] = plain(value)
    return shared, sealed


def _named_fault(model: type[models.Model], fault: IntegrityError) -> dict[str, list[Words]]:
    """Turn a violated constraint into a reason at its field; the database decides, so two at once cannot both pass."""
    diag = getattr(fault.__cause__, "diag", None)
    name = getattr(diag, "constraint_name", "") or ""
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            return {constraint.fields[0] if constraint.fields else "": [SAME_RECORD]}
    for f in model._meta.fields:
        if f.unique and not f.primary_key and f"{model._meta.db_table}_{f.column}_" in name:
            return {f.name: [SAME_RECORD]}
    return {"": [Words("与已有记录冲突。", "This conflicts with an existing record.")]}
