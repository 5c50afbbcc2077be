"""The settings by which an area bears a colour, read once a day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from anlan.domains.colours.rules import AreaSettings
from anlan.domains.colours.words import NUMBERS
from anlan.kernel import clock, rules


def area_settings() -> AreaSettings:
    """Return the settings as they stand today."""
    return _on(clock.today())


@lru_cache(maxsize=4)
def _on(day: date) -> AreaSettings:
    share, few = (int(rules.parameter(f"colours.area_{name}", day).value) for name in ("share", "few"))
    weights = {
        level: int(rules.parameter(f"colours.weight_{name}", day).value) for name, level in NUMBERS.items()
    }
    return AreaSettings(share, few, weights)
