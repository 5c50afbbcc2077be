"""Reads of the inspections domain that deserve thought. ``sites_for`` says which sites an inspector has before them (what each is
asked: ``items.checklists_of``); the patrol plan and the phone's bundle both go through it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum, Window

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.patrol import due_on, in_patrol_order, level_to_patrol
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.scope.actor import Actor

MOST_SITES = 200


@dataclass(frozen=True)
class Patrolled:
    """The sites an inspector has before them, and how many more there are: due as well but of less risk, and not due yet."""

    firms: list[Enterprise]
    left_due: int = 0
    left_later: int = 0


def patrolled(actor: Actor, day: date, most: int = MOST_SITES) -> Patrolled:
    """Return the most urgent sites of an inspector, today's route first, and how many were left out.

    The database orders as ``patrol.plan`` does (due before not due, the higher risk first, then the longest not visited), so
    that what is left out is always the least urgent.
    """
    visits = SiteVisit.unscoped("when a site was last visited orders the patrol of whoever sees the site")
    latest = visits.filter(enterprise=OuterRef("pk")).order_by("-visited_on").values("visited_on")[:1]
    rows = Enterprise.actable_by(actor).filter(archived_at=None).exclude(operation="closed")
    rows = rows.annotate(last_visit=Subquery(latest), patrol_level=level_to_patrol())
    rows = rows.annotate(patrol_due=due_on(day))
    rows = rows.annotate(all_sites=Window(Count("pk")), all_due=Window(Sum("patrol_due")))
    longest = F("last_visit").asc(nulls_last=True)
    rows = rows.order_by("-patrol_due", "-patrol_level", longest, "name", "pk")
    firms: list[Any] = list(rows.select_related("territory").defer("search")[:most])
    if not firms:
        return Patrolled([])
    more, due = firms[0].all_sites - len(firms), firms[0].all_due - sum(firm.patrol_due for firm in firms)
    return Patrolled(in_patrol_order(firms, day), due, more - due)


def sites_for(actor: Actor, day: date, most: int = MOST_SITES) -> list[Enterprise]:
    """Return the sites an inspector has before them: today's route, then what else is due, then the rest."""
    return patrolled(actor, day, most).firms


def last_visits(firms: Sequence[Enterprise]) -> dict[uuid.UUID, SiteVisit]:
    """Return the latest visit to each of some sites, whoever made it."""
    visits = SiteVisit.unscoped("the last visit to a site is known to whoever may visit it")
    rows = visits.filter(enterprise__in=[firm.pk for firm in firms]).defer("search")
    rows = rows.order_by("enterprise_id", "-opened_at", "-pk").distinct("enterprise_id")
    return {row.enterprise_id: row for row in rows}


def latest_visit(firm: Enterprise) -> SiteVisit | None:
    """Return the latest visit to a site, whoever made it."""
    return last_visits([firm]).get(firm.pk)


def heads_of_devices(devices: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    """Return number and head of the latest visit received from each of some devices: what the next one hangs on."""
    visits = SiteVisit.unscoped("the chain of a device is continued whoever looks")
    rows = visits.filter(device__in=set(devices)).order_by("device", "-device_seq").distinct("device")
    return {row.device: (row.device_seq or 0, row.device_head) for row in rows.defer("search") if row.device}


def numbers_taken(numbers: Iterable[tuple[uuid.UUID, int]]) -> set[tuple[uuid.UUID, int]]:
    """Return which of some numbers of devices a visit was received under already."""
    asked = set(numbers)
    visits = SiteVisit.unscoped("the chain of a device is continued whoever looks")
    rows = visits.filter(device__in={device for device, _ in asked}, device_seq__in={seq for _, seq in asked})
    found = {(row.device, row.device_seq) for row in rows.only("device", "device_seq")}
    return {one for one in asked if one in found}


def open_dangers(firms: Iterable[Enterprise], actor: Actor) -> dict[uuid.UUID, list[HiddenDanger]]:
    """Return the open dangers of some sites as far as the actor sees them, the most urgent first."""
    rows = HiddenDanger.seen_by(actor).filter(enterprise__in=[firm.pk for firm in firms], closed_at=None)
    found: dict[uuid.UUID, list[HiddenDanger]] = {}
    for row in rows.defer("search").order_by("due_at", "pk"):
        found.setdefault(row.enterprise_id, []).append(row)
    return found


def items_open(firms: Iterable[Enterprise]) -> dict[uuid.UUID, dict[str, HiddenDanger]]:
    """Return the open dangers that earlier visits to some sites opened, by site and by item of the checklist."""
    rows = HiddenDanger.unscoped("the same finding twice is one danger, whoever found it first")
    rows = rows.filter(enterprise__in=[firm.pk for firm in firms], parent_loop="site-visits", closed_at=None)
    dangers = {row.pk: row for row in rows.defer("search")}
    if not dangers:
        return {}
    visits = SiteVisit.unscoped("which item a danger was found by stands in the visit that opened it")
    sheets = list(
        visits.filter(pk__in={row.parent_id for row in dangers.values()}).values_list("answers", flat=True)
    )
    found: dict[uuid.UUID, dict[str, HiddenDanger]] = {}
    for item, pk in danger_ids(one for sheet in sheets for one in sheet):
        if pk in dangers:
            found.setdefault(dangers[pk].enterprise_id, {})[item] = dangers[pk]
    return found


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
