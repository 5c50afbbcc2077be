"""Duties recomputed from the row and its declaration alone, to be compared with the stored ones; part of ``./anlan verify``.

The projection is safe only while the engine is its sole writer: this is the proof that it still is. Changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops import duties
from anlan.kernel.loops.models import Duty
from anlan.kernel.scope.who import Who


@dataclass(frozen=True, order=True)
class Expected:
    """One awaited place of one open duty; two sets of these are compared."""

    key: str
    party: str
    kinds: tuple[str, ...]
    post: str
    due_at: str
    is_paused: bool

    @staticmethod
    def of(duty: Duty) -> Expected:
        """Return what a stored duty says."""
        return Expected(
            duty.key, str(duty.party_id or ""), tuple(duty.kinds), str(duty.post_id or ""), _text(duty.due_at),
            duty.paused_at is not None,
        )  # fmt: skip


def expected_duties(row: Any, entries: Iterable[LedgerEntry] | None = None) -> set[Expected]:
    """Return the duties that a matter must have open, from its columns, its declaration and its entries."""
    if not row.is_open:
        return set()
    loop, state = row.loop, row.present_state
    history = list(LedgerEntry.objects.filter(chain=row.pk).order_by("seq") if entries is None else entries)
    found = _places(row, f"{duties.STATE}:{state.name}", state.awaits, row.due_at)
    stored = {duty.key: duty for duty in Duty.objects.filter(matter_id=row.pk, done_at=None, leads=True)}
    for key in _open_keys(loop, history):
        # When a line or request falls due was fixed when it was opened: the entry beside it keeps the rule.
        held = stored.get(key)
        found |= _places(row, key, duties.who_of(loop, key), held.due_at if held else None)
    return found


def duty_faults(row: Any) -> list[str]:
    """Return what stored duties and expected ones do not share, in words for a report; empty when they agree."""
    open_duties = Duty.objects.filter(matter_id=row.pk, done_at=None)
    stored, expected = {Expected.of(duty) for duty in open_duties}, expected_duties(row)
    faults = [f"missing {one.key} of {one.party} {one.due_at}" for one in sorted(expected - stored)]
    faults += [f"unfounded {one.key} of {one.party} {one.due_at}" for one in sorted(stored - expected)]
    leaders: dict[str, int] = {}
    for duty in open_duties:
        leaders[duty.key] = leaders.get(duty.key, 0) + duty.leads
        told = None if duty.paused_at else duties.next_moment(duty)
        if duty.leads and duty.next_at != told:
            faults.append(f"{duty.key} would not tell its next moment")
    return faults + [f"{count} clocks for {key}" for key, count in leaders.items() if count != 1]


def _open_keys(loop: Any, history: Iterable[LedgerEntry]) -> list[str]:
    """Return the keys of lines, requests and watches that the entries leave open."""
    keys: dict[str, None] = {}
    for entry in history:
        step = loop.steps.get(entry.act)
        for line in (step.fulfils, *step.lifts) if step is not None else ():
            keys.pop(f"{duties.LINE}:{line}", None)
        renewed = entry.from_state != entry.to_state or entry.act == "extend_grant"
        if renewed:
            keys = {key: None for key in keys if key.startswith(f"{duties.LINE}:")}
        if entry.act == "extend_refuse":
            keys.pop(f"{duties.REQUEST}:extend", None)
        if entry.act == "extend":
            keys[f"{duties.REQUEST}:extend"] = None
        keys |= {
            f"{duties.LINE}:{line.name}": None for line in loop.lines.values() if entry.act in line.opens
        }
        watched = str(entry.data.get("duty", "")) if entry.act.startswith("late_") else ""
        level = entry.act.removeprefix("late_")
        if watched and level in {one.name for one in duties.watching_levels(loop, watched)}:
            keys[duties.watch_key(loop, watched, level)] = None
    return list(keys)


def _places(row: Any, key: str, who: Who | None, due_at: datetime | None) -> set[Expected]:
    if who is None:
        return set()
    return {
        Expected(
            key,
            _id(place.party_id),
            place.kinds,
            _id(place.post_id),
            _text(due_at),
            row.paused_at is not None and not duties.runs_on(key),
        )
        for place in duties.places_of(who, row)
    }


def _id(value: uuid.UUID | None) -> str:
    return str(value or "")


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
