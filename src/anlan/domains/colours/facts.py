"""The door for facts: a higher domain declares what moves a colour, this one knows none of them.

A kind of fact gives the rows that are it at a moment, names the settings that say what so many rows do, says which tables to
watch, and which enterprises it may change for with the clock alone. Declared in ``colour_facts.py`` of any domain.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models

from anlan.domains.colours.rules import Limits, Stage
from anlan.kernel import rules
from anlan.kernel.scope.touched import watch
from anlan.kernel.words import Words

READER = "colours"


@dataclass(frozen=True)
class FactKind:
    """One kind of fact.

    ``rows(at)``: the rows that are it at a moment, unscoped; ``enterprise``: their column naming the enterprise. Settings by key:
    ``raises``, by how many steps it raises a colour; ``many``, from how many rows on by one more; ``holds``, the colour it
    holds at least. ``watched``: the tables whose writes may change it, with the column that names an enterprise or its party.
    ``turning(since, until)``: ids of enterprises for which it may have changed with the clock alone in that span. ``opens``: the
    filter of the list ``slug`` on which the rows stand.
    """

    name: str
    words: Words
    rows: Callable[[datetime], models.QuerySet[Any]]
    enterprise: str = "enterprise"
    raises: str = ""
    many: str = ""
    holds: str = ""
    watched: tuple[tuple[type[models.Model], str], ...] = ()
    turning: Callable[[datetime, datetime], Iterable[uuid.UUID]] | None = None
    slug: str = ""
    opens: Mapping[str, str] = field(default_factory=dict)

    def stages(self, day: date) -> tuple[Stage, ...]:
        """Return what so many rows do, as the settings stand on a day."""
        steps = _setting(self.raises, day)
        found = [Stage(1, steps, _setting(self.holds, day))]
        if self.many:
            found.append(Stage(_setting(self.many, day), steps + 1))
        return tuple(found)


def _setting(key: str, day: date) -> int:
    return int(rules.parameter(key, day).value) if key else 0


_KINDS: dict[str, FactKind] = {}


def declare_fact(kind: FactKind) -> FactKind:
    """Declare a kind of fact; a second of the same name is refused."""
    if kind.name in _KINDS:
        raise ValueError(f"the fact {kind.name!r} is declared already")
    _KINDS[kind.name] = kind
    return kind


def fact_kinds() -> Iterator[FactKind]:
    """Return every kind, by name."""
    return (kind for _, kind in sorted(_KINDS.items()))


def fact_named(name: str) -> FactKind | None:
    """Return a kind by its name; none of that name any more: None."""
    return _KINDS.get(name)


def limits_on(day: date) -> Limits:
    """Return how far controls and facts move a colour, as the settings stand on a day."""
    return Limits(_setting("colours.residual_lowers_at_most", day), _setting("colours.raises_at_most", day))


def watched() -> dict[type[models.Model], set[str]]:
    """Return the tables whose writes may change a colour, with the columns that name enterprises or their parties."""
    found: dict[type[models.Model], set[str]] = {}
    for kind in fact_kinds():
        for model, column in kind.watched:
            found.setdefault(model, set()).add(column)
    return found


def watch_all() -> None:
    """Note from now on what is written to these tables."""
    from anlan.domains.colours.reading import BASE

    for model, columns in {
        **watched(),
        **{m: {c} | watched().get(m, set()) for m, c in BASE.items()},
    }.items():
        watch(model, sorted(columns), READER)
