"""Where an account is signed in, since when, with which browser; one's own to look at and to end.

The key of the session is the one the browser holds: it never leaves this table, pages name a row by its own id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from anlan.kernel import clock
from anlan.kernel.identity.models import LONGEST_AGENT, Account, SignedIn
from anlan.kernel.words import Words

# What a browser calls itself, the particular before the general: Edge and WeChat also say Chrome, Chrome also says Safari.
BROWSERS = (
    ("MicroMessenger", Words("微信", "WeChat")),
    ("DingTalk", Words("钉钉", "DingTalk")),
    ("Edg", Words("Edge 浏览器", "Edge")),
    ("QQBrowser", Words("QQ 浏览器", "QQ Browser")),
    ("Firefox", Words("火狐浏览器", "Firefox")),
    ("Chrome", Words("Chrome 浏览器", "Chrome")),
    ("Safari", Words("Safari 浏览器", "Safari")),
)
DEVICES = (
    ("HarmonyOS", Words("鸿蒙设备", "HarmonyOS device")),
    ("iPhone", Words("苹果手机", "iPhone")),
    ("iPad", Words("苹果平板", "iPad")),
    ("Android", Words("安卓手机", "Android phone")),
    ("Windows", Words("Windows 电脑", "Windows computer")),
    ("Mac OS", Words("苹果电脑", "Mac")),
    ("Linux", Words("Linux 电脑", "Linux computer")),
)
PORTION, GRACE = 2000, timedelta(days=1)
_UNKNOWN = Words("未知浏览器", "Unknown browser")


def browser_of(agent: str) -> Words:
    """Return the browser and the device in plain words."""
    browser = next((words for mark, words in BROWSERS if mark in agent), _UNKNOWN)
    device = next((words for mark, words in DEVICES if mark in agent), None)
    return Words(f"{device.zh}，{browser.zh}", f"{browser.en} on {device.en}") if device else browser


def remember(request: HttpRequest, account: Account, address: str) -> None:
    """Note that a session of an account began; its key must exist by now."""
    if not request.session.session_key:
        request.session.save()
    key, agent = str(request.session.session_key), request.headers.get("User-Agent", "")
    SignedIn.objects.update_or_create(
        session_key=key,
        defaults={
            "account": account,
            "since": clock.now(),
            "address": address,
            "agent": "".join(c if " " <= c < "\x7f" else "?" for c in agent)[:LONGEST_AGENT],
        },
    )


def follow_key(request: HttpRequest, former: str | None) -> None:
    """Keep the row of a session whose key was renewed."""
    if former and request.session.session_key:
        SignedIn.objects.filter(session_key=former).update(session_key=request.session.session_key)


def signed_in(account: Account) -> list[SignedIn]:
    """Return where an account is signed in now, the latest first."""
    rows = list(SignedIn.objects.filter(account=account).order_by("-since", "-id")[:200])
    live = Session.objects.filter(
        session_key__in=[row.session_key for row in rows], expire_date__gt=_real_now()
    )
    keys = set(live.values_list("session_key", flat=True))
    return [row for row in rows if row.session_key in keys]


def end_sessions(account: Account, ids: Sequence[uuid.UUID] | None, keep: str | None) -> int:
    """End the named sessions of an account, or all but the one to keep; returns how many ended."""
    rows = SignedIn.objects.filter(account=account)
    rows = rows.exclude(session_key=keep or "") if ids is None else rows.filter(pk__in=ids)
    with transaction.atomic():
        keys = list(rows.values_list("session_key", flat=True))
        ended = Session.objects.filter(session_key__in=keys)
        count = ended.count()
        ended.delete()
        rows.delete()
    return count


def tidy() -> int:
    """Remove sessions that have expired, and the notes of sign-ins whose session is gone; returns how many rows went.

    In portions, so that no lock is held for long; a session that begins meanwhile keeps its note (a day's grace).
    """
    count = 0
    expired = Session.objects.filter(expire_date__lte=_real_now())
    while keys := list(expired.values_list("session_key", flat=True)[:PORTION]):
        count += Session.objects.filter(session_key__in=keys).delete()[0]
    gone = SignedIn.objects.filter(since__lt=_real_now() - GRACE).exclude(
        session_key__in=Session.objects.values("session_key")
    )
    while ids := list(gone.values_list("pk", flat=True)[:PORTION]):
        count += SignedIn.objects.filter(pk__in=ids).delete()[0]
    return count


def _real_now() -> Any:
    # Django's sessions expire by the machine's clock.
    from django.utils import timezone

    return timezone.now()
