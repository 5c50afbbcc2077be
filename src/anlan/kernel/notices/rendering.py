"""Wording a message: a mail in the reader's language, or the JSON body of a webhook in both.

The link of a notice leads to its page in the office, where scope decides what the reader sees; nothing of the matter's
content is in the message itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.template import loader
from django.utils import translation

from anlan.kernel import clock
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.leaving import CODE, GATHERED, TRIAL, Outward
from anlan.kernel.notices.mailing import Mail
from anlan.kernel.notices.told import Notice
from anlan.kernel.words import Words

MOST_SHOWN = 50
OPENING = "/notices/{pk}/open"
SUBJECTS = {
    "one": Words("安澜：{said}", "Anlan: {said}"),
    "many": Words("安澜：{n} 条新通知", "Anlan: {n} new notices"),
    GATHERED: Words("安澜汇总：{n} 条通知", "Anlan digest: {n} notices"),
    TRIAL: Words("安澜：试发邮件", "Anlan: a trial"),
    CODE: Words("安澜验证码：{said}", "Anlan code: {said}"),
}


def link_of(notice: Notice) -> str:
    """Return the full address of a notice, empty where the installation does not know its own (ANLAN_ADDRESS)."""
    base = str(getattr(settings, "ANLAN_ADDRESS", "")).rstrip("/")
    return f"{base}{OPENING.format(pk=notice.pk)}" if base else ""


def mail_of(outward: Outward, notices: Sequence[Notice], to: str, language: str, code: str = "") -> Mail:
    """Return the mail of a message."""
    with translation.override(language):
        context = {
            "sort": outward.sort,
            "code": code,
            "lines": [_line(notice) for notice in notices[:MOST_SHOWN]],
            "more": max(0, len(notices) - MOST_SHOWN),
            "base": str(getattr(settings, "ANLAN_ADDRESS", "")).rstrip("/"),
        }
        text = loader.render_to_string("notices/mail.txt", context)
        html = loader.render_to_string("notices/mail.html", context)
        return Mail(str(outward.pk), to, _subject(outward.sort, notices, code), text, html)


def _subject(sort: str, notices: Sequence[Notice], code: str) -> str:
    if sort == CODE:
        return str(SUBJECTS[CODE].filled(said=code))
    if sort == TRIAL:
        return str(SUBJECTS[TRIAL])
    if sort == GATHERED or len(notices) != 1:
        return str(SUBJECTS[GATHERED if sort == GATHERED else "many"].filled(n=len(notices)))
    return str(SUBJECTS["one"].filled(said=notices[0].words))


def _line(notice: Notice) -> dict[str, Any]:
    return {
        "kind": KINDS[notice.kind].words,
        "words": notice.words,
        "due": _local(notice.due_at),
        "made": _local(notice.made_at),
        "url": link_of(notice),
    }


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(clock.CHINA):%Y-%m-%d %H:%M}" if at else ""


def body_of(outward: Outward, notices: Sequence[Notice]) -> bytes:
    """Return the body a receiver is sent; the same at every attempt, for the same message."""
    body = {
        "type": f"notices.{outward.sort}",
        "timestamp": _utc(outward.made_at),
        "data": {"notices": [_item(notice) for notice in notices]},
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _item(notice: Notice) -> dict[str, Any]:
    return {
        "id": str(notice.pk),
        "kind": notice.kind,
        "kind_words": KINDS[notice.kind].words.both(),
        "words": notice.words.both(),
        "loop": notice.loop,
        "matter": str(notice.matter_id) if notice.matter_id else None,
        "number": notice.number,
        "due_at": _utc(notice.due_at),
        "made_at": _utc(notice.made_at),
        "url": link_of(notice),
        "is_demo": notice.is_demo,
    }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
