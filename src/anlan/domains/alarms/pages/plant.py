"""The page of a plant: one installation, or all that is measured at an enterprise. Serves articles 14 and 18."""

from __future__ import annotations

from typing import Any

from anlan.domains.alarms.models import Sensor
from anlan.domains.alarms.plant import GAUGE, HEIGHT, WIDTH, firm_of, plant, unit_of
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.pages import Asked, Drawn
from anlan.kernel.scope.actor import Actor


def of_installation(asked: Asked) -> Drawn:
    """Draw the page of one installation."""
    unit = unit_of(asked.actor, asked.pk)
    if unit is None:
        raise NotSeen
    return _drawn(asked.actor, unit.enterprise, unit, f"/installations/{unit.pk}/plant")


def of_enterprise(asked: Asked) -> Drawn:
    """Draw the page of everything that is measured at an enterprise."""
    firm = firm_of(asked.actor, asked.pk)
    if firm is None:
        raise NotSeen
    return _drawn(asked.actor, firm, None, f"/enterprises/{firm.pk}/plant")


def _drawn(actor: Actor, firm: Enterprise, unit: Any, address: str) -> Drawn:
    sizes = {"gauge": GAUGE, "width": WIDTH, "height": HEIGHT, "address": address}
    return Drawn("alarms/plant.html", {**plant(actor, firm, unit), **sizes})


def is_measured(actor: Actor, row: Enterprise) -> bool:
    """Say whether anything is measured at an enterprise."""
    return Sensor.seen_by(actor).filter(enterprise=row, archived_at=None).exists()
