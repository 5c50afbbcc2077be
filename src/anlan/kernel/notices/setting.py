"""A person's own settings of notices: the address, confirmed by a code sent to it; pace, times, quiet hours; trials."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from anlan.kernel import clock
from anlan.kernel.notices.chosen import PACES, Preference
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.leaving import CODE, MAIL, SUPPRESSED, TRIAL, WAITING, Outward
from anlan.kernel.notices.mailing import mail_is_set_up
from anlan.kernel.notices.refusing import NoticeRefused, self_of
from anlan.kernel.notices.timing import Hours, is_quiet
from anlan.kernel.scope.actor import Actor
from anlan.kernel.vault import blind_index
from anlan.kernel.words import Words

CODE_FOR = timedelta(minutes=30)
CODE_TRIES = 5
CODES_AN_HOUR = 5
TRIALS_APART = timedelta(minutes=1)
MOST_TIMES = 6
LONGEST_ADDRESS = 254
# Kinds a person may keep out of mails and pushes; that something is late is always told.
MAY_MUTE = tuple(kind.key for kind in KINDS.values() if not kind.instant)

_NO_MAIL = Words(
    "还没有设置邮件服务，由运维人员设置后再填。", "Mail is not set up yet; the operator does that first."
)
_ADDRESS = Words("这不是邮箱地址。", "This is no mail address.")
_OFTEN = Words("验证码发得太频繁，一小时后再试。", "Too many codes were sent; try again in an hour.")
_CODE = Words("验证码不对或已过期，重新发送一个。", "The code is wrong or has lapsed; have a new one sent.")
_TIMES = Words("填写1至6个时刻，例如 08:30。", "Give one to six times of the day, such as 08:30.")
_TIME = Words("填写时刻，例如 22:00。", "Give a time of the day, such as 22:00.")
_QUIET = Words("汇总时刻落在免打扰时段里。", "A time of a digest lies in the quiet hours.")
_PACE = Words("没有这个选项。", "There is no such choice.")
_SOON = Words("刚发过一次，一分钟后再试。", "One was sent just now; try again in a minute.")
_NOT_CONFIRMED = Words("先确认邮箱。", "Confirm the address first.")


def preference_of(actor: Actor) -> Preference:
    """Return the actor's settings, those of everybody else until they chose their own."""
    found = Preference.objects.filter(person=self_of(actor)).first()
    return found or Preference(person_id=self_of(actor))


def hint_of(address: str) -> str:
    """Return an address as lists show it: enough to recognise one's own."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"[:80]


@transaction.atomic
def set_address(actor: Actor, address: str) -> Preference:
    """Take an address and have a code sent to it; a former address is used no more from now on."""
    if not mail_is_set_up():
        raise NoticeRefused(_NO_MAIL, "address")
    address = address.strip()
    try:
        if len(address) > LONGEST_ADDRESS or not address.isascii():
            raise ValidationError("")
        validate_email(address)
    except ValidationError:
        raise NoticeRefused(_ADDRESS, "address") from None
    now = clock.now()
    choice = _locked(actor)
    recent = [at for at in choice.codes_sent if at > now - timedelta(hours=1)]
    if len(recent) >= CODES_AN_HOUR:
        raise NoticeRefused(_OFTEN, "address")
    code = f"{secrets.randbelow(10**6):06d}"
    choice.address, choice.hint, choice.verified_at = address, hint_of(address), None
    choice.code_digest, choice.code_until, choice.code_tries = (
        _digest(actor, address, code),
        now + CODE_FOR,
        0,
    )
    choice.codes_sent = [*recent, now]
    choice.save()
    _put_aside(actor, CODE)
    Outward.objects.create(
        channel=MAIL, sort=CODE, target=self_of(actor), person_id=self_of(actor), made_at=now, next_at=now,
        sealed=json.dumps({"to": address, "code": code}), is_demo=actor.is_demo,
    )  # fmt: skip
    return choice


@transaction.atomic
def confirm_address(actor: Actor, code: str) -> Preference | None:
    """Confirm the address by the code; None where it does not fit (each try counts, the fifth is the last)."""
    choice = _locked(actor)
    digits = "".join(code.split())
    now = clock.now()
    if (
        not choice.code_digest
        or not choice.code_until
        or choice.code_until < now
        or choice.code_tries >= CODE_TRIES
    ):
        return None
    choice.code_tries += 1
    fits = secrets.compare_digest(choice.code_digest, _digest(actor, choice.address, digits))
    if fits:
        choice.verified_at, choice.code_digest, choice.code_until = now, "", None
    choice.save()
    return choice if fits else None


def refused_code() -> NoticeRefused:
    """Return the refusal of a code that does not fit."""
    return NoticeRefused(_CODE, "code")


@transaction.atomic
def forget_address(actor: Actor) -> None:
    """Forget the address; what still waits for it is not sent."""
    choice = _locked(actor)
    choice.address, choice.hint, choice.verified_at, choice.code_digest, choice.code_until = (
        "",
        "",
        None,
        "",
        None,
    )
    choice.save()
    _put_aside(actor, CODE)


@transaction.atomic
def choose(
    actor: Actor, *, by_mail: bool, pace: str, digest_times: Sequence[str], working_days_only: bool, quiet_from: str,
    quiet_to: str, muted: Sequence[str],
) -> Preference:  # fmt: skip
    """Take how the actor wants to be told; raises NoticeRefused."""
    if pace not in dict(PACES):
        raise NoticeRefused(_PACE, "pace")
    times = sorted({_hour(text, "digest_times", _TIMES) for text in digest_times if text.strip()})
    if not 1 <= len(times) <= MOST_TIMES:
        raise NoticeRefused(_TIMES, "digest_times")
    begin, end = _hour(quiet_from, "quiet_from", _TIME), _hour(quiet_to, "quiet_to", _TIME)
    hours = Hours(begin, end)
    today = clock.now().astimezone(clock.CHINA)
    if any(
        is_quiet(today.replace(hour=t.hour, minute=t.minute, second=0, microsecond=0), hours) for t in times
    ):
        raise NoticeRefused(_QUIET, "digest_times")
    choice = _locked(actor)
    choice.by_mail, choice.pace, choice.working_days_only = by_mail, pace, working_days_only
    choice.digest_times = [f"{t:%H:%M}" for t in times]
    choice.quiet_from, choice.quiet_to = begin, end
    choice.muted = sorted(set(muted) & set(MAY_MUTE))
    choice.save()
    return choice


@transaction.atomic
def try_mail(actor: Actor) -> Outward:
    """Have a trial sent to the confirmed address."""
    if not mail_is_set_up():
        raise NoticeRefused(_NO_MAIL)
    if not _locked(actor).takes_mail:
        raise NoticeRefused(_NOT_CONFIRMED)
    now = clock.now()
    if Outward.objects.filter(target=self_of(actor), sort=TRIAL, made_at__gt=now - TRIALS_APART).exists():
        raise NoticeRefused(_SOON)
    return Outward.objects.create(
        channel=MAIL, sort=TRIAL, target=self_of(actor), person_id=self_of(actor), made_at=now, next_at=now,
        is_demo=actor.is_demo,
    )  # fmt: skip


def _locked(actor: Actor) -> Preference:
    Preference.objects.get_or_create(person_id=self_of(actor))
    return Preference.objects.select_for_update().get(person=self_of(actor))


def _put_aside(actor: Actor, sort: str) -> None:
    """Let earlier messages of a sort rest: only the newest code counts."""
    rows = Outward.objects.filter(target=self_of(actor), sort=sort, state__in=[WAITING, "failed"])
    rows.update(state=SUPPRESSED, reason="已重新发送", sealed="")


def _hour(text: str, field: str, words: Words) -> time:
    try:
        found = datetime.strptime(text.strip()[:5], "%H:%M").time()  # noqa: DTZ007 - a time of the day has no zone
    except ValueError:
        raise NoticeRefused(words, field) from None
    return found


def _digest(actor: Actor, address: str, code: str) -> str:
    return blind_index(f"{actor.person_id}:{address}:{code}")
