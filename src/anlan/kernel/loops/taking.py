"""The taking of one step: everything a check, an effect or a verb may read while the engine works."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

if TYPE_CHECKING:
    from anlan.kernel.evidence.models import Evidence
    from anlan.kernel.ledger.device import DeviceSeal
    from anlan.kernel.loops.declaration import Loop
    from anlan.kernel.loops.models import Duty


@dataclass
class Taking:
    """One step while it is taken. ``values`` are the cleaned answers; ``at`` is claimed, ``received_at`` the server's.

    Checks read; effects set columns of ``row``; verbs also set ``to_state`` and ``due_at``; whatever is put into
    ``noted`` goes into the ledger entry. ``opened`` are the duties the step opens, ``left`` those it takes from former
    places: who is told follows from them. ``along`` are the matters that take the same step with this one. ``files`` is
    the evidence admitted, by purpose. ``device`` is what a phone captured and sealed without network, verified before it
    came here; it is kept in the entry.
    """

    loop: type[Loop]
    act: str
    row: Any
    actor: Actor
    values: dict[str, Any]
    at: datetime
    received_at: datetime
    evidence: Mapping[str, Sequence[uuid.UUID]] = field(default_factory=dict)
    to_state: str | None = None
    due_at: datetime | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[Words] = field(default_factory=list)
    noted: dict[str, Any] = field(default_factory=dict)
    renew_duties: bool = False
    files: dict[str, list[Evidence]] = field(default_factory=dict)
    opened: list[Duty] = field(default_factory=list)
    left: list[Duty] = field(default_factory=list)
    along: list[Any] = field(default_factory=list)
    device: DeviceSeal | None = None

    @property
    def domain(self) -> str:
        """Return the domain (app label) of the matter."""
        return str(self.row._meta.app_label)
