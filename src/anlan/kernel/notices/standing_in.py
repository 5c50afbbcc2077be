"""Substitutes (代理): who stands in for whom from when to when. Appointed by the person who goes away, or by
the administrator for somebody who cannot; noted in the ledger.

A substitute is told what the absent person is told. Their scope does not grow by it: what they may not see is not linked.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
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
    """Return who may stand in for the actor: people in posts of the actor's own body today."""
    return colleagues_of(actor.party_ids[:1], self_of(actor))


def colleagues_of(parties: Sequence[uuid.UUID], person: uuid.UUID) -> QuerySet[Person]:
    """Return who may stand in for a person: others in posts of the same body today."""
    today = clock.today()
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=today)
    seats = Membership.objects.filter(open_then, in_force(today), post__party__in=parties)
    people = Person.objects.filter(pk__in=seats.values("person_id")).exclude(pk=person)
    return people.order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Away:
    """Who is away, from which body, in which post as people read it."""

    person: uuid.UUID
    parties: Sequence[uuid.UUID]
    title: str


def appoint(actor: Actor, substitute: str, since: str, until: str, reason: str) -> Absence:
    """Appoint a substitute for the actor; raises NoticeRefused."""
    away = Away(self_of(actor), actor.party_ids[:1], actor.post_title)
    return appoint_for(actor, away, substitute, since, until, reason)


@transaction.atomic
def appoint_for(actor: Actor, away: Away, substitute: str, since: str, until: str, reason: str) -> Absence:
    """Appoint a substitute for somebody who is away; the caller has judged that the actor may. Raises NoticeRefused."""
    begin, end = _day(since, "since"), _day(until, "until")
    today = clock.today()
    if begin < today or begin > today + AHEAD:
        raise NoticeRefused(_PAST, "since")
    if not begin <= end <= begin + LONGEST:
        raise NoticeRefused(_ORDER, "until")
    why = _why(reason)
    person = _colleague(away, substitute)
    absent = Person.objects.select_for_update().get(pk=away.person)
    if Absence.objects.filter(person=absent, ended_at=None, since__lte=end, until__gte=begin).exists():
        raise NoticeRefused(_TWICE, "since")
    now = clock.now()
    made = Absence.objects.create(
        person=absent, substitute=person, since=begin, until=end, made_at=now, is_demo=actor.is_demo
    )
    _enter(made, actor, "substitute_appointed", now, {"since": begin, "until": end}, why)
    _tell(made, actor, away)
    return made


def _tell(made: Absence, actor: Actor, away: Away) -> None:
    """Tell the substitute, and the absent person where somebody else arranged it."""
    title = Words(away.title or "—", away.title or "—")
    name = Words(made.substitute.name, made.substitute.name)
    span = Words(f"{made.since} 至 {made.until}", f"{made.since} to {made.until}")
    told = [("substitute", title, made.substitute_id)]
    if made.person_id != actor.person_id:
        told.append(("stood_in", name, made.person_id))
    note([
        notice(kind, what=what, state=span, person_id=person, made_at=made.made_at, by_person=actor.person_id,
               is_demo=made.is_demo)
        for kind, what, person in told
    ])  # fmt: skip
    for _, _, person in told:
        tell_reader(person)


def end(actor: Actor, pk: uuid.UUID, reason: str) -> Absence | None:
    """End one's own absence early; None if there is no such one."""
    return end_for(actor, self_of(actor), pk, reason)


@transaction.atomic
def end_for(actor: Actor, person: uuid.UUID, pk: uuid.UUID, reason: str) -> Absence | None:
    """End the absence of a person early; the caller has judged that the actor may. None if there is no such one."""
    found = Absence.objects.select_for_update().filter(pk=pk, person=person, ended_at=None).first()
    if found is None:
        return None
    why = _why(reason)
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    _enter(found, actor, "substitute_ended", found.ended_at, {}, why)
    return found


def _why(reason: str) -> str:
    why = " ".join(reason.split())[:300]
    if not why or "\x00" in reason:
        raise NoticeRefused(_REASON, "reason")
    return why


def _enter(made: Absence, actor: Actor, act: str, at: datetime, data: dict[str, object], reason: str) -> None:
    data |= {"person": made.person_id, "substitute": made.substitute_id}
    ledger.append(
        made.pk, SUBJECT, act, actor, at=at, received_at=at, data={name: _plain(value) for name, value in data.items()},
        private={"reason": reason}, is_demo=made.is_demo,
    )  # fmt: skip


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _colleague(away: Away, text: str) -> Person:
    try:
        found = colleagues_of(away.parties, away.person).filter(pk=uuid.UUID(text)).first()
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
