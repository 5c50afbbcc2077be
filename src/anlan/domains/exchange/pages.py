"""Pages of a channel that cannot be derived: its secret, sending now, sending again, and the records of one state."""

from __future__ import annotations

import uuid

from django.db import transaction

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange.models import UploadChannel, UploadItem, UploadSecret
from anlan.domains.exchange.sections import may_keep
from anlan.domains.exchange.sending import replay, upload, waiting
from anlan.domains.exchange.words import ITEM_STATES, SET_NAMES
from anlan.kernel import clock, ledger
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.forms import is_storable, reason_of
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.registers.pages import Asked, DomainPage, Done, Drawn
from anlan.kernel.words import Words

PAGE = 50
SHORTEST_SECRET, LONGEST_SECRET = 8, 200
NOT_YOURS = Words(
    "数据上报由本企业设置，您的岗位不能操作。", "An enterprise sets up its own uploads; your post may not."
)
NO_SECRET = Words("先填写平台发的密钥。", "Enter the secret the platform gave first.")


def secret(asked: Asked) -> Drawn | Done:
    """Take the secret the platform gave; it is stored sealed and never shown."""
    channel = _channel(asked, to_keep=True)
    faults: dict[str, list[Words | str]] = {}
    if asked.is_sent:
        text = asked.values.get("secret", "").strip()
        if SHORTEST_SECRET <= len(text) <= LONGEST_SECRET and is_storable(text) and text.isascii():
            _keep_secret(channel, asked, text)
            return Done(channel, Words("密钥已保存。", "The secret is kept."))
        faults["secret"] = [
            Words("密钥为 8 到 200 位的字母、数字或符号。", "8 to 200 letters, digits or signs.")
        ]
    return Drawn("exchange/secret.html", {"channel": channel, "faults": faults}, 422 if faults else 200)


def send(asked: Asked) -> Drawn | Done:
    """Gather and send now."""
    channel = _channel(asked, to_keep=True)
    has_secret = UploadSecret.objects.filter(channel=channel).exists()
    if asked.is_sent and has_secret:
        taken = upload(channel, is_asked=True)
        words = Words("已上报，平台接收 {taken} 条。", "Sent; the platform took {taken} records.")
        left = waiting(channel)
        if left:
            words = Words(
                "平台已接收 {taken} 条，其余 {left} 条在后台继续上报。",
                "The platform took {taken} records; {left} more go on in the background.",
            )
        return Done(channel, words.filled(taken=str(taken), left=str(left)))
    faults = {} if has_secret else {"secret": [NO_SECRET]}
    return Drawn("exchange/send.html", {"channel": channel, "faults": faults}, 409 if asked.is_sent else 200)


def again(asked: Asked) -> Drawn | Done:
    """Send again what was sent or refused before, with a reason."""
    channel = _channel(asked, to_keep=True)
    faults: dict[str, list[Words | str]] = {}
    data_set = asked.values.get("data_set", "")
    if asked.is_sent:
        try:
            if data_set and data_set not in fmt.BY_NAME:
                raise Invalid({"data_set": [Words("没有这类数据。", "There is no such data set.")]})
            count = replay(channel, asked.actor, data_set, reason_of(asked.values.get("reason", "")))
            words = Words("{count} 条将重新上报。", "{count} records will be sent again.")
            return Done(channel, words.filled(count=str(count)))
        except Invalid as refusal:
            faults = {name: list(reasons) for name, reasons in refusal.errors.items()}
    context = {
        "channel": channel, "sets": SET_NAMES, "data_set": data_set, "reason": asked.values.get("reason", ""),
        "faults": faults,
    }  # fmt: skip
    return Drawn("exchange/again.html", context, 422 if faults else 200)


def records(asked: Asked) -> Drawn | Done:
    """Show the records of one set and state, fifty at a time, each with its reason and its wording."""
    channel = _channel(asked, to_keep=False)
    chosen = {name: asked.values.get(name, "") for name in ("data_set", "state")}
    items = UploadItem.objects.filter(channel=channel).order_by("id")
    if chosen["data_set"] in fmt.BY_NAME:
        items = items.filter(data_set=chosen["data_set"])
    if chosen["state"] in dict(ITEM_STATES):
        items = items.filter(state=chosen["state"])
    after = asked.id_of("after")
    found = list((items.filter(pk__gt=after) if after else items)[: PAGE + 1])
    context = {
        "channel": channel, "items": found[:PAGE], "more": found[PAGE - 1].pk if len(found) > PAGE else None, "chosen": chosen,
        "sets": SET_NAMES, "states": ITEM_STATES,
    }  # fmt: skip
    return Drawn("exchange/records.html", context)


def _channel(asked: Asked, *, to_keep: bool) -> UploadChannel:
    rows = (
        UploadChannel.seen_by(asked.actor).select_related("enterprise", "territory", "holder").defer("search")
    )
    channel: UploadChannel | None = rows.filter(pk=asked.pk or uuid.UUID(int=0)).first()
    if channel is None:
        raise NotSeen
    if to_keep and not may_keep(channel, asked.actor):
        raise NotAllowed(NOT_YOURS)
    return channel


def _keep_secret(channel: UploadChannel, asked: Asked, text: str) -> None:
    now = clock.now()
    with transaction.atomic():
        UploadSecret.objects.update_or_create(channel=channel, defaults={"secret": text, "set_at": now})
        ledger.append(
            channel.pk, subject_of(UploadChannel), "upload_secret_set", asked.actor, at=now, received_at=now, data={},
            is_demo=channel.is_demo, key=asked.key,
        )  # fmt: skip


pages = (
    DomainPage("upload-channels", "secret", secret),
    DomainPage("upload-channels", "send", send),
    DomainPage("upload-channels", "again", again),
    DomainPage("upload-channels", "records", records),
)
