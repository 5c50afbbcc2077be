"""What each layer of persons in charge must do and how often (``installations.layer_duties``). Serves articles 5 and 14."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from anlan.kernel import clock, rules
from anlan.kernel.rules.reading import read_yaml
from anlan.kernel.words import Words

KEY = "installations.layer_duties"


@dataclass(frozen=True, slots=True)
class LayerDuty:
    """One duty of one layer; ``every_days`` 0: no period is fixed."""

    code: str
    layer: str
    words: Words
    every_days: int


def duties_on(day: date) -> list[LayerDuty]:
    """Return the duties as they stand on a day; none before the rule."""
    try:
        rows = rules.parameter(KEY, day).value
    except rules.RuleGap:
        return []
    return [_read(row) for row in rows]


def duties_of(layer: str, day: date) -> list[LayerDuty]:
    """Return the duties of one layer."""
    return [one for one in duties_on(day) if one.layer == layer]


def duty_named(code: str, day: date) -> LayerDuty | None:
    """Return one duty by its code."""
    return next((one for one in duties_on(day) if one.code == code), None)


def period_of(layer: str, day: date) -> int | None:
    """Return the shortest period of a layer's periodic duties in days; None where it has none."""
    periods = [one.every_days for one in duties_of(layer, day) if one.every_days]
    return min(periods, default=None)


@lru_cache(maxsize=1)
def duty_choices() -> tuple[tuple[str, Words], ...]:
    """Return the duties as choices of a field, as they are written newest."""
    entries: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("rules.yaml"))
    rows = next(entry for entry in entries if entry["key"] == KEY)["values"][-1]["value"]
    return tuple((row["code"], _read(row).words) for row in rows)


def move_on(keeper: uuid.UUID) -> None:
    """Set the next periodic duty of a person from the last record of it. Call it inside the transaction of the record."""
    from anlan.domains.installations.models.keepers import DutyRecord, HazardKeeper

    rows = HazardKeeper.unscoped("the next duty of a person follows from the records").select_for_update(
        of=("self",)
    )
    row = rows.select_related("territory").get(pk=keeper)
    periodic = [one.code for one in duties_of(row.layer, clock.today()) if one.every_days]
    records = DutyRecord.unscoped("the next duty of a person follows from the records")
    last = records.filter(keeper=row, archived_at=None, duty__in=periodic).order_by("-done_on").first()
    period = period_of(row.layer, clock.today())
    if last is None or period is None:
        return
    due = last.done_on + timedelta(days=period)
    if due != row.duty_due_on:
        row.duty_due_on = due
        row.save(update_fields=["duty_due_on"])


def _read(row: Any) -> LayerDuty:
    return LayerDuty(row["code"], row["layer"], Words(row["zh"], row["en"]), int(row["every_days"]))
