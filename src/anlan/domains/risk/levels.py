"""Levels follow gradings: an event bears what was approved, what stands above the highest below, measures the event's.

Nothing here decides a level; it only carries one to where it is read. Archived rows bear nothing upwards.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from anlan.domains.risk.models.measure import ControlMeasure
from anlan.domains.risk.models.tree import RiskEvent, RiskObject, RiskUnit
from anlan.domains.risk.words import INITIAL, LAYER_ORDER, NAMES, UNGRADED
from anlan.kernel import clock, ledger, rules
from anlan.kernel.loops.due import place_of
from anlan.kernel.registers.keeping import archive, subject_of
from anlan.kernel.scope.actor import Actor


def layer_of(event: Any) -> str:
    """Return the lowest layer that controls an event: by its level, one higher where it is raised; empty if not graded."""
    if event.risk_level == UNGRADED:
        return ""
    layers: dict[str, str] = rules.parameter("risk.control_layers", clock.today(), place_of(event)).value
    lowest = layers[NAMES[event.risk_level]]
    at = LAYER_ORDER.index(lowest)
    return LAYER_ORDER[max(0, at - 1)] if event.is_raised else lowest


def apply(
    pk: uuid.UUID, stage: str, level: int, on: date, *, number: str, actor: Actor, at: datetime
) -> RiskEvent:
    """Let an event bear an approved level. Call it inside the transaction of the approval."""
    rows = RiskEvent.unscoped("an approved grading is carried to its event").select_for_update(of=("self",))
    event = rows.select_related("territory", "holder", "enterprise", "unit").get(pk=pk)
    column = "risk_level" if stage == INITIAL else "residual_level"
    before = {name: getattr(event, name) for name in (column, "control_layer", "graded_on")}
    setattr(event, column, level)
    if stage == INITIAL:
        event.graded_on, event.assess_by = on, _assess_by(event, on)
        event.control_layer = layer_of(event)
    event.version, event.updated_at = event.version + 1, clock.now()
    event.save(force_update=True)
    changes = {
        name: [old, getattr(event, name)] for name, old in before.items() if getattr(event, name) != old
    }
    ledger.append(
        event.pk, subject_of(RiskEvent), "graded", actor, at=at, received_at=clock.now(),
        data={"grading": number, **{name: [_plain(one) for one in pair] for name, pair in changes.items()}},
    )  # fmt: skip
    follow(event)
    return event


def follow(event: RiskEvent) -> None:
    """Bring in step what hangs on an event: its measures, its unit, its object."""
    measures = ControlMeasure.unscoped("levels are carried to where they are read, whoever set them").filter(
        event=event
    )
    fresh = {"risk_level": event.risk_level, "control_layer": event.control_layer}
    measures.exclude(**fresh).update(**fresh)
    follow_unit(event.unit_id)


def follow_unit(pk: uuid.UUID) -> None:
    """Bring a unit in step with its events, and its object with it."""
    _raise_to(
        RiskUnit,
        pk,
        RiskEvent.unscoped("levels are carried to where they are read, whoever set them").filter(unit_id=pk),
    )
    follow_object(
        RiskUnit.unscoped("levels are carried to where they are read, whoever set them")
        .values_list("risk_object_id", flat=True)
        .get(pk=pk)
    )


def follow_object(pk: uuid.UUID) -> None:
    """Bring an object in step with its units."""
    _raise_to(
        RiskObject,
        pk,
        RiskUnit.unscoped("levels are carried to where they are read, whoever set them").filter(
            risk_object_id=pk
        ),
    )


def _raise_to(model: Any, pk: uuid.UUID, below: Any) -> None:
    """Let a row bear the highest levels of the rows below it that are not archived."""
    highest = below.filter(archived_at=None).aggregate(
        risk_level=Max("risk_level"), residual_level=Max("residual_level")
    )
    fresh = {name: level or UNGRADED for name, level in highest.items()}
    row = (
        model.unscoped("levels are carried to where they are read, whoever set them")
        .defer("search")
        .filter(pk=pk)
        .exclude(**fresh)
        .first()
    )
    if row is not None:
        for name, level in fresh.items():
            setattr(row, name, level)
        row.save(update_fields=list(fresh))


def prune(row: Any, actor: Actor) -> None:
    """Archive what hangs on an archived row, with the same reason; restoring brings back the row alone."""
    if not row.is_archived:
        return
    below = {
        RiskObject: (RiskUnit, "risk_object"),
        RiskUnit: (RiskEvent, "unit"),
        RiskEvent: (ControlMeasure, "event"),
    }
    model, column = below[type(row)]
    live = model.unscoped("what hangs on an archived row goes with it").filter(
        **{column: row, "archived_at": None}
    )
    for pk in list(live.values_list("pk", flat=True)):
        archive(model, pk, actor, row.archive_reason)


def _assess_by(event: RiskEvent, on: date) -> date | None:
    rule = rules.parameter("risk.assess_again_after", on, place_of(event))
    return rules.due(on, rule.duration()).due_date


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
