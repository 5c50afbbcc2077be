"""Parts of pages: the colour on the enterprise's page with its history, and on a colour's page the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from anlan.domains.colours import plans, reasons
from anlan.domains.colours.facts import fact_named
from anlan.domains.colours.models import EnterpriseColour, FloorPlan, JointGroup, JointMember, SharedRisk
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import RiskEvent
from anlan.domains.risk.words import LEVELS
from anlan.kernel.registers.declaration import Section, adds_sections
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST_HISTORY = 40
RISKS = Words("风险事件（等级最高的）", "Risk events (the gravest)")


def add_to_enterprises() -> None:
    """Show the colour on every enterprise's page."""
    adds_sections(Enterprise, of_enterprise)


def of_enterprise(row: Enterprise, actor: Actor) -> list[Section]:
    """Return the colour of an enterprise, why, and how it changed."""
    history = list(_seen(actor, row))
    if not history:
        return []
    now = history[0] if history[0].archived_at is None else None
    return [
        Section(
            Words("四色与变化", "Colour and its changes"),
            "colours/history.html",
            {"now": now, "history": history},
        )
    ]


def of_colour(row: EnterpriseColour, actor: Actor) -> list[Section]:
    """Return the rows behind a colour, those the reader may see, and the history it stands in."""
    behind = {"why": row.because(), "groups": list(_groups(row, actor)), "row": row}
    return [
        Section(Words("为什么是这个颜色", "Why this colour"), "colours/behind.html", behind),
        Section(
            Words("颜色的变化", "Changes of the colour"), "colours/history.html",
            {"now": None, "history": list(_seen(actor, row.enterprise))},
        ),
    ]  # fmt: skip


def of_plan(row: FloorPlan, actor: Actor) -> list[Section]:
    """Return the plan with its units in colour, and what a plan cannot show: every object by the level of its events."""
    may_draw = not row.is_archived and row.kept.writers.allows(actor, row, row._meta.app_label)
    plan = {
        "row": row,
        "shapes": plans.shapes_of(row, actor),
        "missing": plans.not_drawn(row, actor),
        "may_draw": may_draw,
    }
    return [
        Section(Words("分析单元的颜色", "Units in colour"), "colours/plan.html", plan),
        Section(
            Words("各风险点的风险事件", "Risk events of each object"), "colours/objects.html",
            {"objects": plans.objects_of(row, actor), "levels": LEVELS},
        ),
    ]  # fmt: skip


def of_group(row: JointGroup, actor: Actor) -> list[Section]:
    """Return the members of a group with their numbers, and the risks they share."""
    members = JointMember.seen_by(actor).filter(group=row, archived_at=None).defer("search")
    shared = SharedRisk.seen_by(actor).filter(group=row, archived_at=None).defer("search")
    return [
        Section(
            Words("成员与值班电话", "Members and their duty numbers"), "colours/members.html",
            {"group": row, "members": list(members.select_related("enterprise").order_by("pk")),
             "may_add": JointMember.kept.writers.allows(actor, row, row._meta.app_label)},
        ),
        Section(
            Words("组内共享的风险", "Risks shared in the group"), "colours/shared.html",
            {"group": row, "risks": list(shared.select_related("enterprise").order_by("-risk_level", "object_name")),
             "may_share": actor.post_kind in SharedRisk.kept.writers.kinds()},
        ),
    ]  # fmt: skip


def _seen(actor: Actor, enterprise: Enterprise) -> Iterator[EnterpriseColour]:
    rows = EnterpriseColour.seen_by(actor).filter(enterprise=enterprise).defer("search").order_by("-since")
    yield from rows[:MOST_HISTORY]


def _groups(row: EnterpriseColour, actor: Actor) -> Iterator[dict[str, Any]]:
    told = row.told
    if told.get("events"):
        yield _group(RISKS, RiskEvent, told["events"], len(told["events"]), actor, reasons.base_words(told))
    for fact in told.get("facts", ()):
        kind = fact_named(fact["kind"])
        if kind is not None:
            model = kind.rows(row.since).model
            yield _group(kind.words, model, fact["rows"], fact["n"], actor, reasons.fact_words(fact))


def _group(
    title: Words, model: Any, ids: list[str], count: int, actor: Actor, words: Words
) -> dict[str, Any]:
    loop = getattr(model, "loop", None)
    rows = list(model.seen_by(actor).filter(pk__in=ids).defer("search")) if ids else []
    slug = loop.slug if loop else model.kept.slug
    return {"title": title, "rows": rows, "slug": slug, "unseen": count - len(rows), "words": words}
