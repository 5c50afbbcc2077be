"""How a matter begins: its row, admitted, placed and numbered but not yet written. Shared by opening one and opening many."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from itertools import count as count_from
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection

from anlan.kernel import clock
from anlan.kernel.loops.admitting import admit_opening
from anlan.kernel.loops.declaration import Loop
from anlan.kernel.loops.matter import Matter
from anlan.kernel.loops.taking import Taking
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.forms import RowForm
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.responsibility import responsibility

if TYPE_CHECKING:
    from anlan.kernel.ledger.device import DeviceSeal
    from anlan.kernel.loops.engine import EvidenceIds


@dataclass(frozen=True, slots=True)
class NewMatter:
    """What a matter is opened with, as ``open_matter`` takes it. ``at``: when it is claimed to have come up (default: now)."""

    data: Mapping[str, Any]
    at: datetime | None = None
    key: uuid.UUID | None = None
    parent: Matter | Register | None = None
    is_demo: bool = False
    knowing: Mapping[str, Any] | None = None


def begun(
    loop: type[Loop], actor: Actor, new: NewMatter, at: datetime, now: datetime, number: Callable[[], int], *,
    evidence: EvidenceIds | None = None, device: DeviceSeal | None = None, form: RowForm | None = None,
) -> Taking:  # fmt: skip
    """Return the taking whose row is admitted and stands in its first state; nothing is written, and no duty awaits anybody.

    ``at`` is when it came up, ``now`` when it reached us. ``number`` gives the matter its number once it is admitted; ``form``
    is the form of the opening made once for many.
    """
    opening, parent = loop.opening, new.parent
    if opening is None:
        raise NotSeen
    row = loop.model(created_at=now, updated_at=now, opened_at=at, is_demo=new.is_demo or actor.is_demo)
    row.opened_by_person, row.opened_by_post = actor.person_id, actor.post_id
    if isinstance(parent, Matter) and not loop.is_child():
        raise TypeError(f"{loop.__name__} opens nothing under a matter until it says opened_under")
    if parent is not None:
        row.parent_loop, row.parent_id = slug_of(parent), parent.pk
    for name, value in (new.knowing or {}).items():
        if row._meta.get_field(name).editable:
            raise TypeError(f"{name} is asked in a form; it cannot be told beside it")
        setattr(row, name, value)
    taking = Taking(
        loop, "opened", row, actor, {}, at, now, evidence or {}, to_state=opening.to.name, device=device
    )
    admit_opening(opening, taking, new.data, is_consequence=isinstance(parent, Matter), form=form)
    _stand(taking)
    row.number = f"{loop.prefix}-{at.astimezone(clock.CHINA).year}-{number():06d}"
    row.state = opening.to.name
    if opening.effect:
        opening.effect(taking)
    row.settle()
    return taking


def _stand(taking: Taking) -> None:
    """Resolve who regulates the matter on the day it is opened."""
    row = taking.row
    if row.regulator_id is None and row.territory_id:
        answer = responsibility(row.territory, row.industry(), taking.at.astimezone(clock.CHINA).date())
        row.regulator_id = answer.regulator.party_id if answer.regulator else None
        taking.noted["regulators"] = {role: [r.name for r in found] for role, found in answer.by_role.items()}
        if answer.vacuums:
            taking.noted["vacuums"] = [words.both() for words in answer.vacuums]


_apart: ContextVar[Iterator[int] | None] = ContextVar("numbers_apart", default=None)
FIRST_APART = 10**9  # no matter that stays bears such a number


@contextmanager
def numbered_apart() -> Iterator[None]:
    """Number the matters opened inside, which are undone again, without taking the numbers of those that stay."""
    token = _apart.set(count_from(FIRST_APART))
    try:
        yield
    finally:
        _apart.reset(token)


def next_numbers(count: int) -> list[int]:
    """Take so many numbers of matters."""
    apart = _apart.get()
    if apart is not None:
        return list(islice(apart, count))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('matter_number') FROM generate_series(1, %s)", [count])
        return [value for (value,) in cursor.fetchall()]


def slug_of(parent: Matter | Register) -> str:
    """Return the name of the loop or register a parent belongs to."""
    return parent.loop.slug if isinstance(parent, Matter) else parent.kept.slug
