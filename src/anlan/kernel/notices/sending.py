"""Sending: claim what is due, try it, note the answer. A worker killed in between loses nothing.

A message is claimed for a short while with its attempt written first; killed before the answer was noted, it is tried again
with the same message id, so a receiver that remembers ids takes it once. After a failure the pauses grow, with chance in
them; a receiver that keeps failing is paused and its owner told.
"""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.chosen import Preference
from anlan.kernel.notices.leaving import (
    ACTIVE,
    CODE,
    ENDED,
    FAILED,
    GATHERED,
    GIVEN_UP,
    PAUSED,
    SENT,
    SUPPRESSED,
    WAITING,
    WEBHOOK,
    Attempt,
    Outward,
    Receiver,
)
from anlan.kernel.notices.mailing import Mail, mail_is_set_up, post_office
from anlan.kernel.notices.noting import note, notice
from anlan.kernel.notices.outcomes import ALL_READ, NO_ADDRESS, NO_MAIL, NO_RECEIVER, in_short
from anlan.kernel.notices.posting import post
from anlan.kernel.notices.reading import tell_reader
from anlan.kernel.notices.rendering import body_of, mail_of
from anlan.kernel.notices.signing import signed
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.told import Notice, NoticeRead
from anlan.kernel.words import Words

AT_ONCE = 20  # messages claimed together; receivers are called side by side
LEASE = timedelta(minutes=4)  # longer than a batch can take
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
FAILURES_BEFORE_PAUSE = 10
WORKS_FOR = 45.0  # seconds a job goes on, so that others find a place
UNANSWERED = "the worker ended before the answer was noted"
log = logging.getLogger("anlan.notices")


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed message, worded: a mail, or a body with its address and secret; or why it is not sent."""

    outward: Outward
    number: int
    mail: Mail | None = None
    url: str = ""
    secret: str = ""
    body: bytes = b""
    not_sent: Words | None = None


def deliver() -> dict[str, int]:
    """Spread new notices and send what is due; returns how many were spread, sent and failed."""
    counts = {"spread": spread(), "sent": 0, "failed": 0}
    until = time.monotonic() + WORKS_FOR
    while time.monotonic() < until:
        answers = send_batch()
        if not answers:
            break
        counts["sent"] += sum(answers)
        counts["failed"] += len(answers) - sum(answers)
    return counts


def send_batch(limit: int = AT_ONCE) -> list[bool]:
    """Send one batch of what is due; returns for each message whether it went out."""
    claimed = claim(limit)
    if not claimed:
        return []
    outcomes: list[bool] = []
    ready = [_made_ready(outward) for outward in claimed]
    for one in ready:
        if one.not_sent is not None:
            _suppress(one)
    mails = [one for one in ready if one.mail is not None]
    if mails:
        with post_office() as office:
            for one in mails:
                outcomes.append(settle(one, office.send(one.mail)) if one.mail else False)
    posts = [one for one in ready if one.url]
    if posts:
        outcomes += async_to_sync(_post_all)(posts)
    return outcomes + [True] * (len(ready) - len(mails) - len(posts))


async def _post_all(posts: Sequence[Ready]) -> list[bool]:
    """Call receivers side by side, each answer noted as it comes: one that hangs holds up nobody."""
    import asyncio

    async def one(ready: Ready) -> bool:
        headers = signed(ready.secret, str(ready.outward.pk), clock.now(), ready.body)
        answer = await post(ready.url, headers, ready.body)
        return await sync_to_async(settle)(ready, answer)

    return list(await asyncio.gather(*(one(ready) for ready in posts)))


@transaction.atomic
def claim(limit: int, now: datetime | None = None) -> list[Outward]:
    """Claim what is due, so that no other worker takes it meanwhile; the attempt is written before it is made."""
    now = now or clock.now()
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    is_open = Q(receiver=None) | ~Q(receiver__state=PAUSED)
    due = Outward.objects.filter(is_free, is_open, state__in=[WAITING, FAILED], next_at__lte=now)
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at")[:limit])
    for row in rows:
        row.attempts += 1
        row.claimed_until = now + LEASE
        row.save(update_fields=["attempts", "claimed_until"])
        row.tries.filter(ended_at=None).update(ended_at=now, succeeded=False, answer=UNANSWERED)
        Attempt.objects.create(outward=row, number=row.attempts, began_at=now)
    return rows


def _made_ready(outward: Outward) -> Ready:
    items = Notice.objects.filter(pk__in=outward.items.values("notice_id")).order_by("made_at", "id")
    if outward.channel == WEBHOOK:
        receiver = outward.receiver
        if receiver is None or receiver.state == ENDED:
            return Ready(outward, outward.attempts, not_sent=NO_RECEIVER)
        body = body_of(outward, list(items))
        return Ready(outward, outward.attempts, url=receiver.url, secret=receiver.secret, body=body)
    return _mail_made_ready(outward, list(items))


def _mail_made_ready(outward: Outward, items: list[Notice]) -> Ready:
    number = outward.attempts
    if not mail_is_set_up():
        return Ready(outward, number, not_sent=NO_MAIL)
    account = Account.objects.filter(person=outward.person_id, is_active=True).first()
    language = account.language if account else "zh-hans"
    if outward.sort == CODE:
        if not outward.sealed:
            return Ready(outward, number, not_sent=NO_ADDRESS)
        held = json.loads(outward.sealed)
        return Ready(outward, number, mail=mail_of(outward, [], held["to"], language, held["code"]))
    choice = Preference.objects.filter(person=outward.person_id).first()
    if account is None or choice is None or not choice.takes_mail:
        return Ready(outward, number, not_sent=NO_ADDRESS)
    if outward.sort == GATHERED:
        read = NoticeRead.objects.filter(person=outward.person_id, notice__in=[one.pk for one in items])
        known = set(read.values_list("notice_id", flat=True))
        items = [one for one in items if one.pk not in known]
        if not items:
            return Ready(outward, number, not_sent=ALL_READ)
    return Ready(outward, number, mail=mail_of(outward, items, choice.address, language))


@transaction.atomic
def settle(ready: Ready, answer: Answer) -> bool:
    """Note what became of an attempt, unless another worker took the message over meanwhile; says whether it went out."""
    now = clock.now()
    row = Outward.objects.select_for_update().get(pk=ready.outward.pk)
    Attempt.objects.filter(outward=row, number=ready.number).update(
        ended_at=now, succeeded=answer.ok, status=answer.status, answer=answer.shown
    )
    if row.state == SENT or (row.attempts != ready.number and not answer.ok):
        return answer.ok
    row.claimed_until = None
    if answer.ok:
        row.state, row.sent_at, row.receipt, row.reason, row.sealed = SENT, now, answer.receipt[:200], "", ""
    elif answer.is_final or row.attempts >= MOST_ATTEMPTS:
        row.state, row.reason, row.sealed = GIVEN_UP, answer.shown[:300], ""
    else:
        row.state, row.reason = FAILED, answer.shown[:300]
        row.next_at = now + (answer.wait or pause_after(row.attempts))
    row.save()
    if row.receiver_id:
        _note_receiver(row.receiver_id, answer, now)
    return answer.ok


def _suppress(ready: Ready) -> None:
    now = clock.now()
    said = ready.not_sent.zh if ready.not_sent else ""
    with transaction.atomic():
        Attempt.objects.filter(outward=ready.outward, number=ready.number).delete()
        Outward.objects.filter(pk=ready.outward.pk, attempts=ready.number).update(
            state=SUPPRESSED,
            reason=said,
            claimed_until=None,
            attempts=ready.number - 1,
            sealed="",
            sent_at=None,
            next_at=now,
        )


def pause_after(attempts: int, chance: float | None = None) -> timedelta:
    """Return how long to wait after so many attempts: doubling, at most six hours, a quarter more or less by chance."""
    base: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, min(attempts - 1, 20)))
    return base * (0.75 + 0.5 * (random.random() if chance is None else chance))  # noqa: S311 - no secret


def _note_receiver(pk: uuid.UUID, answer: Answer, now: datetime) -> None:
    """Count failures in a row; pause a receiver that keeps failing or wants nothing more, and tell its owner."""
    receiver = Receiver.objects.select_for_update().get(pk=pk)
    if answer.ok:
        receiver.failures = 0
        receiver.save(update_fields=["failures"])
        return
    receiver.failures = min(receiver.failures + 1, 30_000)
    if receiver.state == ACTIVE and (answer.ends_receiver or receiver.failures >= FAILURES_BEFORE_PAUSE):
        receiver.state, receiver.state_reason = PAUSED, answer.shown[:300]
        told = notice(
            "receiver_paused", what=Words(receiver.name, receiver.name), state=in_short(answer.shown),
            person_id=receiver.made_by_id, made_at=now, is_demo=receiver.is_demo,
        )  # fmt: skip
        note([told])
        tell_reader(receiver.made_by_id)
        log.warning("a receiver was paused", extra={"receiver": str(receiver.pk)})
    receiver.save(update_fields=["failures", "state", "state_reason"])
