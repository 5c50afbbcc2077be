"""What a figure is made of: which rows are counted, by which of their dates, and how counts are put together.

``Rows`` names rows in the filter language of lists; every formula is built on it and so can always show its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anlan.kernel.words import Words

Params = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rows:
    """Rows of a register or loop (``of``: its slug) that pass a filter, written as the parameters of its list."""

    of: str
    where: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.of, tuple(sorted(self.params().items()))))

    def params(self) -> dict[str, tuple[str, ...]]:
        """Return the filter as lists take it."""
        return {
            name: (value,) if isinstance(value, str) else tuple(value) for name, value in self.where.items()
        }


@dataclass(frozen=True)
class Flow:
    """How many rows have the date ``on`` within the period (found, closed, opened …)."""

    rows: Rows
    on: str = "opened_at"


@dataclass(frozen=True)
class Sum:
    """The sum of a number column over the rows whose date ``on`` lies within the period."""

    rows: Rows
    field: str
    on: str = "opened_at"


@dataclass(frozen=True)
class Stock:
    """How many rows stand at the end of the period: matters not ended then, register rows kept then."""

    rows: Rows


@dataclass(frozen=True)
class Late:
    """How many open matters are past their deadline at this moment; it has no past."""

    rows: Rows


@dataclass(frozen=True)
class Median:
    """The median of whole days from one date of a row to another, over rows whose date ``on`` lies within the period."""

    rows: Rows
    since: str = "opened_at"
    on: str = "closed_at"


@dataclass(frozen=True)
class Declared:
    """How many entries of a declared list (``declared.py``) pass a filter; no table holds them, and they have no past."""

    rows: Rows


Count = Flow | Sum | Stock | Late | Declared
Part = Flow | Sum | Stock | Late | Median | Declared


@dataclass(frozen=True)
class Ratio:
    """``top`` for each ``per`` of ``bottom`` (100: per cent). Without anything below the line the figure is unknown.

    ``rest``: what is left to the whole instead; it opens the rows that are missing from it.
    """

    top: Count
    bottom: Count
    per: int = 100
    rest: bool = False


@dataclass(frozen=True)
class Rate:
    """``top`` for each ``per`` of a yearly figure of the place (people, employees, output); see ``yearly``.

    It is read for whole years: the cases of a month against the output of a year would be a twelfth of what it says.
    """

    top: Count
    yearly: str
    per: int


Formula = Flow | Sum | Stock | Late | Median | Ratio | Rate


def counted(formula: Formula) -> Part:
    """Return the part of a formula whose rows make the figure: the one above the line."""
    return formula.top if isinstance(formula, Ratio | Rate) else formula


def parts_of(formula: Formula) -> list[Part]:
    """Return every part that counts rows."""
    if isinstance(formula, Ratio):
        return [formula.top, formula.bottom]
    return [counted(formula)]


NOTHING_BELOW = Words(
    "期间内没有可比的记录，无法计算。", "Nothing to compare with in this period; it cannot be computed."
)
NOTHING_HERE = Words("期间内没有记录。", "There is nothing in this period.")
WHOLE_YEARS = Words(
    "这是按全年计算的比率，只按年度给出。",
    "This rate is reckoned over a whole year; it is given by the year alone.",
)
OF_CITIES = Words(
    "省级不存各市的记录，见“各市对比”。",
    "A province keeps no records of its cities; see the comparison of cities.",
)
NO_PAST = Words("只有此刻的数，没有过去的。", "It is known for this moment only, not for the past.")


@dataclass(frozen=True)
class Breakdown:
    """Rows whose date ``on`` lies within a period, split into buckets: by a column such as ``state``, or by the ``hour`` of
    the week of an instant (``hour:opened_at``)."""

    slug: str
    words: Words
    rows: Rows
    on: str
    split: str
