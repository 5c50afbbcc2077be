"""Reads of the inspections domain that deserve thought. ``checklist_of`` and ``sites_for`` are its two doors:

what a site is asked on a day (risk measures join there), and which sites an inspector has before them (a patrol plan joins
there). Everything else, the phone's bundle too, goes through them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Subquery

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.checklists import CheckItem, asked, trades_of
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.patrol import in_patrol_order
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.scope.actor import Actor

MOST_SITES = 200


def marks_of(firm: Enterprise) -> frozenset[str]:
    """Return the key marks an enterprise bears."""
    return frozenset(name for name in Enterprise.KEY_FLAGS if getattr(firm, name))


def checklist_of(firm: Enterprise, day: date) -> list[CheckItem]:
    """Return what a site is asked on a day, all departments' questions in one list."""
    return asked(trades_of(firm.industry, marks_of(firm)), day)


def sites_for(actor: Actor, day: date, most: int = MOST_SITES) -> list[Enterprise]:
    """Return the sites an inspector has before them: today's route, then what else is due, then the rest (``patrol``)."""
    visits = SiteVisit.unscoped("when a site was last visited orders the patrol of whoever sees the site")
    latest = visits.filter(enterprise=OuterRef("pk")).order_by("-visited_on").values("visited_on")[:1]
    rows = Enterprise.actable_by(actor).filter(archived_at=None).exclude(operation="closed")
    rows = rows.annotate(last_visit=Subquery(latest)).select_related("territory").defer("search")
    return in_patrol_order(
        list(rows.order_by(F("last_visit").asc(nulls_first=True), "name", "pk")[:most]), day
    )


def last_visits(firms: Sequence[Enterprise]) -> dict[uuid.UUID, SiteVisit]:
    """Return the latest visit to each of some sites, whoever made it."""
    visits = SiteVisit.unscoped("the last visit to a site is known to whoever may visit it")
    rows = visits.filter(enterprise__in=[firm.pk for firm in firms]).defer("search")
    rows = rows.order_by("enterprise_id", "-opened_at", "-pk").distinct("enterprise_id")
    return {row.enterprise_id: row for row in rows}


def latest_visit(firm: Enterprise) -> SiteVisit | None:
    """Return the latest visit to a site, whoever made it."""
    visits = SiteVisit.unscoped("two visits to one site are told of each other")
    return visits.filter(enterprise=firm).order_by("-opened_at", "-pk").first()


def last_of_device(device: uuid.UUID) -> SiteVisit | None:
    """Return the latest visit received from a device: its head is what the next one hangs on."""
    visits = SiteVisit.unscoped("the chain of a device is continued whoever looks")
    return visits.filter(device=device).order_by("-device_seq").first()


def open_dangers(firms: Iterable[Enterprise], actor: Actor) -> dict[uuid.UUID, list[HiddenDanger]]:
    """Return the open dangers of some sites as far as the actor sees them, the most urgent first."""
    rows = HiddenDanger.seen_by(actor).filter(enterprise__in=[firm.pk for firm in firms], closed_at=None)
    found: dict[uuid.UUID, list[HiddenDanger]] = {}
    for row in rows.defer("search").order_by("due_at", "pk"):
        found.setdefault(row.enterprise_id, []).append(row)
    return found


def items_open_at(firm: Enterprise) -> dict[str, HiddenDanger]:
    """Return the open dangers that earlier visits to a site opened, by the item of the checklist."""
    rows = HiddenDanger.unscoped("the same finding twice is one danger, whoever found it first")
    dangers = {row.pk: row for row in rows.filter(enterprise=firm, parent_loop="site-visits", closed_at=None)}
    if not dangers:
        return {}
    visits = SiteVisit.unscoped("which item a danger was found by stands in the visit that opened it")
    sheets = list(
        visits.filter(pk__in={row.parent_id for row in dangers.values()}).values_list("answers", flat=True)
    )
    found = danger_ids(one for sheet in sheets for one in sheet)
    return {item: dangers[pk] for item, pk in found if pk in dangers}


def danger_ids(answers: Iterable[dict[str, Any]]) -> list[tuple[str, uuid.UUID]]:
    """Return (item, danger) for the findings of some sheets: named outright, or by the key under which it was opened."""
    findings = [one for one in answers if one.get("danger") or one.get("opens")]
    keys = [one["opens"] for one in findings if one.get("opens")]
    opened = dict(LedgerEntry.objects.filter(key__in=keys).values_list("key", "chain"))
    found = []
    for one in findings:
        pk = uuid.UUID(one["danger"]) if one.get("danger") else opened.get(uuid.UUID(one["opens"]))
        if pk is not None:
            found.append((str(one["item"]), pk))
    return found


def dangers_of(visit: SiteVisit) -> dict[str, HiddenDanger]:
    """Return the dangers of a visit by item, those it met again too."""
    named = danger_ids(visit.answers)
    rows = HiddenDanger.unscoped("a visit names the dangers it led to").in_bulk([pk for _, pk in named])
    return {item: rows[pk] for item, pk in named if pk in rows}
