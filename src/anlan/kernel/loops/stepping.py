"""A step as it is judged under the lock of its row: admitted, its answers and effect in the row, nothing written yet.

Shared by taking one step and taking a step of many matters at once, so that both come to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anlan.kernel import clock
from anlan.kernel.loops.admitting import admit
from anlan.kernel.loops.claiming import TOLERATED_LEAD
from anlan.kernel.loops.columns import changed_columns, columns_of
from anlan.kernel.loops.declaration import Step
from anlan.kernel.loops.taking import Taking
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

_PLACED = ("path", "sector", "holder_id", "sensitivity")


@dataclass(frozen=True, slots=True)
class Judged:
    """A step that may be taken, and how its row stood before."""

    step: Step
    taking: Taking
    from_state: str
    answered: Mapping[str, Any]  # what stood in the fields it asks for
    stood: Mapping[str, Any]  # what stood in the columns that entries keep
    as_read: Mapping[str, Any]

    def settle(self) -> list[str]:
        """Finish the row once its state and deadline are set, and note what changed; returns the columns to write."""
        row, taking = self.taking.row, self.taking
        if not self.step.any_time:
            row.version += 1
        row.updated_at = clock.now()
        row.settle()
        if self.step.verb == "correct":
            taking.noted["changes"] = row.changes_from(self.answered)
        taking.noted["row"] = changed_columns(row, self.stood, taking.values)
        return self._written()

    @property
    def has_moved(self) -> bool:
        """Say whether the row stands elsewhere now: what hangs on it follows."""
        return any(self.stood[name] != getattr(self.taking.row, name) for name in _PLACED)

    @property
    def lines_done(self) -> list[str]:
        """Return the keys of the parallel duties that the step does or lifts."""
        return [f"line:{line}" for line in (self.step.fulfils, *self.step.lifts) if line]

    def _written(self) -> list[str]:
        """Return the columns that changed, and the words to find the row by."""
        now = vars(self.taking.row)
        loaded = [field for field in self.taking.row._meta.concrete_fields if field.attname in self.as_read]
        changed = [field.name for field in loaded if now[field.attname] != self.as_read[field.attname]]
        return ["search", *changed]


def judge(step: Step, taking: Taking, data: Mapping[str, Any]) -> Judged:
    """Admit a step and let its answers and its effect stand in the row. Raises Changed, NotAllowed, Invalid."""
    row = taking.row
    answered, stood = {name: getattr(row, name) for name in step.field_names()}, columns_of(row)
    as_read, from_state = dict(vars(row)), row.state
    if not step.any_time:
        taking.at = _not_before_the_last(row, taking.at)
    taking.to_state = step.to.name if step.to else None
    admit(step, taking, data)
    for name in step.field_names():
        if name in taking.values:
            setattr(row, name, taking.values[name])
    if step.effect:
        step.effect(taking)
    return Judged(step, taking, from_state, answered, stood, as_read)


def _not_before_the_last(row: Any, at: datetime) -> datetime:
    """Return the claimed instant, lifted to the last move of the matter where a clock runs a little behind.

    Nobody can have acted in a state before it was entered: an earlier claim is refused, else deadlines could be dodged.
    """
    last: datetime | None = row.around.last_move()
    if last is None or at >= last:
        return at
    if at < last - TOLERATED_LEAD:
        words = Words("时间早于上一步（{at}）。", "The time lies before the step before it ({at}).")
        raise Invalid({"at": [words.filled(at=f"{last.astimezone(clock.CHINA):%Y-%m-%d %H:%M}")]})
    return last
