"""The writes of the risk domain that are not one edit: a worker's confirmation on the card of a post. Serves article 5.

The card needs no account: whoever stands at the post with its address may confirm. What is kept says who, which day and shift,
and how many risks stood on the card; it is never changed afterwards.
"""

from __future__ import annotations

import re
import uuid

from django.db import transaction

from anlan.domains.risk.models import RiskEvent, ShiftConfirmation, WorkPost
from anlan.domains.risk.words import SHIFTS
from anlan.kernel import clock, ledger
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import NOBODY, Actor
from anlan.kernel.words import Words

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,40}")
LONGEST_NAME = 30
MOST_A_DAY = 500  # confirmations of one post on one day: more is nobody's shift
_WRITE_NAME = Words("写上姓名。", "Write your name.")
_CHOOSE_SHIFT = Words("选择班次。", "Choose the shift.")
_ENOUGH = Words("今天这个岗位的确认已太多。", "Too many confirmations of this post today.")


def post_of_card(token: str) -> WorkPost:
    """Return the post whose card has this address; raises NotSeen."""
    if not TOKEN.fullmatch(token):
        raise NotSeen
    rows = WorkPost.unscoped("a card is read by its address alone, without an account")
    row = rows.filter(card_token=token, archived_at=None).select_related(
        "enterprise", "division", "territory", "holder"
    )
    found = row.defer("search").first()
    if found is None:
        raise NotSeen
    return found


def confirm(
    token: str, name: str, shift: str, *, key: uuid.UUID | None = None, actor: Actor = NOBODY
) -> ShiftConfirmation:
    """Keep that somebody read the card of a post before the shift; a second time on the same shift is the first.

    Raises NotSeen for no card, Invalid for no name or shift.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    faults: dict[str, list[Words | str]] = {}
    if not name or not is_storable(name):
        faults["worker_name"] = [_WRITE_NAME]
    if shift not in dict(SHIFTS):
        faults["shift"] = [_CHOOSE_SHIFT]
    if faults:
        raise Invalid(faults)
    with transaction.atomic():
        post = WorkPost.unscoped("two confirmations of one post wait for each other").select_for_update()
        post.filter(card_token=token).values_list("pk").first()
        return _kept(post_of_card(token), name, shift, key, actor)


def _kept(post: WorkPost, name: str, shift: str, key: uuid.UUID | None, actor: Actor) -> ShiftConfirmation:
    now, today = clock.now(), clock.today()
    before = ShiftConfirmation.unscoped("a worker confirms a shift once").filter(post=post, day=today)
    first = before.filter(worker_name=name, shift=shift).first()
    if first is not None:
        return first
    if before.count() >= MOST_A_DAY:
        raise Invalid({"": [_ENOUGH]})
    events = events_of(post)
    row = ShiftConfirmation(
        post=post, worker_name=name, day=today, shift=shift, events_shown=len(events), created_at=now, updated_at=now,
        highest_level=max((event.risk_level for event in events), default=0),
    )  # fmt: skip
    row.stand()
    row.settle()
    row.save(force_insert=True)
    ledger.append(
        row.pk, subject_of(ShiftConfirmation), "created", actor, at=now, received_at=now, is_demo=row.is_demo, key=key,
        data={"post": {"id": str(post.pk), "name": post.name}, "day": today, "shift": shift, "events": len(events)},
        private={"worker_name": name},
    )  # fmt: skip
    return row


def events_of(post: WorkPost) -> list[RiskEvent]:
    """Return the events whose measures a post answers for, the gravest first."""
    rows = RiskEvent.unscoped("the card of a post shows what its workers must know")
    mine = rows.filter(archived_at=None, measures__responsible_post=post, measures__archived_at=None)
    return list(
        mine.defer("search").select_related("unit__risk_object").distinct().order_by("-risk_level", "name")
    )
