"""The filter of a list in words, as it is written into a file: field by field, place, words searched, order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from anlan.kernel.registers.listing import SEARCH
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import territory_of_code, under
from anlan.kernel.spreadsheets.columns import NO, YES
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.words import Words

_FROM, _TO = Words("从", "from"), Words("到", "to")
_NONE = Words("无（全部）", "none (all rows)")
_SEARCHED = Words("查找", "Words")
_COLON, _BREAK, _AND = Words("：", ": "), Words("；", "; "), Words("、", ", ")
_WHOLE = Words("本岗位全部管辖范围", "the whole scope of the post")


def kept_params(table: Table, params: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the parameters that choose and order rows, without those of the page."""
    names = {SEARCH, "sort", *(found.name for found in table.model.filters())}
    for facet in (*table.facets, *table.model.dates()):
        names |= {facet, f"{facet}_from", f"{facet}_to"}
    return {name: list(values) for name, values in params.items() if name in names and any(values)}


def filter_words(table: Table, params: Mapping[str, Sequence[str]]) -> str:
    """Return the filter as people read it, in the present language."""
    parts = []
    words = " ".join(params.get(SEARCH, ())).strip()
    if words:
        parts.append(f"{_SEARCHED}{_COLON}{words}")
    for found in table.model.filters():
        text = next(iter(params.get(found.name, ())), "")
        if text:
            said = found.said(text) if found.takes else YES if text == "1" else NO
            parts.append(f"{found.words}{_COLON}{said}")
    for name in dict.fromkeys([*table.facets, *table.model.dates()]):
        spec = table.spec(name)
        values = [_value(spec, value) for value in params.get(name, ()) if value]
        if values:
            parts.append(f"{spec.label}{_COLON}{str(_AND).join(values)}")
        for edge, word in (("_from", _FROM), ("_to", _TO)):
            bound = next(iter(params.get(name + edge, ())), "")
            if bound:
                parts.append(f"{spec.label} {word} {bound}")
    return str(_BREAK).join(parts) or str(_NONE)


def _value(spec: Any, value: str) -> str:
    if spec.kind == "territory":
        place = territory_of_code(value) if value.isascii() and value.isdigit() else None
        return place.name if place else value
    if spec.kind == "flag":
        return str(YES if value in {"1", "true"} else NO)
    return str({str(key): words for key, words in spec.choices}.get(value, value))


def place_of(pk: str | None) -> Territory | None:
    """Return the place a list was narrowed to."""
    return Territory.objects.filter(pk=uuid.UUID(pk)).first() if pk else None


def within(place: Territory | None) -> Q:
    """Return the condition for a place a list was narrowed to."""
    condition = Q()
    for prefix in place.prefixes() if place is not None else []:
        condition |= under(prefix)
    return condition


def place_words(place: Territory | None) -> str:
    """Return the place in words."""
    return place.name if place is not None else str(_WHOLE)
