"""The live figure of what realises a requirement, within the scope of whoever looks.

A register shows its rows, a loop its open matters, a duty line its open duties, an indicator its value of this year. A rule,
a page and a command have no figure of their own. In a province nothing has: it keeps no rows of its cities, and a nought would be
wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count

from anlan.kernel import clock
from anlan.kernel.clock.periods import year
from anlan.kernel.indicators import figures, indicator_named
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

    def read(self, names: Iterable[Name]) -> None:
        """Read the figures of many things together: the indicators at one reading, the duties of a loop at one count."""
        wanted = [] if settings.ANLAN_PROVINCE else list(names)
        self._values(name.name for name in wanted if name.kind == "indicator")
        lines: dict[str, set[str]] = {}
        for name in wanted:
            if name.kind == "duty":
                slug, _, line = name.name.partition(".")
                lines.setdefault(slug, set()).add(line)
        for slug, some in lines.items():
            self._lines(slug, some)

    def of(self, name: Name) -> Live | None:
        """Return the figure of one thing, or None where it has none."""
        if settings.ANLAN_PROVINCE:
            return None
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
        self._lines(slug, {line})
        return self._read.get(("duty", name))

    def _lines(self, slug: str, lines: Iterable[str]) -> None:
        loop = loop_named(slug)
        if loop is None:
            return
        seen = loop.model.seen_by(self._actor).filter(closed_at=None).values("pk")
        keys = {f"line:{line}": f"{slug}.{line}" for line in lines}
        rows = Duty.objects.filter(loop=slug, key__in=keys, done_at=None, leads=True, matter_id__in=seen)
        found = dict(rows.order_by().values_list("key").annotate(Count("pk")))
        for key, name in keys.items():
            self._read["duty", name] = Live(Words("待办", "to be done"), f"{found.get(key, 0):,}")

    def _value(self, slug: str) -> Live | None:
        self._values([slug])
        return self._read.get(("indicator", slug))

    def _values(self, slugs: Iterable[str]) -> None:
        has_place = self._place is not None or bool(self._actor.home_path)
        known = [one for one in map(indicator_named, dict.fromkeys(slugs)) if one is not None]
        wanted = [one for one in known if has_place or not isinstance(one.formula, Rate)]
        read = figures(wanted, self._actor, year(clock.today()), self._place) if wanted else {}
        for one in wanted:
            when = Words("目前", "now") if one.is_at_a_day else Words("今年", "this year")
            found = read[one.slug]
            unit = one.unit if found.value is not None else None
            self._read["indicator", one.slug] = Live(when, found.text, unit)


def _live(words: Words, rows: Any) -> Live:
    number, is_exact = counted(rows)
    return Live(words, f"{number:,}", None, is_exact)
