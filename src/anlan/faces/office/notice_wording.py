"""How notices are worded: every kind in both languages, how fast it goes out, and the mail it becomes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language

from anlan.faces.office.access import signed_in
from anlan.faces.office.shapes import Badge
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.notices import Notice, notice
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.leaving import GATHERED, Outward
from anlan.kernel.notices.rendering import mail_of
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

# Kinds that do not tell of a matter, and what stands in their sentences.
OTHERS = {
    "substitute": (
        Words("监管二科干部", "the officer of section 2"),
        Words("3月2日至3月6日", "2 to 6 March"),
    ),
    "stood_in": (Words("王某", "Wang"), Words("3月2日至3月6日", "2 to 6 March")),
    "receiver_paused": (Words("值班平台", "Duty room"), Words("HTTP 500", "HTTP 500")),
    "trouble": (
        Words("数据接入", "Intake of readings"),
        Words(
            "与消息代理的连接断开，读数暂存在代理和设备中，正在自动重连。",
            "The message broker cannot be heard. Readings wait in it and in the devices; the connection is tried again.",
        ),
    ),
    "trouble_over": (
        Words("数据接入", "Intake of readings"),
        Words("与消息代理的连接断开", "the message broker is away"),
    ),
    "trial": (Words("值班平台", "Duty room"), Words("—", "—")),
}
WHAT, STATE, NUMBER = Words("隐患", "Hidden danger"), Words("整改中", "Being rectified"), "YH-2026-000012"


@signed_in
def show(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the wording of every kind with an example."""
    now = clock.now()
    samples = [_sample(key, now) for key in KINDS]
    sample = Outward(id=uuid.UUID(int=1), sort=GATHERED, made_at=now)
    mail = mail_of(sample, samples[:3], "", get_language() or "zh-hans")
    kinds = [(Badge(KINDS[one.kind].words, KINDS[one.kind].tone), KINDS[one.kind], one) for one in samples]
    return page(request, "office/notices/wording.html", {"kinds": kinds, "mail": mail}, here="notices")


def _sample(key: str, now: datetime) -> Notice:
    what, state = OTHERS.get(key, (WHAT, STATE))
    due = now + timedelta(days=3) if KINDS[key].with_clock else None
    return notice(key, what=what, number=NUMBER, state=state, due_at=due)
