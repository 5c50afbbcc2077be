"""Substitutes (代理): who stands in for whom from when to when. Appointed by the person who goes away; noted in the ledger.

A substitute is told what the absent person is told. Their scope does not grow by it: what they may not see is not linked.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from anlan.kernel import clock, ledger
from anlan.kernel.notices.chosen import Absence
from anlan.kernel.notices.noting import note, notice
from anlan.kernel.notices.reading import tell_reader
from anlan.kernel.notices.refusing import NoticeRefused, self_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Person
from anlan.kernel.scope.parties import in_force
from anlan.kernel.words import Words

SUBJECT = "notices.Absence"
LONGEST, AHEAD = timedelta(days=366), timedelta(days=366)
_WHO = Words("只能选本单位的另一位在岗人员。", "Choose another person in a post of your own body.")
_DAY = Words("填写日期，例如 2026-03-02。", "Give a date such as 2026-03-02.")
_PAST = Words("开始日期不能早于今天。", "It cannot begin before today.")
_ORDER = Words(
    "结束日期早于开始日期，或超过一年。", "The end lies before the beginning, or more than a year after it."
)
_TWICE = Words("这段时间已有代理人，先取消。", "Somebody stands in during that time already; end that first.")
_REASON = Words("写明原因。", "Give the reason.")


def colleagues(actor: Actor) -> QuerySet[Person]:
    """Return who may stand in: people in posts of the actor's own body today."""
    today = clock.today()
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=today)
    seats = Membership.objects.filter(open_then, in_force(today), post__party__in=actor.party_ids[:1])
    return (
        Person.objects.filter(pk__in=seats.values("person_id"))
        .exclude(pk=self_of(actor))
        .order_by("name", "pk")
    )


@transaction.atomic
def appoint(actor: Actor, substitute: str, since: str, until: str, reason: str) -> Absence:
    """Appoint a substitute for the actor; raises NoticeRefused."""
    begin, end = _day(since, "since"), _day(until, "until")
    today = clock.today()
    if begin < today or begin > today + AHEAD:
        raise NoticeRefused(_PAST, "since")
    if not begin <= end <= begin + LONGEST:
        raise NoticeRefused(_ORDER, "until")
    why = " ".join(reason.split())[:300]
    if not why or "\x00" in reason:
        raise NoticeRefused(_REASON, "reason")
    person = _colleague(actor, substitute)
    myself = Person.objects.select_for_update().get(pk=self_of(actor))
    if Absence.objects.filter(person=myself, ended_at=None, since__lte=end, until__gte=begin).exists():
        raise NoticeRefused(_TWICE, "since")
    now = clock.now()
    made = Absence.objects.create(
        person=myself,
        substitute=person,
        since=begin,
        until=end,
        made_at=now,
        is_demo=actor.is_demo,
    )
    _enter(made, actor, "substitute_appointed", now, {"since": begin, "until": end}, why)
    title = Words(actor.post_title or "—", actor.post_title or "—")
    told = notice(
        "substitute", what=title, state=Words(f"{begin} 至 {end}", f"{begin} to {end}"), person_id=person.pk, made_at=now,
        by_person=actor.person_id, is_demo=made.is_demo,
    )  # fmt: skip
    note([told])
    tell_reader(person.pk)
    return made


@transaction.atomic
def end(actor: Actor, pk: uuid.UUID, reason: str) -> Absence | None:
    """End one's own absence early; None if there is no such one."""
    found = Absence.objects.select_for_update().filter(pk=pk, person=actor.person_id, ended_at=None).first()
    if found is None:
        return None
    why = " ".join(reason.split())[:300].replace("\x00", "")
    if not why:
        raise NoticeRefused(_REASON, "reason")
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    _enter(found, actor, "substitute_ended", found.ended_at, {}, why)
    return found


def _enter(made: Absence, actor: Actor, act: str, at: datetime, data: dict[str, object], reason: str) -> None:
    data |= {"person": made.person_id, "substitute": made.substitute_id}
    ledger.append(
        made.pk, SUBJECT, act, actor, at=at, received_at=at, data={name: _plain(value) for name, value in data.items()},
        private={"reason": reason}, is_demo=made.is_demo,
    )  # fmt: skip


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _colleague(actor: Actor, text: str) -> Person:
    try:
        found = colleagues(actor).filter(pk=uuid.UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise NoticeRefused(_WHO, "substitute")
    return found


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NoticeRefused(_DAY, field) from None
