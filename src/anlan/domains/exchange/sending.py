"""Sending: portions go out in the order in which the sets hang on each other; each answer becomes a receipt.

The portion's number is made from its records, so a portion sent again after a crash bears the same number and the platform can
absorb it. A platform that does not answer is left alone for a while that grows; what it refused waits for its row to be put
right or for a replay. A record whose parent was not taken is held back, not sent to be refused.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db import transaction

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange import envelope
from anlan.domains.exchange.gathering import gather
from anlan.domains.exchange.models import UploadChannel, UploadItem, UploadReceipt, UploadSecret
from anlan.domains.exchange.words import FAILED, HELD, PARTLY, REFUSED, SENT, TAKEN, WAITING
from anlan.kernel import clock, ledger
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.posting import post
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

PORTION = 50
PORTIONS_WAITED_FOR = 4
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=12)
MOST_FAILURES_LOOKED_AT = 12
UPLOADER = Actor.system("数据上报 upload")
HANGS = Words("所属的“{name}”还没有被接收", "“{name}”, on which it hangs, is not taken yet")
log = logging.getLogger("anlan.exchange")


def waiting(channel: UploadChannel) -> int:
    """Return how many records still wait to be sent."""
    return UploadItem.objects.filter(channel=channel, state=WAITING).count()


def upload_all() -> int:
    """Gather and send every channel that is on and not resting; returns how many records were taken."""
    channels = UploadChannel.unscoped("the uploads of every enterprise are sent by the clock")
    taken = 0
    for channel in channels.filter(is_on=True, archived_at=None).select_related(
        "enterprise", "territory", "holder"
    ):
        try:
            taken += upload(channel)
        except Exception:
            # One channel's trouble must not keep the others waiting; it is tried again at the next round.
            log.exception("the upload of channel %s failed", channel.pk)
    return taken


def upload(channel: UploadChannel, *, is_asked: bool = False) -> int:
    """Gather and send one channel; returns how many records were taken.

    ``is_asked``: a person wants it now and waits for the answer, so some portions go; the clock sends the others.
    """
    secret = UploadSecret.objects.filter(channel=channel).first()
    if secret is None or (not is_asked and is_resting(channel, clock.now())):
        return 0
    gather(channel)
    taken, left = 0, PORTIONS_WAITED_FOR if is_asked else None
    for data_set in fmt.DATA_SETS:
        _hold(channel, data_set)
        while left != 0 and (items := list(_waiting(channel, data_set.name)[:PORTION])):
            left = None if left is None else left - 1
            receipt = _send(channel, secret.secret, data_set.name, items)
            if receipt.outcome == FAILED:
                return taken
            taken += receipt.records - receipt.refused
    return taken


def is_resting(channel: UploadChannel, now: datetime) -> bool:
    """Say whether the platform is left alone: after failures the pauses double, from five minutes to half a day."""
    rows = UploadReceipt.unscoped("the last answers of a channel say when it is tried again").filter(
        channel=channel
    )
    last = list(rows.order_by("-sent_at").values_list("outcome", "sent_at")[:MOST_FAILURES_LOOKED_AT])
    failures = 0
    for outcome, _ in last:
        if outcome != FAILED:
            break
        failures += 1
    if not failures:
        return False
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
    return bool(last[0][1] + pause > now)


def replay(channel: UploadChannel, actor: Actor, data_set: str, reason: str) -> int:
    """Lay what was sent or refused before into the outbox again, of one set or (empty) of all; returns how many."""
    with transaction.atomic():
        items = UploadItem.objects.filter(channel=channel, state__in=[SENT, REFUSED, HELD])
        items = items.filter(data_set=data_set) if data_set else items
        count = items.update(state=WAITING, reason="")
        now = clock.now()
        ledger.append(
            channel.pk, subject_of(UploadChannel), "upload_replayed", actor, at=now, received_at=now,
            data={"data_set": data_set, "records": count, "reason": reason}, is_demo=channel.is_demo,
        )  # fmt: skip
    return count


def _waiting(channel: UploadChannel, data_set: str) -> list[UploadItem] | UploadItem:
    return UploadItem.objects.filter(channel=channel, data_set=data_set, state=WAITING).order_by("id")  # type: ignore[return-value]


def _hold(channel: UploadChannel, data_set: fmt.DataSet) -> None:
    """Hold back what hangs on a row that was not taken; let go what no longer does."""
    items = UploadItem.objects.filter(channel=channel, data_set=data_set.name)
    items.filter(state=HELD).update(state=WAITING, reason="")
    for field in data_set.fields:
        if not field.refers_to:
            continue
        there = UploadItem.objects.filter(channel=channel, data_set=field.refers_to, state=SENT).values(
            "source"
        )
        taken = {str(pk) for pk in there.values_list("source", flat=True)}
        named = items.filter(state=WAITING).values_list("pk", f"record__{field.name}")
        lost = [pk for pk, parent in named if parent and parent not in taken]
        reason = HANGS.filled(name=fmt.BY_NAME[field.refers_to].words).zh
        items.filter(pk__in=lost).update(state=HELD, reason=reason)


def _send(channel: UploadChannel, secret: str, data_set: str, items: Sequence[UploadItem]) -> UploadReceipt:
    """Send a portion and keep its receipt."""
    portion = _portion_of(items)
    body = envelope.wrapped(channel.company_code, portion, [item.record for item in items])
    now = clock.now()
    given = envelope.headers(channel.app_id, secret, int(now.timestamp()), body)
    answer: Answer = async_to_sync(post)(f"{channel.url.rstrip('/')}/{data_set}", given, body)
    return keep_answer(channel, data_set, items, portion, hashlib.sha256(body).hexdigest(), answer, now)


def _portion_of(items: Sequence[UploadItem]) -> str:
    text = "".join(f"{item.source}{item.digest}" for item in items)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


def keep_answer(
    channel: UploadChannel, data_set: str, items: Sequence[UploadItem], portion: str, digest: str, answer: Answer,
    sent_at: datetime,
) -> UploadReceipt:  # fmt: skip
    """Write the receipt, its line in the ledger and what became of each record, in one transaction."""
    read = envelope.read(answer.text) if answer.ok else None
    refused = (
        {}
        if read is None
        else {i.pk: read.refused[str(i.source)] for i in items if str(i.source) in read.refused}
    )
    now = clock.now()
    receipt = UploadReceipt(
        channel=channel, portion=portion, number=read.number if read else "", data_set=data_set, sent_at=sent_at,
        records=len(items), refused=len(refused), outcome=FAILED if read is None else PARTLY if refused else TAKEN,
        status=answer.status, said=answer.shown[:500], body_digest=digest, created_at=now, updated_at=now,
    )  # fmt: skip
    receipt.stand()
    receipt.settle()
    with transaction.atomic():
        receipt.save(force_insert=True)
        ledger.append(
            receipt.pk, subject_of(UploadReceipt), "created", UPLOADER, at=sent_at, received_at=now,
            data={"portion": portion, "data_set": data_set, "records": len(items), "refused": len(refused),
                  "outcome": receipt.outcome, "number": receipt.number, "body_digest": digest},
            is_demo=channel.is_demo,
        )  # fmt: skip
        if read is not None:
            _note(items, refused, receipt, now)
    return receipt


def _note(
    items: Sequence[UploadItem], refused: dict[uuid.UUID, str], receipt: UploadReceipt, now: datetime
) -> None:
    """Note what became of each record, unless its row was changed meanwhile and waits in a newer wording."""
    for item in items:
        state, reason = (REFUSED, refused[item.pk]) if item.pk in refused else (SENT, "")
        UploadItem.objects.filter(pk=item.pk, digest=item.digest).update(
            state=state, reason=reason[:300], sent_at=now, receipt=receipt
        )
