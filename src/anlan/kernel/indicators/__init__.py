"""Indicators (指标): a figure defined once, counted from rows, that always opens its rows again. Serves article 29.

A domain declares its figures in ``indicators.py``. Each is read for an actor, a place and a period: what it counts is named in
the filter language of lists, so the list behind a figure is the same rows by construction. An unknown denominator makes the
figure unknown, with the reason in words; it is never nought.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.indicators.declaration import Indicator, indicator_named, indicators
    from anlan.kernel.indicators.measured import Measured, rows_behind
    from anlan.kernel.indicators.reading import by_place, figure, figures, series

__all__ = [
    "Indicator",
    "Measured",
    "by_place",
    "figure",
    "figures",
    "indicator_named",
    "indicators",
    "rows_behind",
    "series",
]

_PLACES = {
    "Indicator": "declaration",
    "Measured": "measured",
    "by_place": "reading",
    "figure": "reading",
    "figures": "reading",
    "indicator_named": "declaration",
    "indicators": "declaration",
    "rows_behind": "measured",
    "series": "reading",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
