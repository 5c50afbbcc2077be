"""The live figure of what realises a requirement, within the scope of whoever looks.

A register shows its rows, a loop its open matters, a duty line its open duties, an indicator its value of this year. A rule,
a page and a command have no figure of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anlan.kernel import clock
from anlan.kernel.clock.periods import year
from anlan.kernel.indicators import figure, indicator_named
from anlan.kernel.indicators.formulas import Rate
from anlan.kernel.loops import Duty, loop_named
from anlan.kernel.registers import register_named
from anlan.kernel.registers.listing import counted
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words
from anlan.policy.realising import Name


@dataclass(frozen=True, slots=True)
class Live:
    """A figure in words: what it counts, how many, and whether that is exact."""

    words: Words
    value: str
    unit: Words | None = None
    is_exact: bool = True


class Figures:
    """The figures of one reader; each is read once, however many requirements show it."""

    def __init__(self, actor: Actor, place: Territory | None) -> None:
        self._actor, self._place = actor, place
        self._read: dict[tuple[str, str], Live | None] = {}

    def of(self, name: Name) -> Live | None:
        """Return the figure of one thing, or None where it has none."""
        key = (name.kind, name.name)
        if key not in self._read:
            reader = {
                "register": self._rows, "loop": self._open, "duty": self._duties, "indicator": self._value,
            }.get(name.kind)  # fmt: skip
            self._read[key] = reader(name.name) if reader else None
        return self._read[key]

    def _rows(self, slug: str) -> Live | None:
        model = register_named(slug)
        if model is None:
            return None
        return _live(Words("在册", "on file"), model.seen_by(self._actor).filter(archived_at=None))

    def _open(self, slug: str) -> Live | None:
        loop = loop_named(slug)
        if loop is None:
            return None
        return _live(Words("未办结", "open"), loop.model.seen_by(self._actor).filter(closed_at=None))

    def _duties(self, name: str) -> Live | None:
        slug, _, line = name.partition(".")
        loop = loop_named(slug)
        if loop is None:
            return None
        seen = loop.model.seen_by(self._actor).filter(closed_at=None).values("pk")
        rows = Duty.objects.filter(
            loop=slug, key=f"line:{line}", done_at=None, leads=True, matter_id__in=seen
        )
        return _live(Words("待办", "to be done"), rows)

    def _value(self, slug: str) -> Live | None:
        indicator = indicator_named(slug)
        has_place = self._place is not None or bool(self._actor.home_path)
        if indicator is None or (isinstance(indicator.formula, Rate) and not has_place):
            return None
        found = figure(indicator, self._actor, year(clock.today()), self._place)
        when = Words("目前", "now") if indicator.is_at_a_day else Words("今年", "this year")
        return Live(when, found.text, indicator.unit if found.value is not None else None)


def _live(words: Words, rows: Any) -> Live:
    number, is_exact = counted(rows)
    return Live(words, f"{number:,}", None, is_exact)
