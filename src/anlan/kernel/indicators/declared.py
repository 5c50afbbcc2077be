"""Lists that no table holds: what the product declares of itself, such as the requirements of the policy and how they stand.

Whoever keeps such a list registers it here; a figure counts it by a filter as it counts rows, and opens its page with the same
filter. It is the same for everybody and everywhere, and known for this moment alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anlan.kernel.indicators.formulas import Params
from anlan.kernel.words import Words


@dataclass(frozen=True)
class DeclaredList:
    """One such list: the name of its page's address, by what it is narrowed (words, choices), how many pass a filter."""

    slug: str
    words: Words
    page: str
    filters: Mapping[str, tuple[Words, Mapping[str, Words]]]
    count: Callable[[Params], int]

    def refuse_unknown(self, params: Params) -> None:
        """Raise LookupError for a filter that the page does not have."""
        for name, values in params.items():
            _, choices = self.filters[name]
            for value in values:
                choices[value]


_LISTS: dict[str, DeclaredList] = {}


def keeps_declared(kept: DeclaredList) -> None:
    """Register a list; a second one of the same slug is refused."""
    if _LISTS.get(kept.slug, kept) != kept:
        raise ValueError(f"the list {kept.slug!r} is kept already")
    _LISTS[kept.slug] = kept


def declared_list(slug: str) -> DeclaredList:
    """Return the list with this slug; raises LookupError."""
    return _LISTS[slug]
