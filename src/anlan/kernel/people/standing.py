"""An administrator appoints a substitute for somebody who is away and cannot: ill, on leave, out of reach.

Only within the administrator's territory, for the body of the seat, with a reason that goes into the ledger. The substitute is
told what the absent person is told; nobody's scope grows.
"""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from anlan.kernel import clock
from anlan.kernel.notices.models import Absence
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.standing_in import Away, appoint_for, colleagues_of, end_for
from anlan.kernel.people.authority import administers
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Person
from anlan.kernel.words import Words

_NOT_THEIRS = Words(
    "由本地区的平台管理员安排代理。", "The administrator of the territory arranges substitutes."
)
_OVER = Words("此人已离任。", "This person has left the post.")


def may_arrange(actor: Actor, seat: Membership) -> bool:
    """Say whether the actor may arrange a substitute for whoever fills a seat: the administrator, not for themselves."""
    return administers(actor, seat.post.party) and seat.person_id != actor.person_id


def substitutes_for(seat: Membership) -> QuerySet[Person]:
    """Return who may stand in for the person in a seat."""
    return colleagues_of([seat.post.party_id], seat.person_id)


def absences_of(seat: Membership) -> QuerySet[Absence]:
    """Return when the person of a seat is away, now and later."""
    rows = Absence.objects.filter(person=seat.person_id, ended_at=None, until__gte=clock.today())
    return rows.select_related("substitute").order_by("since")


def arrange(actor: Actor, seat: Membership, substitute: str, since: str, until: str, reason: str) -> Absence:
    """Appoint a substitute for the person in a seat; raises NotAllowed or Invalid."""
    if not may_arrange(actor, seat):
        raise NotAllowed(_NOT_THEIRS)
    if seat.valid_to is not None and seat.valid_to < clock.today():
        raise Invalid({"": [_OVER]})
    away = Away(seat.person_id, [seat.post.party_id], f"{seat.person.name}（{seat.post.title}）")
    try:
        return appoint_for(actor, away, substitute, since, until, reason)
    except NoticeRefused as refusal:
        raise Invalid({refusal.field: [refusal.words]}) from None


def end_arranged(actor: Actor, seat: Membership, absence: str, reason: str) -> Absence:
    """End an absence of the person in a seat; raises NotSeen, NotAllowed or Invalid."""
    if not may_arrange(actor, seat):
        raise NotAllowed(_NOT_THEIRS)
    try:
        ended = end_for(actor, seat.person_id, uuid.UUID(absence), reason)
    except ValueError:
        raise NotSeen from None
    except NoticeRefused as refusal:
        raise Invalid({refusal.field: [refusal.words]}) from None
    if ended is None:
        raise NotSeen
    return ended
