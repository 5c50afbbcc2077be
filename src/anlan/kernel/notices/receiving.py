"""Keeping receivers of webhooks: made, paused, resumed, tried and ended by their owner; the secret is shown once.

A receiver of a party hears what is told to every post of that party; those who answer for the party keep it.
"""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q, QuerySet

from anlan.kernel import clock, ledger
from anlan.kernel.notices.chosen import PACES
from anlan.kernel.notices.guarding import fault_of
from anlan.kernel.notices.leaving import ACTIVE, ENDED, PAUSED, TRIAL, WEBHOOK, Outward, Receiver
from anlan.kernel.notices.refusing import NoticeRefused, self_of
from anlan.kernel.notices.setting import TRIALS_APART
from anlan.kernel.notices.signing import new_secret
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party
from anlan.kernel.words import Words

SUBJECT = "notices.Receiver"
MOST = 10
# Who answers for a party's receivers: its leader's post at an enterprise, the administrator elsewhere.
KEEPERS = frozenset({"main_person", "administrator"})
_NAME = Words("写明名称。", "Give it a name.")
_MANY = Words(
    "推送地址已达上限，先停用不用的。", "There are as many receivers as may be; end those not needed."
)
_PARTY = Words("您的岗位不能为本单位设推送地址。", "Your post may not keep receivers of your body.")
_SOON = Words("刚试发过，一分钟后再试。", "One was tried just now; try again in a minute.")
_PACE = Words("没有这个选项。", "There is no such choice.")
_REASON = Words("写明原因。", "Give the reason.")
_ACT = Words("没有这项操作。", "There is no such act.")


def receivers_of(actor: Actor) -> QuerySet[Receiver]:
    """Return the receivers the actor keeps: their own, and those of their party if their post answers for them."""
    mine = Q(person=actor.person_id)
    if may_keep_for_party(actor):
        mine |= Q(party=actor.party_id)
    return Receiver.objects.filter(mine).exclude(state=ENDED).order_by("-made_at")


def may_keep_for_party(actor: Actor) -> bool:
    """Say whether the actor's post answers for the receivers of its party."""
    return actor.kind == "person" and actor.post_kind in KEEPERS and actor.party_id is not None


@transaction.atomic
def make(actor: Actor, name: str, url: str, pace: str, *, for_party: bool) -> tuple[Receiver, str]:
    """Make a receiver; the secret is returned this once. Raises NoticeRefused."""
    name, url = " ".join(name.split())[:60], url.strip()
    if not name or "\x00" in name:
        raise NoticeRefused(_NAME, "name")
    fault = fault_of(url)
    if fault is not None:
        raise NoticeRefused(fault, "url")
    if pace not in dict(PACES):
        raise NoticeRefused(_PACE, "pace")
    if for_party and not may_keep_for_party(actor):
        raise NoticeRefused(_PARTY, "for_party")
    if receivers_of(actor).count() >= MOST:
        raise NoticeRefused(_MANY)
    secret = new_secret()
    made = Receiver.objects.create(
        person_id=None if for_party else actor.person_id, party_id=actor.party_id if for_party else None, name=name, url=url,
        host=(urlsplit(url).hostname or "")[:253], secret=secret, pace=pace, made_by_id=self_of(actor),
        made_at=clock.now(), is_demo=actor.is_demo,
    )  # fmt: skip
    _enter(made, actor, "receiver_made")
    return made, secret


@transaction.atomic
def change(actor: Actor, pk: uuid.UUID, act: str, reason: str = "") -> str | None:
    """Pause, resume, end, try or give a new secret (which is returned); None if it is not the actor's to keep."""
    found = receivers_of(actor).select_for_update().filter(pk=pk).first()
    if found is None:
        return None
    if act == "try":
        _try(found)
        return ""
    if act == "secret":
        secret = found.secret = new_secret()
        found.save(update_fields=["secret"])
        _enter(found, actor, "receiver_secret_renewed")
        return secret
    states = {
        "pause": (PAUSED, "receiver_paused"),
        "resume": (ACTIVE, "receiver_resumed"),
        "end": (ENDED, "receiver_ended"),
    }
    if act not in states:
        raise NoticeRefused(_ACT, "act")
    why = " ".join(reason.split())[:300].replace("\x00", "")
    if act == "end" and not why:
        raise NoticeRefused(_REASON, "reason")
    found.state, said = states[act]
    found.state_reason, found.failures = why, 0
    found.save(update_fields=["state", "state_reason", "failures"])
    _enter(found, actor, said, why)
    return ""


def _try(found: Receiver) -> None:
    now = clock.now()
    if Outward.objects.filter(target=found.pk, sort=TRIAL, made_at__gt=now - TRIALS_APART).exists():
        raise NoticeRefused(_SOON)
    Outward.objects.create(
        channel=WEBHOOK,
        sort=TRIAL,
        target=found.pk,
        receiver=found,
        made_at=now,
        next_at=now,
        is_demo=found.is_demo,
    )


def _enter(found: Receiver, actor: Actor, act: str, reason: str = "") -> None:
    now = clock.now()
    owner: Party | None = found.party
    data = {"name": found.name, "host": found.host, "party": str(owner.pk) if owner else "", "reason": reason}
    ledger.append(found.pk, SUBJECT, act, actor, at=now, received_at=now, data=data, is_demo=found.is_demo)
