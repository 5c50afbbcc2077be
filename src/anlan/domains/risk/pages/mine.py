"""My measures: what falls to a person by the own post, and what a person is in charge of by department or team."""

from __future__ import annotations

from anlan.domains.risk.queries import mine
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given


def my_measures(asked: Asked) -> Drawn | Done | Given:
    """List the measures of the person who asks."""
    found = mine(asked.actor)
    return Drawn("risk/mine.html", {"own": found.own, "charge": found.charge, "person": asked.actor.name})
