"""An enterprise of the small world with one event that can be graded."""

from __future__ import annotations

from typing import Any

from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.risk.levels import apply
from anlan.domains.risk.models import RiskEvent, RiskObject, RiskUnit
from anlan.kernel import clock
from anlan.kernel.registers import create


class Firm:
    """An enterprise with one object, one unit, one event."""

    def __init__(self, city: Any, row: Any, by: Any) -> None:
        self.city, self.row = city, row
        self.object = create(
            RiskObject, by, {"enterprise": str(row.pk), "name": "冲压机", "kind": "equipment"}
        )
        self.unit = create(RiskUnit, by, {"risk_object": str(self.object.pk), "name": "冲压作业"})
        self.event = create(
            RiskEvent,
            by,
            {"unit": str(self.unit.pk), "name": "压手", "factor": "2102", "accident_type": "1986-03"},
        )

    def graded(self, level: int, stage: str = "initial") -> None:
        """Let an approved grading come into force."""
        who, now = self.city.main_person, clock.now()
        apply(self.event.pk, stage, level, clock.today(), number="FX-2026-000001", actor=who, at=now)

    def fresh_event(self) -> RiskEvent:
        """Read the event again."""
        return RiskEvent.unscoped("a test reads the result").get(pk=self.event.pk)

    @property
    def colour(self) -> EnterpriseColour:
        """Take in what was written and return the colour that stands."""
        painting.follow()
        return EnterpriseColour.unscoped("a test reads the result").get(enterprise=self.row, archived_at=None)
