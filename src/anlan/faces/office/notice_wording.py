"""How notices are worded: every kind in both languages, how fast it goes out, and the mail it becomes."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language

from anlan.faces.office.access import signed_in
from anlan.faces.office.shapes import Badge
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.notices import notice
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.leaving import GATHERED, Outward
from anlan.kernel.notices.rendering import mail_of
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

WHAT, STATE, NUMBER = Words("隐患", "Hidden danger"), Words("整改中", "Being rectified"), "YH-2026-000012"


@signed_in
def show(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the wording of every kind with an example."""
    now = clock.now()
    samples = [
        notice(
            key,
            what=WHAT,
            number=NUMBER,
            state=STATE,
            due_at=now + timedelta(days=3) if kind.with_clock else None,
        )
        for key, kind in KINDS.items()
    ]
    sample = Outward(id=uuid.UUID(int=1), sort=GATHERED, made_at=now)
    mail = mail_of(sample, samples[:3], "", get_language() or "zh-hans")
    kinds = [(Badge(KINDS[one.kind].words, KINDS[one.kind].tone), KINDS[one.kind], one) for one in samples]
    return page(request, "office/notices/wording.html", {"kinds": kinds, "mail": mail}, here="notices")
