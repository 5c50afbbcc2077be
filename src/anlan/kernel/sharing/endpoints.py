"""Keeping where a subscription is pushed to: set, resumed and sent again by the body that asked; noted in the ledger."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.db import transaction

from anlan.kernel import clock, ledger
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.notices.guarding import fault_of
from anlan.kernel.notices.refusing import self_of
from anlan.kernel.notices.signing import new_secret
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.sharing.leaving import ACTIVE, AGAIN, FAILED, PAUSED, SENT, Delivery, Endpoint
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.pacing import PUSH
from anlan.kernel.sharing.watching import watched
from anlan.kernel.words import Words

_NOT_THEIRS = Words("只有申请部门可以设置接收地址。", "Only the body that asked sets the receiver.")
_NOT_VALID = Words("订阅未生效、已失效或不是推送方式。", "The subscription is not in use, or is not pushed.")
_NOTHING = Words("还没有设置接收地址。", "No receiver has been set yet.")
_REASON = Words("写明原因。", "Give the reason.")
_FILE = Words("文件不能再送，由接收方凭令牌领取。", "A file is not sent again; the receiver fetches it.")
_WAITS = Words("这一份还在等待送达。", "This one still waits to be delivered.")
_NOT_RESENDER = Words(
    "由申请部门或平台管理员再送。", "The body that asked or an administrator sends it again."
)


@transaction.atomic
def set_endpoint(pk: uuid.UUID, actor: Actor, url: str) -> str:
    """Set or change where a subscription is pushed to; the signing secret is returned this once. Raises Invalid."""
    row = _theirs(pk, actor)
    url = url.strip()
    fault = fault_of(url)
    if fault is not None:
        raise Invalid({"url": [fault]})
    secret, now = new_secret(), clock.now()
    held = Endpoint.objects.select_for_update().filter(pk=row.pk).first()
    made = held or Endpoint(subscription=row, is_demo=row.is_demo)
    made.url, made.host, made.secret = url, (urlsplit(url).hostname or "")[:253], secret
    made.state, made.failures, made.state_reason, made.rests_until = ACTIVE, 0, "", None
    made.set_by_id, made.set_at = self_of(actor), now
    made.save()
    _release(row)
    _enter(row, actor, "receiver_set", {"host": made.host})
    return secret


@transaction.atomic
def change_endpoint(pk: uuid.UUID, actor: Actor, act: str, reason: str = "") -> None:
    """Pause or resume the receiver of a subscription; what waits goes out when it is resumed."""
    row = _theirs(pk, actor)
    held = Endpoint.objects.select_for_update().filter(pk=row.pk).first()
    if held is None:
        raise NotAllowed(_NOTHING)
    if act not in {"pause", "resume"}:
        raise NotSeen
    why = _why(reason) if act == "pause" else ""
    held.state, held.state_reason = (PAUSED, why) if act == "pause" else (ACTIVE, "")
    held.failures, held.rests_until = 0, None
    held.save()
    if act == "resume":
        _release(row)
    _enter(row, actor, f"receiver_{act}d", {"host": held.host, "reason": why})


@transaction.atomic
def send_again(pk: uuid.UUID, actor: Actor, reason: str) -> Delivery:
    """Let a portion that was delivered go out again under its own id; who asked and why goes into the ledger."""
    found = Delivery.objects.filter(pk=pk, subscription__in=watched(actor).values("pk")).first()
    if found is None:
        raise NotSeen
    delivery = Delivery.objects.select_for_update().get(pk=pk)
    rows = Subscription.unscoped("the delivery was found by what the actor may watch")
    row = rows.select_for_update(of=("self",)).get(pk=delivery.subscription_id)
    if row.holder_id not in actor.party_ids and actor.post_kind != "administrator":
        raise NotAllowed(_NOT_RESENDER)
    if delivery.is_file:
        raise NotAllowed(_FILE)
    why = _why(reason)
    if delivery.state not in {SENT, FAILED}:
        raise NotAllowed(_WAITS)
    former = delivery.state
    delivery.state = AGAIN if former == SENT else FAILED
    delivery.next_at, delivery.claimed_until = clock.now(), None
    delivery.save(update_fields=["state", "next_at", "claimed_until"])
    _enter(row, actor, "delivery_resent", {"delivery": str(delivery.pk), "former": former, "reason": why})
    return delivery


def _theirs(pk: uuid.UUID, actor: Actor) -> Subscription:
    row = Subscription.seen_by(actor).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotSeen
    if row.holder_id not in actor.party_ids:
        raise NotAllowed(_NOT_THEIRS)
    if not row.is_valid or row.channel != PUSH:
        raise NotAllowed(_NOT_VALID)
    return row


def _release(row: Subscription) -> None:
    """Let what waits for its time after failures go out now."""
    Delivery.objects.filter(subscription=row, state__in=[FAILED, AGAIN]).update(next_at=clock.now())


def _why(reason: str) -> str:
    why = " ".join(reason.split())[:300].replace("\x00", "")
    if not why:
        raise Invalid({"reason": [_REASON]})
    return why


def _enter(row: Subscription, actor: Actor, act: str, data: dict[str, object]) -> None:
    now = clock.now()
    ledger.append(
        row.pk, subject_of(Subscription), act, actor, at=now, received_at=now, data=data, from_state=row.state,
        to_state=row.state, is_demo=row.is_demo,
    )  # fmt: skip
