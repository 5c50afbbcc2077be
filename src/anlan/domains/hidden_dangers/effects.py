"""Effects of steps on the row of a hidden danger: short, and only on columns of that row."""

from __future__ import annotations

from typing import Any

from anlan.domains.hidden_dangers.queries import earlier_like
from anlan.domains.hidden_dangers.words import GENERAL, MAJOR
from anlan.kernel import clock
from anlan.kernel.loops.taking import Taking


def note_recurrence(taking: Taking) -> None:
    """Mark a danger that came back at the same enterprise within the window."""
    before, rule = earlier_like(taking.row, taking.at)
    taking.row.recurs, taking.row.earlier_id = before is not None, before.pk if before else None
    if before is not None:
        taking.noted["recurs_after"] = before.number
        taking.rules.append(rule)


def set_general(taking: Taking) -> None:
    """Grade the row as general."""
    taking.row.severity = GENERAL


def set_general_anew(taking: Taking) -> None:
    """Grade the row as general after all: the criterion that made it major stands only if it was given again."""
    taking.row.severity = GENERAL
    taking.row.criterion = taking.values.get("criterion") or ""


def note_rectified(taking: Taking) -> None:
    """Note the day on which it was reported rectified; the limit is kept or missed by it."""
    taking.row.rectified_on = taking.at.astimezone(clock.CHINA).date()


def set_general_rectified(taking: Taking) -> None:
    """Grade the row as general and note that it was put right at once."""
    set_general(taking)
    note_rectified(taking)


def set_listing_regulator(taking: Taking) -> None:
    """Let whoever lists a danger follow and delist it: what the city lists is awaited from the city."""
    taking.row.regulator_id = taking.actor.party_id


def set_major(taking: Taking) -> None:
    """Grade the row as major."""
    taking.row.severity = MAJOR


def count_rework(taking: Taking) -> None:
    """Count one more time sent back."""
    taking.row.rework += 1


def is_found_by_enterprise(row: Any) -> bool:
    """Say whether the enterprise or one of its workers found it; what others found is not the enterprise's to judge."""
    return row.found_by in {"self", "worker"}


def is_self_managed(row: Any) -> bool:
    """Say whether the enterprise closes it itself: general, and found by itself or its workers."""
    return row.severity != MAJOR and is_found_by_enterprise(row)


def is_reviewed_by_government(row: Any) -> bool:
    """Say whether the regulator re-inspects it: major, or found by government."""
    return not is_self_managed(row)


def is_major(row: Any) -> bool:
    """Say whether it is a major hidden danger."""
    return bool(row.severity == MAJOR)


def is_general(row: Any) -> bool:
    """Say whether it is not major."""
    return not is_major(row)
