"""Replaying a matter: its past recomputed from its ledger entries alone and compared with the row.

Each entry must follow from the declaration (a step from that state to that one), its deadline must come out again from the
rule in force then, each stored rule must still be found with the same value, and the last of it must be the row. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from django.db import models

from anlan.kernel import rules
from anlan.kernel.ledger import LedgerEntry, history
from anlan.kernel.loops.columns import columns_of, kept_fields
from anlan.kernel.loops.declaration import Loop
from anlan.kernel.loops.due import ByDate, end_of
from anlan.kernel.registers.fields import plain

LATE, ERASED = "late_", "private_erased"


@dataclass
class Replayed:
    """One entry replayed: what it did, under which rules, and what does not come out as written."""

    seq: int
    act: str
    at: datetime
    from_state: str
    to_state: str
    rules: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


@dataclass
class Replay:
    """A whole matter replayed."""

    steps: list[Replayed]
    differences: list[str]

    @property
    def agrees(self) -> bool:
        """Say whether everything came out as written."""
        return not self.differences and not any(step.differences for step in self.steps)


def replay(row: Any) -> Replay:
    """Recompute the past of a matter and compare it with the row."""
    loop, columns, version, state = row.loop, dict[str, Any](), 0, ""
    steps: list[Replayed] = []
    for entry in history(row.pk):
        done = Replayed(entry.seq, entry.act, entry.at, entry.from_state, entry.to_state)
        if entry.from_state != state:
            done.differences.append(f"it starts from {entry.from_state!r}, but {state!r} was reached")
        done.differences += _unlawful(loop, entry)
        columns |= _columns_told(row, entry)
        done.differences += _deadline(loop, entry, columns)
        done.rules, unlike = _rules(entry)
        done.differences += unlike
        state, version = entry.to_state, version + _counts(loop, entry)
        steps.append(done)
    return Replay(steps, list(_compared(row, columns, state, version)))


def _unlawful(loop: type[Loop], entry: LedgerEntry) -> Iterator[str]:
    if entry.act == "opened":
        if loop.opening is None or entry.to_state != loop.opening.to.name:
            yield "the declaration opens in another state"
    elif entry.act in loop.steps:
        step = loop.steps[entry.act]
        if not step.any_time and not step.is_from(entry.from_state):
            yield f"the step is not declared from {entry.from_state!r}"
        if entry.to_state != (step.to.name if step.to else entry.from_state):
            yield f"the step is not declared to lead to {entry.to_state!r}"
    elif entry.act != ERASED and not entry.act.startswith(LATE):
        yield "the declaration knows no such step"
    elif entry.from_state != entry.to_state:
        yield "only a step moves a matter"


def _columns_told(row: Any, entry: LedgerEntry) -> dict[str, Any]:
    """Return the columns as the entry tells them: its answers, then what the step changed beyond them."""
    model: type[models.Model] = type(row)
    names = {column.name: column.attname for column in kept_fields(model)}
    answers: Mapping[str, Any] = entry.data.get("answers", {})
    told = {
        names[name]: value["id"] if isinstance(value, dict) and "id" in value else value
        for name, value in answers.items()
        if name in names
    }
    return told | dict(entry.data.get("row", {}))


def _deadline(loop: type[Loop], entry: LedgerEntry, columns: Mapping[str, Any]) -> Iterator[str]:
    """Recompute the deadline of the state that was entered."""
    state = loop.states.get(entry.to_state)
    if state is None or state.due is None or entry.from_state == entry.to_state:
        return
    then = SimpleNamespace(**{name: _typed(loop, name, value) for name, value in columns.items()})
    for column in kept_fields(loop.model):
        if not hasattr(then, column.attname):
            setattr(then, column.attname, None)
    if isinstance(state.due, ByDate):
        day = getattr(then, state.due.column)
        at = end_of(day) if isinstance(day, date) else None
    else:
        try:
            at = state.due.deadline(then, entry.received_at).at
        except rules.RuleGap as gap:
            yield f"no rule gives the deadline any more: {gap}"
            return
    written = plain(_typed(loop, "due_at", columns.get("due_at")))
    if plain(at) != written:
        yield f"the deadline was written as {written}, and comes out as {plain(at)}"


def _typed(loop: type[Loop], name: str, value: Any) -> Any:
    column = next((c for c in kept_fields(loop.model) if c.attname == name), None)
    return (
        column.to_python(value)
        if column is not None and value is not None and not column.is_relation
        else value
    )


def _rules(entry: LedgerEntry) -> tuple[list[str], list[str]]:
    """Look every stored rule up again as of its own version; return how it reads, and what changed under it."""
    shown, unlike = [], []
    for stored in entry.rules:
        if "key" not in stored:
            shown.append(f"{stored.get('calculator', '?')} → {stored.get('grade_zh', '')}")
            continue
        version = f"{stored['where']}, {stored['version']}, {stored['confidence']}"
        shown.append(f"{stored['key']} = {stored['value']} {stored['unit']} ({version})")
        try:
            found = rules.parameter(stored["key"], date.fromisoformat(stored["version"]), stored["where"])
        except LookupError as gap:
            unlike.append(f"the rule {stored['key']} of {stored['version']} is no longer there: {gap}")
            continue
        now = found.stored()
        if any(now[name] != stored[name] for name in ("value", "unit", "version", "where")):
            unlike.append(
                f"the rule {stored['key']} now reads {now['value']} {now['unit']} ({now['version']})"
            )
    return shown, unlike


def _counts(loop: type[Loop], entry: LedgerEntry) -> int:
    step = loop.steps.get(entry.act)
    return int(entry.act == "opened" or (step is not None and not step.any_time))


def _compared(row: Any, columns: Mapping[str, Any], state: str, version: int) -> Iterator[str]:
    if state != row.state:
        yield f"the row is in {row.state!r}, the entries lead to {state!r}"
    if version != row.version:
        yield f"the row is at version {row.version}, the entries lead to {version}"
    for name, value in columns_of(row).items():
        now, then = plain(value), plain(_typed(type(row).loop, name, columns.get(name)))
        if now != then and not (now in (None, "", False) and then in (None, "", False)):
            yield f"{name} is {now!r}, the entries lead to {then!r}"
