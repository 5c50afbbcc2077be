"""Pages of the inspections domain: the patrol plan of an inspector, today's route first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anlan.domains.checks.checklists import CheckItem
from anlan.domains.inspections.items import checklists_of
from anlan.domains.inspections.patrol import PatrolSite, plan, route
from anlan.domains.inspections.queries import patrolled
from anlan.domains.risk.words import COLOURS, NUMBERS
from anlan.kernel import clock
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.registers.pages import Asked, Drawn, OwnPage
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.posts import INSPECTORS
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.words import Words


def _is_for(actor: Actor) -> bool:
    return actor.post_kind in INSPECTORS


def patrol(asked: Asked) -> Drawn:
    """Draw today's route and what is due later, each with the reason for its interval."""
    if not _is_for(asked.actor):
        raise NotAllowed(Words("这一页给网格员和监管干部用。", "This page is for inspectors and officers."))
    day = clock.today()
    before = patrolled(asked.actor, day)
    sites = plan(before.firms, day)
    walked = route(sites, day)
    today = {one.firm.pk for one in walked}
    lists = checklists_of([one.firm for one in walked], day)
    rest = [one for one in sites if one.firm.pk not in today]
    context = {
        "route": [_card(one, lists[one.firm.pk], number) for number, one in enumerate(walked, 1)],
        "due": [one for one in rest if one.is_due],
        "later": [one for one in rest if not one.is_due],
        "kilometres": sum(one.km or 0 for one in walked),
        "day": day,
        "before": before,
        "shown": len(before.firms),
    }
    return Drawn("inspections/patrol.html", context)


def _card(site: PatrolSite, items: Sequence[CheckItem], number: int) -> dict[str, Any]:
    """Return a site of the route with the departments whose questions one visit asks."""
    departments = dict.fromkeys(item.department for item in items)
    return {
        "site": site,
        "number": number,
        "colour": COLOURS[NUMBERS[site.level]],
        "items": len(items),
        "prohibited": sum(item.is_prohibited for item in items),
        "measures": sum(bool(item.risk_level) for item in items),
        "departments": [SECTORS[one] for one in departments],
    }


pages = (
    OwnPage(
        slug="patrol", words=Words("巡查计划", "Patrol plan"), part="prevention", serves=("A9", "A9.9", "A22", "A15"),
        icon="route", answer=patrol, is_for=_is_for,
    ),
)  # fmt: skip
