"""What an actor may do with a matter now: the *next* block of its page, the verbs of a card, the API's ``offers``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from anlan.kernel.loops.admitting import obstacle, step_form
from anlan.kernel.loops.declaration import Loop, Step
from anlan.kernel.scope.actor import Actor


@dataclass(frozen=True)
class Offer:
    """One step the actor may take now. ``is_minor`` are verbs kept folded away."""

    step: Step
    row: Any
    actor: Actor

    @property
    def is_minor(self) -> bool:
        """Say whether the step is a verb beside the main line."""
        return bool(self.step.verb) and not self.step.main

    def form(self) -> forms.Form:
        """Return the unbound form of the step, filled with present values."""
        return step_form(self.step, type(self.row), self.actor, None, self.row)


def offers(row: Any, actor: Actor, *, only_main: bool = False) -> list[Offer]:
    """Return the steps the actor may take on a matter now, main steps first."""
    domain = row._meta.app_label
    asked = (step for step in row.loop.steps.values() if step.main or not only_main)
    # Whose it is asks nothing of the database: most steps of a loop are another's, and fall out here.
    theirs = [
        step
        for step in asked
        if (step.any_time or step.is_from(row.state)) and step.by.allows(actor, row, domain)
    ]
    found = [Offer(step, row, actor) for step in theirs if obstacle(step, row, actor) is None]
    return sorted(found, key=lambda offer: (offer.is_minor, not offer.step.main))


def may_open(loop: type[Loop], actor: Actor) -> bool:
    """Say whether the actor's kind of post may open matters of a loop (somewhere)."""
    return loop.opening is not None and not loop.opened_by and actor.post_kind in loop.opening.by.kinds()
