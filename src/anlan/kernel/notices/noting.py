"""Writing notices: one statement for all that a step tells, inside the step's own transaction. Nothing is sent here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from anlan.kernel import clock
from anlan.kernel.copying import copy_new, insert_new, new_row
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.told import Notice
from anlan.kernel.words import Words

LONGEST = 240
FEW = 10  # so many are written as quickly by one INSERT
NO_WORDS = Words("—", "—")


def notice(
    kind: str, *, what: Words, number: str = "", state: Words = NO_WORDS, party_id: uuid.UUID | None = None,
    kinds: Sequence[str] = (), post_id: uuid.UUID | None = None, person_id: uuid.UUID | None = None, loop: str = "",
    matter_id: uuid.UUID | None = None, due_at: datetime | None = None, made_at: datetime | None = None,
    by_person: uuid.UUID | None = None, is_demo: bool = False,
) -> Notice:  # fmt: skip
    """Return a notice, worded, not yet written. ``what`` is the noun of the subject, ``state`` where it stands."""
    said = KINDS[kind].sentence.filled(what=what, number=number, state=state)
    told = {
        "kind": kind, "party_id": party_id, "kinds": list(kinds), "post_id": post_id, "person_id": person_id, "loop": loop,
        "matter_id": matter_id, "number": number, "zh": said.zh[:LONGEST], "en": said.en[:LONGEST], "due_at": due_at,
        "made_at": made_at or clock.now(), "by_person": by_person, "is_demo": is_demo,
    }  # fmt: skip
    return new_row(Notice, told)


def note(notices: Iterable[Notice]) -> int:
    """Write notices in one statement; those addressed to nobody are left out, the same one twice is one."""
    return note_together([notices])


def note_together(acts: Iterable[Iterable[Notice]]) -> int:
    """Write what several acts tell in one statement, each as ``note`` writes it: what two acts say alike is told twice."""
    kept = [one for notices in acts for one in _kept(notices)]
    if len(kept) > FEW:
        copy_new(Notice, kept)
    elif kept:
        insert_new(Notice, kept)
    return len(kept)


def _kept(notices: Iterable[Notice]) -> list[Notice]:
    kept: dict[Any, Notice] = {}
    for one in notices:
        if one.party_id or one.post_id or one.person_id:
            kept.setdefault(
                (one.kind, one.party_id, tuple(one.kinds), one.post_id, one.person_id, one.zh), one
            )
    return list(kept.values())
