"""Parts of the pages of the risk registers that the generic ones cannot give: what hangs below, gradings, who controls."""

from __future__ import annotations

from typing import Any

from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskGrading, RiskObject, RiskUnit, WorkPost
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST = 200


def of_object(row: RiskObject, actor: Actor) -> list[Section]:
    """Return the units of an object."""
    units = (
        RiskUnit.seen_by(actor)
        .filter(risk_object=row, archived_at=None)
        .defer("search")
        .order_by("-risk_level", "name")
    )
    return [_below(Words("分析单元", "Units"), units, "risk-units", "risk_object", row, actor)]


def of_unit(row: RiskUnit, actor: Actor) -> list[Section]:
    """Return the events of a unit."""
    events = (
        RiskEvent.seen_by(actor)
        .filter(unit=row, archived_at=None)
        .defer("search")
        .order_by("-risk_level", "name")
    )
    return [_below(Words("风险事件", "Events"), events, "risk-events", "unit", row, actor)]


def of_event(row: RiskEvent, actor: Actor) -> list[Section]:
    """Return the measures and the gradings of an event."""
    measures = (
        ControlMeasure.seen_by(actor)
        .filter(event=row, archived_at=None)
        .defer("search")
        .order_by("kind", "pk")
    )
    gradings = RiskGrading.seen_by(actor).filter(event=row).defer("search").order_by("-opened_at")
    return [
        _below(
            Words("管控措施", "Measures"),
            measures.select_related("responsible_post"),
            "control-measures",
            "event",
            row,
            actor,
        ),
        Section(
            Words("评级记录", "Gradings"),
            "risk/gradings.html",
            {"event": row, "gradings": list(gradings[:MOST])},
        ),
    ]


def of_post(row: WorkPost, actor: Actor) -> list[Section]:
    """Return the measures a post answers for."""
    measures = ControlMeasure.seen_by(actor).filter(responsible_post=row, archived_at=None).defer("search")
    return [
        _below(
            Words("本岗位的管控措施", "Measures of this post"),
            measures.order_by("-risk_level"),
            "control-measures",
            "responsible_post",
            row,
            actor,
        )
    ]


def _below(title: Words, rows: Any, slug: str, column: str, above: Any, actor: Actor) -> Section:
    may_add = not above.is_archived and above.kept.writers.allows(actor, above, above._meta.app_label)
    context = {"rows": list(rows[:MOST]), "slug": slug, "column": column, "above": above, "may_add": may_add}
    return Section(title, "risk/below.html", context)
