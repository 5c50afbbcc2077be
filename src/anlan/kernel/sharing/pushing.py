"""Pushing: what changed is posted to the receiver of a subscription, signed as webhooks of notices are.

The cursor moves by a receipt and by nothing else: a receiver that is down gets, when it is back, what it has missed, in order.
A worker killed between sending and noting sends again under the same id, so a receiver that keeps ids takes each portion
once. Receivers are called side by side with a limit of time: one that hangs holds up nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync, sync_to_async
from django.db import IntegrityError, transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.notices import note as note_notices
from anlan.kernel.notices import notice
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.outcomes import in_short
from anlan.kernel.notices.posting import post
from anlan.kernel.notices.reading import tell_reader
from anlan.kernel.notices.sending import FAILURES_BEFORE_PAUSE, UNANSWERED, pause_after
from anlan.kernel.notices.signing import signed
from anlan.kernel.sharing import pacing
from anlan.kernel.sharing.leaving import (
    ACTIVE,
    AGAIN,
    DROPPED,
    FAILED,
    MOST_TRIES_KEPT,
    OPEN,
    PAUSED,
    SENT,
    WAITING,
    Delivery,
    Endpoint,
)
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.serving import (
    ENCODER,
    Call,
    Stretch,
    body_of,
    data_set_of,
    item,
    listing_of,
    note,
    specs_of,
    stretch,
)
from anlan.kernel.words import Words

PORTION = 500  # rows of one push
MOST_READ_AGAIN = 10 * PORTION  # the stretch has an end of its own; nothing of it may be cut off
AT_ONCE = 20
LEASE = timedelta(minutes=4)  # longer than a batch can take
WORKS_FOR = 45.0
TROUBLED_REST = timedelta(minutes=5)
OVER = "订阅已停用或已到期 / the subscription has ended"
log = logging.getLogger("anlan.sharing")


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed portion, worded: its body as of this moment, and where it goes."""

    delivery: Delivery
    number: int
    url: str
    secret: str
    body: bytes
    rows: int


def push() -> int:
    """Make portions of what changed and send what is due; returns how many were tried."""
    tried, until = 0, time.monotonic() + WORKS_FOR
    while time.monotonic() < until:
        made = make_portions()
        answers = push_batch()
        tried += len(answers)
        # Receivers that failed wait for their time; only fresh work keeps the job going.
        if not made and not answers:
            break
    return tried


def make_portions() -> int:
    """Make the next portion of every subscription that has none under way; returns how many were made."""
    now = clock.now()
    rested = Q(rests_until=None) | Q(rests_until__lte=now)
    busy = Delivery.objects.filter(channel=pacing.PUSH, state__in=[WAITING, FAILED]).values("subscription")
    ready = Endpoint.objects.filter(
        rested, state=ACTIVE, subscription__state="active", subscription__channel=pacing.PUSH
    )
    made = 0
    for pk in ready.exclude(pk__in=busy).values_list("pk", flat=True):
        try:
            made += make_portion(pk, now)
        except Exception:  # one subscription that cannot be read holds up no other
            log.exception("a portion could not be made", extra={"subscription_id": str(pk)})
            Endpoint.objects.filter(pk=pk).update(rests_until=now + TROUBLED_REST)
    return made


def make_portion(pk: uuid.UUID, now: datetime) -> int:
    """Make the next portion of one subscription, if anything changed; returns how many were made."""
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if endpoint is None:
                return 0
            subscription = _subscription(pk)
            if not subscription.is_valid:
                return 0
            found = stretch(subscription, endpoint.cursor, PORTION)
            if not found.items:
                endpoint.rests_until = pacing.next_at(subscription.frequency, now)
                endpoint.save(update_fields=["rests_until"])
                return 0
            Delivery.objects.create(
                subscription=subscription, channel=pacing.PUSH, made_at=now, next_at=now, after=endpoint.cursor,
                next=found.next, until_at=found.last.updated_at, until_row=found.last.pk, rows=len(found.items),
                is_demo=subscription.is_demo,
            )  # fmt: skip
            return 1
    except IntegrityError:  # another worker made it in the same moment
        return 0


def _subscription(pk: uuid.UUID) -> Subscription:
    rows = Subscription.unscoped("what leaves by itself belongs to a subscription already approved")
    return rows.select_related("territory", "holder").defer("search").get(pk=pk)


def push_batch(limit: int = AT_ONCE) -> list[bool]:
    """Send one batch of what is due; returns for each portion whether a receipt came."""
    ready = [one for delivery in claim(limit) if (one := _ready_or_failed(delivery)) is not None]
    return async_to_sync(_post_all)(ready) if ready else []


def _ready_or_failed(delivery: Delivery) -> Ready | None:
    try:
        return made_ready(delivery)
    except Exception as trouble:  # one that cannot be worded holds up no other
        log.exception("a portion could not be read", extra={"delivery": str(delivery.pk)})
        delivery.refresh_from_db()
        now = clock.now()
        end_attempt(delivery, delivery.attempts, Answer(False, f"{type(trouble).__name__}"), now)
        delivery.state, delivery.reason = FAILED, type(trouble).__name__
        delivery.claimed_until, delivery.next_at = None, now + pause_after(delivery.attempts)
        delivery.save()
        return None


@transaction.atomic
def claim(limit: int) -> list[Delivery]:
    """Claim what is due; the attempt is written before it is made."""
    now = clock.now()
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Delivery.objects.filter(is_free, channel=pacing.PUSH, state__in=OPEN, next_at__lte=now)
    due = due.filter(Q(subscription__endpoint__state=ACTIVE) | Q(subscription__endpoint=None))
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at")[:limit])
    for row in rows:
        begin_attempt(row, now, LEASE)
    return rows


def begin_attempt(row: Delivery, now: datetime, lease: timedelta) -> None:
    """Write that an attempt begins; one before it without an answer was broken off."""
    for former in row.tries:
        if "ended" not in former:
            former |= {"ended": now.isoformat(), "ok": False, "answer": UNANSWERED}
    row.attempts += 1
    row.claimed_until = now + lease
    row.tries = [*row.tries, {"number": row.attempts, "began": now.isoformat()}][-MOST_TRIES_KEPT:]
    row.save(update_fields=["attempts", "claimed_until", "tries"])


def end_attempt(row: Delivery, number: int, answer: Answer, now: datetime) -> None:
    """Write what became of an attempt; the caller saves the row."""
    told = {"ended": now.isoformat(), "ok": answer.ok, "status": answer.status, "answer": answer.shown}
    row.tries = [one | told if one["number"] == number else one for one in row.tries]


def made_ready(delivery: Delivery) -> Ready | None:
    """Word a claimed portion as of this moment; None where its subscription has ended."""
    subscription = _subscription(delivery.subscription_id)
    endpoint = Endpoint.objects.filter(pk=delivery.subscription_id).first()
    if endpoint is None or not subscription.is_valid:
        Delivery.objects.filter(pk=delivery.pk).update(state=DROPPED, reason=OVER, claimed_until=None)
        return None
    found = _read_again(subscription, delivery)
    said = {
        "type": "shared.rows",
        "timestamp": delivery.made_at.isoformat().replace("+00:00", "Z"),
        "data": body_of(subscription, found),
    }
    body = ENCODER.encode(said).encode()
    return Ready(delivery, delivery.attempts, endpoint.url, endpoint.secret, body, len(found.items))


def _read_again(subscription: Subscription, delivery: Delivery) -> Stretch:
    """Read the stretch of a portion as it is now. A row that changed since comes with its new values in a later portion."""
    data_set = data_set_of(subscription)
    listing = listing_of(subscription, data_set)
    listing.base &= Q(updated_at__lt=delivery.until_at) | Q(
        updated_at=delivery.until_at, pk__lte=delivery.until_row
    )
    rows, _ = listing.stretch(MOST_READ_AGAIN, delivery.after)
    specs = specs_of(subscription, data_set)
    return Stretch([item(subscription, row, specs) for row in rows], delivery.next, has_more=False)


async def _post_all(ready: Sequence[Ready]) -> list[bool]:
    async def one(each: Ready) -> bool:
        started = time.perf_counter()
        headers = signed(each.secret, str(each.delivery.pk), clock.now(), each.body)
        answer = await post(each.url, headers, each.body)
        return await sync_to_async(settle)(each, answer, started)

    return list(await asyncio.gather(*(one(each) for each in ready)))


@transaction.atomic
def settle(ready: Ready, answer: Answer, started: float) -> bool:
    """Note what became of an attempt, log the call, and move the cursor where a receipt came."""
    now = clock.now()
    endpoint = Endpoint.objects.select_for_update().get(pk=ready.delivery.subscription_id)
    row = Delivery.objects.select_for_update().select_related("subscription").get(pk=ready.delivery.pk)
    end_attempt(row, ready.number, answer, now)
    call = Call(endpoint.host, str(row.pk), {"push": [str(ready.number)]})
    size = len(ready.body)
    note(row.subscription, call, answer.status or 0, ready.rows, size, started)
    if row.state == SENT or (row.attempts != ready.number and not answer.ok):
        row.save(update_fields=["tries"])
        return answer.ok
    row.claimed_until, row.size = None, size
    if answer.ok:
        row.state, row.sent_at, row.receipt, row.reason = SENT, now, answer.receipt[:200], ""
        row.rows = ready.rows
        if endpoint.cursor == row.after:
            endpoint.cursor, endpoint.rests_until = row.next, None
    else:
        row.state = AGAIN if row.state == AGAIN else FAILED
        row.reason = answer.shown[:300]
        row.next_at = now + (answer.wait or pause_after(row.attempts))
    row.save()
    _note_endpoint(endpoint, row.subscription, answer, now)
    return answer.ok


def _note_endpoint(endpoint: Endpoint, subscription: Subscription, answer: Answer, now: datetime) -> None:
    """Count failures in a row; pause a receiver that keeps failing or wants nothing more, and tell who set it."""
    endpoint.failures = 0 if answer.ok else min(endpoint.failures + 1, 30_000)
    is_worn = answer.ends_receiver or endpoint.failures >= FAILURES_BEFORE_PAUSE
    if not answer.ok and endpoint.state == ACTIVE and is_worn:
        endpoint.state, endpoint.state_reason = PAUSED, answer.shown[:300]
        what = f"{subscription.number} {subscription.receiver}"
        told = notice(
            "receiver_paused", what=Words(what, what), state=in_short(answer.shown), person_id=endpoint.set_by_id,
            made_at=now, is_demo=endpoint.is_demo,
        )  # fmt: skip
        note_notices([told])
        tell_reader(endpoint.set_by_id)
        log.warning("a receiver of shared data was paused", extra={"subscription": subscription.number})
    endpoint.save()
