"""Parts of the pages of the risk registers that the generic ones cannot give: what hangs below, gradings, who controls, cards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anlan.domains.risk.loop import proposers
from anlan.domains.risk.models import (
    ControlMeasure,
    RiskEvent,
    RiskGrading,
    RiskObject,
    RiskUnit,
    ShiftConfirmation,
    WorkPost,
)
from anlan.domains.risk.queries import controllers
from anlan.domains.risk.reassessing import EXPIRED
from anlan.domains.risk.words import INITIAL
from anlan.kernel import clock
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST = 200
A_WEEK = timedelta(days=7)


def of_object(row: RiskObject, actor: Actor) -> list[Section]:
    """Return the units of an object."""
    units = _live(RiskUnit, actor).filter(risk_object=row).order_by("-risk_level", "name")
    return [_below(Words("分析单元", "Units"), units, "risk-units", "risk_object", row, actor)]


def of_unit(row: RiskUnit, actor: Actor) -> list[Section]:
    """Return the events of a unit."""
    events = _live(RiskEvent, actor).filter(unit=row).order_by("-risk_level", "name")
    return [_below(Words("风险事件", "Events"), events, "risk-events", "unit", row, actor, sheet=True)]


def of_event(row: RiskEvent, actor: Actor) -> list[Section]:
    """Return the measures of an event, who controls it, and the history of its grade."""
    measures = _live(ControlMeasure, actor).filter(event=row).order_by("kind", "pk")
    found = list(measures.select_related("responsible_post__division")[:MOST])
    gradings = RiskGrading.seen_by(actor).filter(event=row).defer("search").order_by("-opened_at")
    may_grade = proposers.allows(actor, row, row._meta.app_label) and not row.is_archived
    found_gradings = list(gradings[:MOST])
    graded = {
        "event": row, "gradings": found_gradings, "may_grade": may_grade,
        "stage": INITIAL if any(one.state == EXPIRED for one in found_gradings) else "",
    }  # fmt: skip
    return [
        _below(Words("管控措施", "Measures"), found, "control-measures", "event", row, actor),
        Section(
            Words("谁来管控", "Who controls it"),
            "risk/controllers.html",
            {"controllers": controllers(row, found)},
        ),
        Section(Words("评级记录", "Gradings"), "risk/gradings.html", graded),
    ]


def of_grading(row: RiskGrading, actor: Actor) -> list[Section]:
    """Return the way to the new grading, while this one waits to be assessed again."""
    event = row.event
    if row.state != EXPIRED or event.is_archived or not proposers.allows(actor, event, event._meta.app_label):
        return []
    under_way = RiskGrading.seen_by(actor).filter(event=event, stage=INITIAL, closed_at=None)
    context = {"event": event, "under_way": under_way.exclude(pk=row.pk).defer("search").first()}
    return [Section(Words("重新评级", "Grade anew"), "risk/anew.html", context)]


def of_post(row: WorkPost, actor: Actor) -> list[Section]:
    """Return the cards of a post and the measures it answers for."""
    since = clock.today() - A_WEEK
    confirmed = ShiftConfirmation.seen_by(actor).filter(post=row, day__gt=since).count()
    measures = _live(ControlMeasure, actor).filter(responsible_post=row).order_by("-risk_level", "pk")
    title = Words("本岗位的管控措施", "Measures of this post")
    return [
        Section(
            Words("岗位卡", "Cards of the post"), "risk/post.html", {"post": row, "confirmed": confirmed}
        ),
        _below(title, measures, "control-measures", "responsible_post", row, actor),
    ]


def _live(model: Any, actor: Actor) -> Any:
    return model.seen_by(actor).filter(archived_at=None).defer("search")


def _below(
    title: Words, rows: Any, slug: str, column: str, above: Any, actor: Actor, *, sheet: bool = False
) -> Section:
    may_add = not above.is_archived and above.kept.writers.allows(actor, above, above._meta.app_label)
    context = {
        "rows": list(rows[:MOST]), "slug": slug, "column": column, "above": above, "may_add": may_add, "sheet": sheet,
    }  # fmt: skip
    return Section(title, "risk/below.html", context)
