"""What the ledger's entry of a step says: open answers in the chain, personal ones sealed beside it."""

from __future__ import annotations

from typing import Any

from anlan.kernel.loops.declaration import Opening, Step
from anlan.kernel.loops.due import Deadline
from anlan.kernel.loops.taking import Taking
from anlan.kernel.registers.fields import plain, spec_of
from anlan.kernel.scope.actor import PERSONAL


def said(
    taking: Taking, step: Step | Opening, deadline: Deadline | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stands in the chain and what is sealed beside it; the rule of the deadline joins the taking's rules."""
    fields = set(step.field_names())
    shared: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for name, value in taking.values.items():
        personal = name in fields and spec_of(type(taking.row), name).sensitivity >= PERSONAL
        (sealed if personal else shared)[name] = plain(value)
    data: dict[str, Any] = {"answers": shared, **plain(taking.noted)}
    if taking.device:
        data["device"] = taking.device.kept()
    if taking.reasons:
        data["reasons"] = [words.both() for words in taking.reasons]
    if deadline is not None and deadline.at is not None:
        data["due_at"] = deadline.at.isoformat()
        if "key" in deadline.rule:
            taking.rules.append(deadline.rule)
    return data, sealed
