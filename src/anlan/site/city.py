"""Loading a city: the pack's files into the tables of scope (the work is in kernel.scope.pack_tables).

Safe to run again and after a crash: one transaction, rows matched by what lasts. It never deletes and never
touches what people entered.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings

from anlan.domains.targets.imports import load_yearly_figures
from anlan.kernel.clock import today
from anlan.kernel.scope import pack as packs
from anlan.kernel.scope.pack_files import PackError
from anlan.kernel.scope.pack_tables import settle


def folder(city: str) -> Path:
    """Return the folder of a city's pack; raises PackError when there is none of that name."""
    place = Path(settings.ANLAN_CITIES) / city
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", city) or not place.is_dir():
        known = sorted(p.parent.name for p in Path(settings.ANLAN_CITIES).glob("*/pack.yaml"))
        raise PackError(
            f"{city}/pack.yaml",
            1,
            f"没有这个城市包；有：{known}",
            f"there is no such city pack; there are: {known}",
        )
    return place


def load(city: str) -> dict[str, Any]:
    """Load or renew a city; returns what was made, changed and ended, by table."""
    pack = packs.read(folder(city))
    settled = settle(pack, today())
    figures = load_yearly_figures(folder(city))
    if figures:
        settled.made["yearly_figures"] = figures
    return {
        "city": pack.about["key"],
        "name": pack.about["name"],
        "version": str(pack.about.get("version", "")),
        "made": settled.made,
        "changed": settled.changed,
        "ended": settled.ended,
    }
