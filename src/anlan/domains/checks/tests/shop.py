"""What the tests of checks stand on: one enterprise with two posts and measures to check."""

from __future__ import annotations

from datetime import date
from typing import Any

from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit, WorkPost
from anlan.kernel.registers import create

DAY = date(2026, 3, 2)  # the Monday the world begins on


class Shop:
    """One enterprise with posts and measures."""

    def __init__(self, city: Any, firm: Any = None, keeper: Any = None) -> None:
        self.firm, self.keeper = firm or city.workshop, keeper or city.safety_officer
        of = {"enterprise": str(self.firm.pk)}
        self.posts = [create(WorkPost, self.keeper, {**of, "name": name}) for name in ("车工", "电工")]
        above = create(RiskObject, self.keeper, {**of, "name": "机加车间"})
        unit = create(RiskUnit, self.keeper, {"risk_object": str(above.pk), "name": "车床"})
        self.event = create(
            RiskEvent, self.keeper, {"unit": str(unit.pk), "name": "卷入", "accident_type": "1986-03"}
        )

    def measure(
        self, text: str, every: int | None, unit: str, post: int | None = 0, **more: str
    ) -> ControlMeasure:
        who = (
            {"responsible_person": "张三"} if post is None else {"responsible_post": str(self.posts[post].pk)}
        )
        return create(ControlMeasure, self.keeper, {
            "event": str(self.event.pk), "kind": "engineering", "description": text, "check_content": text,
            "check_cycle": str(every or ""), "check_cycle_unit": unit, **who, **more,
        })  # fmt: skip
