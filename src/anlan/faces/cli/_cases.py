"""What the commands about cases share: a matter found by its number or chain, and its entries in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.words import Words

CLOCK = Words("时钟", "The clock")
ACTS = {
    "opened": Words("发起", "opened it"),
    "created": Words("登记", "registered it"),
    "edited": Words("修改", "edited it"),
    "archived": Words("归档", "archived it"),
    "restored": Words("恢复", "restored it"),
    "private_erased": Words("删除了个人信息", "erased the personal data"),
}


def find_row(text: str) -> Any | None:
    """Return the matter or register row with this number or id, in whatever kind it is."""
    for model in _kinds():
        rows = model.unscoped("a command exports a case by its number")
        if (found := _as_id(text)) is not None:
            row = rows.filter(pk=found).first()
        elif any(field.name == "number" for field in model._meta.fields):
            row = rows.filter(number=text).first()
        else:
            continue
        if row is not None:
            return row
    return None


def number_of(chain: uuid.UUID, subject: str) -> str:
    """Return the number people know a chain's row by, if it is still there."""
    for model in _kinds():
        if subject in ("", model._meta.label):
            row = model.unscoped("verification names the matter it found fault with").filter(pk=chain).first()
            if row is not None:
                return str(getattr(row, "number", "") or row)
    return ""


def sentence_of(entry: LedgerEntry, model: Any) -> Words:
    """Return who did what, in both languages."""
    loop = getattr(model, "loop", None)
    said = _act(entry, loop)
    who_zh = CLOCK.zh if entry.actor_kind == "clock" else entry.actor_name
    who_en = CLOCK.en if entry.actor_kind == "clock" else entry.actor_name
    states = getattr(loop, "states", {})
    after = states[entry.to_state].words if entry.to_state in states else None
    zh = f"{who_zh}：{said.zh}" + (f" → {after.zh}" if after else "")
    en = f"{who_en}: {said.en}" + (f" → {after.en}" if after else "")
    return Words(zh, en)


def _act(entry: LedgerEntry, loop: Any) -> Words:
    steps = getattr(loop, "steps", {})
    if entry.act in steps:
        words: Words = steps[entry.act].words
        return words
    if entry.act == "opened" and getattr(loop, "opening", None):
        opening: Words = loop.opening.words
        return opening
    return ACTS.get(entry.act) or Words(entry.act, entry.act)


def _kinds() -> Iterator[Any]:
    from anlan.kernel.loops import loops
    from anlan.kernel.registers import registers

    yield from (loop.model for loop in loops())
    yield from registers()


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
