"""Along what a figure may be narrowed or compared beside place and time: sector, party, and what domains add, such as scale.

A dimension is a filter of the lists that are counted, so the list behind a narrowed figure is narrowed by the same words. Sectors
are kept in the roll-up; the others are counted from the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anlan.kernel.indicators.declaration import Indicator, WrongDeclaration
from anlan.kernel.indicators.formulas import Rate, parts_of
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.words import Words

ANY_LIST = ""


@dataclass(frozen=True)
class Dimension:
    """One dimension. ``values``: its members in order, none where they are rows of their own (parties). ``params``: by the slug
    of a list the parameter that narrows it; under ``ANY_LIST`` for every list that has one of that name."""

    name: str
    words: Words
    values: tuple[tuple[str, Words], ...]
    params: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.name in _DIMENSIONS and _DIMENSIONS[self.name] != self:
            raise WrongDeclaration(f"the dimension {self.name} is declared twice")
        _DIMENSIONS[self.name] = self

    def param(self, of: str) -> str | None:
        """Return the parameter by which a list is narrowed, or None where it cannot be."""
        name = self.params.get(of, self.params.get(ANY_LIST))
        kept = list_of(of)
        known = {*kept.facets, *(found.name for found in kept.model.filters())}
        return name if name in known else None


_DIMENSIONS: dict[str, Dimension] = {}
SECTOR = Dimension("sector", Words("行业领域", "Sector"), tuple(SECTORS.items()), {ANY_LIST: "sector"})
PARTY = Dimension("party", Words("企业", "Enterprise"), (), {ANY_LIST: "party"})


@dataclass(frozen=True)
class Only:
    """What a reading is narrowed to: (dimension, value); nothing narrows nothing."""

    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def sector(self) -> str:
        """Return the sector it is narrowed to, empty for all."""
        return dict(self.pairs).get(SECTOR.name, "")

    @property
    def is_beyond_sectors(self) -> bool:
        """Say whether it is narrowed by what the roll-up does not keep."""
        return any(name != SECTOR.name for name, _ in self.pairs)

    def params(self, of: str) -> dict[str, tuple[str, ...]]:
        """Return the filter of a list, that of the sector left out: it goes with the reach. Raises LookupError."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.pairs:
            if name == SECTOR.name:
                continue
            param = _DIMENSIONS[name].param(of)
            if param is None:
                raise LookupError(f"{of} is not narrowed by {name}")
            found[param] = (value,)
        return found


WHOLE = Only()


def dimensions_of(indicator: Indicator) -> Iterator[Dimension]:
    """Return the dimensions of a figure: those every list it counts can be narrowed by, and does not narrow already.

    A rate has none: what it is measured against is kept by place alone. Nor has what is the same everywhere.
    """
    if isinstance(indicator.formula, Rate) or indicator.is_declared:
        return
    parts = parts_of(indicator.formula)
    for one in _DIMENSIONS.values():
        params = [one.param(part.rows.of) for part in parts]
        if all(
            param is not None and param not in part.rows.where
            for param, part in zip(params, parts, strict=True)
        ):
            yield one


def dimension_named(name: str) -> Dimension | None:
    """Return the dimension with this name."""
    return _DIMENSIONS.get(name)
