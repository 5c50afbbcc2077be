"""The bundle of a phone: everything an inspector needs where there is no network, and afterwards only what changed.

Sites, their lists, last findings, open dangers and duty holders' telephones. Each site bears a digest; a phone names the
digests it has and is given what differs, so that nothing is missed whatever changed it. Telephones of duty holders go to
whoever acts at the site, and each that leaves is logged.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from anlan.domains.checks.checklists import CheckItem, article_in_english, trades_of
from anlan.domains.checks.prohibited import marks_of
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.items import (
    ARTICLE,
    CONTROLS,
    DEADLINES,
    FAILS,
    LAW,
    SEEN,
    checklists_of,
    within_of,
)
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import (
    danger_ids,
    last_visits,
    open_dangers,
    patrolled,
)
from anlan.domains.inspections.words import PURPOSES, TRADES
from anlan.domains.risk.words import LEVELS, NAMES
from anlan.kernel import clock, rules
from anlan.kernel.identity.signing_in import reveal_many
from anlan.kernel.rules.book import catalogue
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Person
from anlan.kernel.scope.parties import in_force
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.words import Words

DIGEST_LENGTH = 8
MOST_OPEN = 10
DUTY_HOLDERS = ("main_person", "safety_officer")
REASON = "现场检查应用：联系企业责任人 / field app: contact of duty holders"


def bundle(actor: Actor, have: Collection[str], have_lists: str) -> dict[str, Any]:
    """Return what a phone lacks: ``have`` are the digests of the sites it holds, ``have_lists`` that of its lists."""
    day = clock.today()
    before = patrolled(actor, day)
    firms, lists = before.firms, checklists_of(before.firms, day)
    known = {item.key: item for found in lists.values() for item in found if not item.risk_level}
    said = {key: _item(item, day) for key, item in known.items()}
    measures = _of_measures(day)
    stamp = digest_of({"items": said, "measures": measures, "purposes": [key for key, _ in PURPOSES]})
    sites = _sites(actor, firms, lists)
    changed = [site for site in sites if site["digest"] not in have]
    _log_telephones(actor, changed)
    return {
        "sites": [_without_people(site) for site in changed],
        "order": "".join(site["digest"] for site in sites),
        "left": {"due": before.left_due, "later": before.left_later},
        "lists": None if stamp == have_lists else {
            "stamp": stamp, "items": said, "measures": measures,
            "purposes": [[key, words.both()] for key, words in PURPOSES],
        },
    }  # fmt: skip


def digest_of(value: Any) -> str:
    """Return the short digest by which a phone and the server know whether they hold the same."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def _sites(
    actor: Actor, firms: Sequence[Enterprise], lists: Mapping[uuid.UUID, Sequence[CheckItem]]
) -> list[dict[str, Any]]:
    visits, dangers = last_visits(firms), open_dangers(firms, actor)
    people = _duty_holders(firms)
    items = _items_of(dangers)
    found = []
    for firm in firms:
        site = {
            "id": str(firm.pk),
            "name": firm.name,
            "address": firm.address or firm.territory.name,
            "lng": str(firm.longitude) if firm.longitude is not None else None,
            "lat": str(firm.latitude) if firm.latitude is not None else None,
            "trades": [TRADES[one].both() for one in sorted(trades_of(firm.industry, marks_of(firm)))],
            "items": [item.key for item in lists[firm.pk]],
            "own": [_own(item) for item in lists[firm.pk] if item.risk_level],
            "people": people.get(firm.holder_id, []),
            "last": _last(visits.get(firm.pk)),
            "open": [_danger(row, items) for row in dangers.get(firm.pk, [])[:MOST_OPEN]],
            "open_all": len(dangers.get(firm.pk, [])),
            "known": sorted({items[row.pk] for row in dangers.get(firm.pk, []) if row.pk in items}),
        }
        found.append({**site, "digest": digest_of(site)})
    return found


def _last(visit: SiteVisit | None) -> dict[str, Any] | None:
    if visit is None:
        return None
    return {
        "ref": visit.device_head or str(visit.pk),
        "number": visit.number,
        "on": visit.visited_on.isoformat(),
        "findings": visit.findings,
        "wrong": [one["item"] for one in visit.wrong()],
    }


def _danger(row: HiddenDanger, items: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    due = row.due_at.astimezone(clock.CHINA).date().isoformat() if row.due_at else None
    return {
        "number": row.number,
        "text": row.title(),
        "state": row.state_words.both(),
        "due": due,
        "major": row.severity == "major",
        "item": items.get(row.pk, ""),
    }


def _items_of(dangers: Mapping[uuid.UUID, Iterable[HiddenDanger]]) -> dict[uuid.UUID, str]:
    """Return by which item of a list each open danger was found, where a visit found it."""
    parents = {row.parent_id for rows in dangers.values() for row in rows if row.parent_loop == "site-visits"}
    visits = SiteVisit.unscoped("which item a danger was found by stands in the visit that opened it")
    sheets = visits.filter(pk__in=[pk for pk in parents if pk]).values_list("answers", flat=True)
    return {pk: item for item, pk in danger_ids(one for sheet in sheets for one in sheet)}


def _item(item: CheckItem, day: date) -> dict[str, Any]:
    return {
        "q": item.words.both(),
        "wrong": item.wrong.both(),
        "fix": item.fix.both(),
        "clause": item.clause.both(),
        "department": SECTORS[item.department].both(),
        "days": rules.parameter(DEADLINES[item.within], day).value,
        "prohibited": item.is_prohibited,
        "major": bool(item.criterion),
        "sure": item.seen == "sourced",
    }


def _own(item: CheckItem) -> list[Any]:
    """Return a measure of the site itself, short: key, question, what puts it right, what it guards against, its grade."""
    return [item.key, item.words.zh, item.fix.zh, item.risk, item.risk_level]


def _of_measures(day: date) -> dict[str, Any]:
    """Return what all measures have in common, said once for every site."""
    law = catalogue().instruments[LAW]
    days = {level: rules.parameter(DEADLINES[within_of(level)], day).value for level in NAMES}
    return {
        "heading": CONTROLS.both(),
        "wrong": FAILS.both(),
        "clause": Words(f"《{law.zh}》{ARTICLE}", f"{law.en}, {article_in_english(ARTICLE)}").both(),
        "sure": SEEN == "sourced",
        "days": days,
        "levels": {number: dict(LEVELS)[number].both() for number in NAMES},
    }


def _duty_holders(firms: Sequence[Enterprise]) -> dict[uuid.UUID | None, list[dict[str, Any]]]:
    """Return the duty holders of some enterprises with their telephones, in posts filled today."""
    parties = [firm.holder_id for firm in firms]
    rows = Membership.objects.filter(
        in_force(clock.today()), post__party__in=parties, post__kind__in=DUTY_HOLDERS, post__closed_on=None
    )
    found: dict[uuid.UUID | None, list[dict[str, Any]]] = {}
    for row in rows.select_related("person", "post").order_by("post__kind", "valid_from", "pk"):
        told = {
            "name": row.person.name, "title": row.post.title, "phone": row.person.phone, "person": str(row.person_id)
        }  # fmt: skip
        found.setdefault(row.post.party_id, []).append(told)
    return found


def _log_telephones(actor: Actor, sites: Iterable[Mapping[str, Any]]) -> None:
    people = {one["person"] for site in sites for one in site["people"] if one["phone"]}
    reveal_many(actor, Person.objects.filter(pk__in=people), "phone", REASON)


def _without_people(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a site as it leaves: people are named by post, their ids stay here."""
    people = [{name: one[name] for name in ("name", "title", "phone")} for one in site["people"]]
    return {**site, "people": people}
