"""What every act on people and posts shares: its line in the ledger, its key, its checks of texts and days."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from anlan.kernel import clock, ledger
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.fields import plain
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

POST, PARTY, ACCOUNT = "scope.Post", "scope.Party", "identity.Account"
LONGEST_REASON = 300
# How far from today a change may be dated: late entry of what has happened, and what is decided for the coming months.
BACK, AHEAD = timedelta(days=366 * 5), timedelta(days=366)


def note(
    chain: uuid.UUID, subject: str, act: str, actor: Actor, data: Mapping[str, Any], *,
    private: Mapping[str, Any] | None = None, key: uuid.UUID | None = None, is_demo: bool = False,
) -> None:  # fmt: skip
    """Append to the ledger; the caller holds the lock of the row that owns the chain."""
    now = clock.now()
    ledger.append(
        chain, subject, act, actor, at=now, received_at=now, data={name: plain(value) for name, value in data.items()},
        private=private, key=key, is_demo=is_demo or actor.is_demo,
    )  # fmt: skip


def was_done(key: uuid.UUID | None, act: str) -> uuid.UUID | None:
    """Return the chain on which an act with this key was already written; another act with it is refused."""
    entry = ledger.find_by_key(key) if key else None
    if entry is None:
        return None
    if entry.act != act:
        raise Invalid({"key": [Words("该提交编号已用于别的操作。", "This key was used for another act.")]})
    return entry.chain


def text(name: str, value: object, longest: int, *, required: bool = True) -> str:
    """Return a text as it is stored; raises Invalid at the field."""
    given = str(value or "").strip()
    if required and not given:
        raise Invalid({name: [Words("必填。", "This is required.")]})
    if len(given) > longest:
        raise Invalid({name: [Words("内容过长。", "This is too long.")]})
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in given):
        raise Invalid({name: [Words("含有无法保存的字符。", "Contains characters that cannot be stored.")]})
    return given


def day(name: str, value: object) -> date:
    """Return a day not too far from today; raises Invalid at the field."""
    try:
        found = value if isinstance(value, date) else date.fromisoformat(str(value or "").strip())
    except ValueError:
        raise Invalid(
            {name: [Words("填写日期，例如 2026-03-02。", "Give a date such as 2026-03-02.")]}
        ) from None
    today = clock.today()
    if not today - BACK <= found <= today + AHEAD:
        raise Invalid({name: [Words("日期离今天太远。", "The date is too far from today.")]})
    return found
