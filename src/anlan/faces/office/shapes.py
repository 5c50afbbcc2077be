"""What components draw: small values with everything already decided, so that templates compute nothing.

Built from kernel rows in ``present``; fed with samples by the style guide. Times are aware datetimes (UTC or local).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from anlan.kernel.words import Words

Text = str | Words | Any  # Any: a lazy gettext string

# The four levels of risk or severity, and the character each bears beside its colour and pattern.
MARKS: dict[int, tuple[str, Words]] = {
    4: ("重", Words("重大", "Major")),
    3: ("较", Words("较大", "Considerable")),
    2: ("一", Words("一般", "General")),
    1: ("低", Words("低", "Low")),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words; ``tone``: open, waiting, done, late or plain."""

    words: Text
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Clock:
    """What is left of a deadline. ``tone``: calm, soon, late, paused, done; ``left`` is 0–100 of the ring."""

    words: Text
    tone: str
    left: float
    due: datetime | None = None
    opened: datetime | None = None
    note: Text = ""

    @property
    def ticks(self) -> bool:
        """Say whether the page may go on counting."""
        return self.due is not None and self.tone in {"calm", "soon", "late"}


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    """One piece of evidence in a strip."""

    name: str
    url: str
    thumb: str = ""
    caption: Text = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the ledger as a sentence, with the facts and evidence that came with it."""

    at: datetime
    who: Text
    post: Text
    did: Text
    facts: Sequence[tuple[Text, Text]] = ()
    evidence: Sequence[EvidenceCard] = ()
    tone: str = ""  # "", clockwork, late
    proof: str = ""
    received: datetime | None = None  # set when it differs from ``at`` by more than a minute


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value of a panel."""

    label: Text
    value: Any = ""
    wide: bool = False
    unit: Text = ""
    link: str = ""
    level: int = 0
    is_given: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled group of facts."""

    title: Text
    facts: Sequence[Fact]

    @property
    def says_something(self) -> bool:
        """Say whether any value was given; a box not ticked or a zero alone says nothing."""
        return any(fact.is_given for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Card:
    """One awaited duty on the home page or in the inbox."""

    title: Text
    url: str
    clock: Clock
    where: Text = ""
    awaited: Text = ""
    verb: Text = ""
    verb_url: str = ""
    level: int = 0
    kind: Text = ""
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One choice of a filter."""

    value: str
    words: Text
    chosen: bool = False
    count: int | str | None = None
    name: str = ""  # when several filters share one box (flags)


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter: its choices, or a pair of bounds (``kind`` range), or a search of places (``kind`` place)."""

    name: str
    label: Text
    kind: str = "choices"
    options: Sequence[FacetOption] = ()
    low: str = ""
    high: str = ""
    input_type: str = "date"

    @property
    def is_used(self) -> bool:
        """Say whether the filter is set."""
        return bool(self.low or self.high or any(option.chosen for option in self.options))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a list. ``kind``: text, number, badge, clock, level, place."""

    label: Text
    value: Any
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list."""

    id: str
    url: str
    title: Text
    sub: Text = ""
    level: int = 0
    cells: Sequence[Cell] = ()
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list and, if it sorts, where its heading leads."""

    label: Text
    sort_url: str = ""
    sorted: str = ""  # "", ascending, descending
    number: bool = False


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the neighbouring pages are and how many rows there are, exactly or about."""

    before: str = ""
    after: str = ""
    first: str = ""
    count: int = 0
    exact: bool = True
    shown: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """A way to a list: its address, what is in it, how many rows it shows."""

    url: str
    words: Text
    count: Text | int


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: value, unit, scope, period, change with the direction that is good; opens its rows."""

    name: Text
    value: Text
    unit: Text = ""
    note: Text = ""
    change: Text = ""
    is_good: bool | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A state in the diagram, placed on a grid."""

    name: str
    words: Text
    who: Text
    x: float
    y: float
    css: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step in the diagram: a path and where its name stands."""

    path: str
    words: Text
    x: float
    y: float
    css: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A state diagram ready to draw; ``summary`` is its text for those who cannot see it."""

    width: float
    height: float
    nodes: Sequence[Node] = field(default=())
    edges: Sequence[Edge] = field(default=())
    summary: Text = ""
