"""What the commands about cases share: a matter found by its number or chain, and its entries in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from anlan.kernel.ledger.case_page import Told
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.words import Words

CLOCK = Words("时钟", "The clock")
REASON = Words("依据", "Reason")
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


def told_of(entry: LedgerEntry, model: Any) -> Told:
    """Return an entry as people read it: who did what, and what was answered."""
    answers = entry.data.get("answers") if isinstance(entry.data, dict) else None
    facts = [
        (_label(model, name), _said(model, name, value)) for name, value in (answers or {}).items() if value
    ]
    reasons = entry.data.get("reasons", []) if isinstance(entry.data, dict) else []
    facts += [
        (REASON, f"{one['zh']} / {one['en']}") for one in reasons if isinstance(one, dict) and "zh" in one
    ]
    return Told(sentence_of(entry, model), facts)


def _label(model: Any, name: str) -> Words:
    try:
        label: Any = spec_of(model, name).label
    except (FieldDoesNotExist, TypeError):
        label = next((ask.words for ask in _asks(model) if ask.name == name), None)
    return label if isinstance(label, Words) else Words(name, name)


def _asks(model: Any) -> Iterator[Any]:
    for step in getattr(getattr(model, "loop", None), "steps", {}).values():
        yield from step.extra_asks()


def _said(model: Any, name: str, value: Any) -> str:
    try:
        choices = {str(key): words for key, words in spec_of(model, name).choices or ()}
    except (FieldDoesNotExist, TypeError):
        choices = {}
    if isinstance(value, dict):
        value = value.get("name") or value.get("zh") or ""
    chosen = choices.get(str(value))
    return f"{chosen.zh} / {chosen.en}" if isinstance(chosen, Words) else str(value)


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
