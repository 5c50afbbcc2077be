"""Departments over time: renamed, merged, given and relieved of subjects, by dated rows; no other row is touched.

Occupational health moved from work safety to health in 2018: one remit ends, another begins, and every question as of an
earlier day is still answered as it stood.
"""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from anlan.kernel.people.authority import administered_party, as_uuid
from anlan.kernel.people.writing import LONGEST_REASON, PARTY, day, note, text, was_done
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party, PartySuccession, Remit
from anlan.kernel.scope.parties import REMIT_ROLES, predecessors_of, renamed
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.words import Words

ONE_DAY = timedelta(days=1)
_INDUSTRY = re.compile(r"[A-T]|\d{2,4}|")
_SUBJECT = re.compile(r"[a-z][a-z_]{0,39}|")


def rename(
    actor: Actor, party: Any, name: str, on: Any, *, source: str = "", key: uuid.UUID | None = None
) -> Party:
    """Let a department bear a new name from a day on; what it was called before stays true of before."""
    done = was_done(key, "renamed")
    if done:
        return Party.objects.get(pk=done)
    called, since, why = text("name", name, 160), day("on", on), text("source", source, 200, required=False)
    with transaction.atomic():
        found = _locked(actor, party)
        former = found.name
        latest = found.names.exclude(valid_from=None).order_by("-valid_from").first()
        if called == former:
            raise Invalid({"name": [Words("与现名称相同。", "This is its name already.")]})
        if latest is not None and latest.valid_from is not None and since < latest.valid_from:
            raise Invalid({"on": [Words("早于上一次更名。", "Before the last change of name.")]})
        renamed(found, called, since)
        found.names.filter(valid_from=since).update(source=why)
        note(
            found.pk,
            PARTY,
            "renamed",
            actor,
            {"from": former, "to": called, "on": since, "source": why},
            key=key,
        )
    return found


def merge_parties(
    actor: Actor, gone: Any, into: Any, on: Any, reason: str, *, key: uuid.UUID | None = None
) -> PartySuccession:
    """Let one department go on in another from a day on: its open work and its remits pass, its history stays."""
    done = was_done(key, "party_merged")
    if done:
        return PartySuccession.objects.get(predecessor_id=done)
    since, why = day("on", on), text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        pair = {pk: _locked(actor, pk) for pk in sorted({as_uuid(gone), as_uuid(into)})}
        if len(pair) < 2:
            raise Invalid({"into": [Words("不能并入自身。", "A body cannot be merged into itself.")]})
        before, after = pair[as_uuid(gone)], pair[as_uuid(into)]
        _must_be_mergeable(before, after, since)
        row = PartySuccession.objects.create(
            predecessor=before, successor=after, since=since, source=why[:200]
        )
        passed = _pass_remits(before, after, since)
        before.valid_to = since - ONE_DAY
        before.save(update_fields=["valid_to"])
        data = {"on": since, "reason": why, "remits": passed}
        note(before.pk, PARTY, "party_merged", actor, {**data, "into": after}, key=key)
        note(after.pk, PARTY, "party_taken_over", actor, {**data, "from": before})
    return row


def add_remit(
    actor: Actor, party: Any, *, role: str, since: Any, citation: str, sector: str = "", industry: str = "",
    subject: str = "", key: uuid.UUID | None = None,
) -> Remit:  # fmt: skip
    """Give a department a subject in its territory from a day on, with the document that says so."""
    done = was_done(key, "remit_added")
    if done:
        return Remit.objects.filter(party_id=done).order_by("-pk")[0]
    values = _checked_remit(role, sector, industry, subject)
    first, cited = day("since", since), text("citation", citation, 300)
    with transaction.atomic():
        found = _locked(actor, party)
        if found.territory is None:
            raise Invalid({"": [Words("该部门没有辖区。", "This department has no territory.")]})
        same = Remit.objects.filter(party=found, **values).filter(Q(valid_to=None) | Q(valid_to__gte=first))
        if same.exists():
            raise Invalid({"": [Words("已有相同的职责。", "It has this remit already.")]})
        remit = Remit.objects.create(
            party=found,
            territory=found.territory,
            valid_from=first,
            citation=cited,
            confidence="secondary",
            **values,
        )
        note(found.pk, PARTY, "remit_added", actor, {**values, "since": first, "citation": cited}, key=key)
    return remit


def end_remit(actor: Actor, remit: Any, on: Any, reason: str, *, key: uuid.UUID | None = None) -> Remit:
    """Relieve a department of a subject: ``on`` is the last day. Vacuums show at once in the resolver."""
    row = _remit(remit)
    if was_done(key, "remit_ended"):
        return row
    last, why = day("on", on), text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        found = _locked(actor, row.party_id)
        row = Remit.objects.select_for_update().get(pk=row.pk)
        if row.valid_to is not None and row.valid_to <= last:
            raise Invalid({"on": [Words("职责已在此前结束。", "It ended before that day already.")]})
        if row.valid_from is not None and last < row.valid_from:
            raise Invalid({"on": [Words("早于职责开始之日。", "Before the day it began.")]})
        row.valid_to = last
        row.save(update_fields=["valid_to"])
        data = {"role": row.role, "sector": row.sector, "industry": row.industry, "subject": row.subject}
        note(found.pk, PARTY, "remit_ended", actor, {**data, "on": last, "reason": why}, key=key)
    return row


def _locked(actor: Actor, pk: Any) -> Party:
    party = administered_party(actor, pk)
    if party.kind not in {"department", "government", "institution"}:
        raise Invalid(
            {
                "": [
                    Words(
                        "企业在企业台账中更名、合并。",
                        "Enterprises are renamed and merged in their register.",
                    )
                ]
            }
        )
    return Party.objects.select_for_update(of=("self",)).select_related("territory").get(pk=party.pk)


def _must_be_mergeable(before: Party, after: Party, since: date) -> None:
    if before.valid_to is not None or after.valid_to is not None:
        raise Invalid({"into": [Words("其中一方已经撤并。", "One of them has ended already.")]})
    if before.level != after.level:
        raise Invalid({"into": [Words("只能并入同级单位。", "Only into a body of the same level.")]})
    if before.pk in predecessors_of(after.pk, since) or after.pk in predecessors_of(before.pk, since):
        raise Invalid({"into": [Words("两者已有承继关系。", "One already succeeds the other.")]})


def _pass_remits(before: Party, after: Party, since: date) -> int:
    """End the remits of the one and begin the same for the other, unless it has them; returns how many passed."""
    passed = 0
    for remit in Remit.objects.filter(party=before).filter(Q(valid_to=None) | Q(valid_to__gte=since)):
        if remit.valid_from is not None and remit.valid_from >= since:
            continue
        values = {
            "territory": remit.territory, "role": remit.role, "sector": remit.sector or before.sector,
            "industry": remit.industry, "subject": remit.subject, "displaces": remit.displaces,
        }  # fmt: skip
        if not Remit.objects.filter(party=after, valid_to=None, **values).exists():
            Remit.objects.create(
                party=after, valid_from=since, valid_to=remit.valid_to, citation=remit.citation,
                confidence=remit.confidence, **values,
            )  # fmt: skip
        remit.valid_to = since - ONE_DAY
        remit.save(update_fields=["valid_to"])
        passed += 1
    return passed


def _checked_remit(role: str, sector: str, industry: str, subject: str) -> dict[str, str]:
    faults: dict[str, list[Words]] = {}
    if role not in dict(REMIT_ROLES):
        faults["role"] = [Words("选择监管角色。", "Choose the role.")]
    if sector and sector not in SECTORS:
        faults["sector"] = [Words("没有这个领域。", "There is no such sector.")]
    if not _INDUSTRY.fullmatch(industry):
        faults["industry"] = [Words("门类字母或2至4位数字。", "A section letter or two to four digits.")]
    if not _SUBJECT.fullmatch(subject):
        faults["subject"] = [Words("只用小写字母和下划线。", "Lower-case letters and underscores only.")]
    if role == "special" and not subject:
        faults["subject"] = [Words("专项监管须写明专项。", "A special regulator needs its subject.")]
    if faults:
        raise Invalid(faults)
    return {"role": role, "sector": sector, "industry": industry, "subject": subject}


def _remit(pk: Any) -> Remit:
    if not str(pk).isascii() or not str(pk).isdigit() or len(str(pk)) > 18:
        raise NotSeen
    row = Remit.objects.filter(pk=int(str(pk))).first()
    if row is None:
        raise NotSeen
    return row
