"""Outward messages as administrators and their recipients see them; sending one again, with a reason that is kept."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from anlan.kernel import clock, ledger
from anlan.kernel.notices.leaving import CODE, FAILED, GIVEN_UP, SENT, SUPPRESSED, WAITING, Outward
from anlan.kernel.notices.receiving import may_keep_for_party
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Party, Territory
from anlan.kernel.scope.parties import in_force
from anlan.kernel.scope.territory import under
from anlan.kernel.words import Words

SUBJECT = "notices.Outward"
_REASON = Words("写明原因。", "Give the reason.")
_CODE = Words(
    "验证码不能重发，请本人在设置里重新获取。", "A code is not sent again; its owner has a new one sent."
)
_WAITS = Words("这条还在等待发送。", "This one still waits to be sent.")


def outward_of(actor: Actor) -> QuerySet[Any]:
    """Return the messages the actor may know of: to themselves, to receivers they keep, and for an administrator those to
    the people and receivers of their territory."""
    if actor.kind != "person" or actor.person_id is None:
        return Outward.objects.none()
    mine = Q(person=actor.person_id) | Q(receiver__person=actor.person_id)
    if may_keep_for_party(actor):
        mine |= Q(receiver__party=actor.party_id)
    if actor.post_kind == "administrator":
        within = Party.objects.filter(_reach(actor))
        today = clock.today()
        people = Membership.objects.filter(in_force(today), post__party__in=within).values("person_id")
        mine |= Q(person__in=people) | Q(receiver__party__in=within) | Q(receiver__person__in=people)
    return Outward.objects.filter(mine)


def _reach(actor: Actor) -> Q:
    home = Territory.objects.filter(path=actor.home_path).first() if actor.home_path else None
    condition = Q(pk__in=[])
    for prefix in home.prefixes() if home else ():
        condition |= under(prefix)
    return condition


def may_resend(actor: Actor, row: Outward) -> bool:
    """Say whether the actor may send a message again: administrators, once it is no longer waiting."""
    return (
        actor.post_kind == "administrator"
        and row.sort != CODE
        and row.state in {SENT, GIVEN_UP, SUPPRESSED, FAILED}
    )


@transaction.atomic
def resend(actor: Actor, pk: uuid.UUID, reason: str) -> Outward | None:
    """Let a message go out again under its own id; who asked and why goes into the ledger. None if it is not seen."""
    found = outward_of(actor).filter(pk=pk).first()
    if found is None or actor.post_kind != "administrator":
        return None
    row = Outward.objects.select_for_update().get(pk=pk)
    if row.sort == CODE:
        raise NoticeRefused(_CODE)
    if row.state == WAITING:
        raise NoticeRefused(_WAITS)
    why = " ".join(reason.split())[:300].replace("\x00", "")
    if not why:
        raise NoticeRefused(_REASON, "reason")
    now = clock.now()
    former = row.state
    row.state, row.next_at, row.claimed_until = FAILED, now, None
    row.save(update_fields=["state", "next_at", "claimed_until"])
    ledger.append(
        row.pk,
        SUBJECT,
        "resent",
        actor,
        at=now,
        received_at=now,
        data={"reason": why, "former": former},
        is_demo=row.is_demo,
    )
    return row
