"""Loads the yearly figures of a city pack (``yearly_figures.csv``): each row once, with its source, licence and certainty.

It never changes a row that is there, whoever entered it, so a figure that people corrected stays corrected.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from anlan.domains.targets.models import YearlyFigure
from anlan.domains.targets.words import KINDS
from anlan.kernel import clock, ledger
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory

FILE = "yearly_figures.csv"
LOADER = "city pack"


def load_yearly_figures(folder: Path) -> int:
    """Enter the rows of a pack that are not there yet; returns how many. A pack without the file has none."""
    file = folder / FILE
    if not file.is_file():
        return 0
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = {kind.column: kind.key for kind in KINDS.values() if kind.column}
    places = _places({row["adcode"] for row in rows})
    known = set(
        YearlyFigure.unscoped("a city pack adds only figures that are not there").values_list(
            "territory_id", "figure", "year"
        )
    )
    made = 0
    with transaction.atomic():
        for row in rows:
            place, figure = places.get(row["adcode"]), columns.get(row["indicator"])
            if place is None or figure is None or (place.pk, figure, int(row["year"])) in known:
                continue
            _enter(row, figure, place)
            made += 1
    return made


def _places(codes: set[str]) -> dict[str, Territory]:
    """Return the territories of six-digit codes: 220100 is the city 2201."""
    short = {code: code.removesuffix("00") for code in codes}
    found = {t.code: t for t in Territory.objects.filter(code__in=short.values(), valid_to=None)}
    return {
        code: found[own] for code, own in short.items() if own in found and found[own].level != "province"
    }


def _enter(row: dict[str, str], figure: str, place: Territory) -> None:
    now = clock.now()
    data: dict[str, Any] = {
        "figure": figure,
        "year": int(row["year"]),
        "value": Decimal(row["value"]) if row["value"] else None,
        "source": row["source"],
        "licence": row["licence"],
        "confidence": row["confidence"],
        "note": row["note"],
    }
    made = YearlyFigure(**data, sector="work_safety", created_at=now, updated_at=now)
    made.place_in(place)
    made.settle()
    made.save(force_insert=True)
    written = {**data, "value": row["value"], "territory": str(place.pk)}
    ledger.append(
        made.pk,
        subject_of(YearlyFigure),
        "created",
        Actor.system(LOADER),
        at=now,
        received_at=now,
        data=written,
    )
