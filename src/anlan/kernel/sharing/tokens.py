"""The token of a subscription: shown once, only its digest kept; a new one ends the one before."""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.db import transaction

from anlan.kernel import clock, ledger
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.registers.errors import NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.pacing import PUSH
from anlan.kernel.words import Words

PREFIX = "anlans_"
_NOT_THEIRS = Words("只有申请部门可以领取令牌。", "Only the body that asked may take the token.")
_NOT_VALID = Words(
    "订阅未生效或已失效，不能领取令牌。", "The subscription is not in use; there is no token to take."
)
_PUSHED = Words(
    "推送方式不用令牌，请设置接收地址。", "A pushed subscription needs no token; set its receiver instead."
)


def issue(subscription: Subscription, actor: Actor) -> str:
    """Make a token for a valid subscription of the actor's own body and return its secret, this once."""
    with transaction.atomic():
        row = Subscription.seen_by(actor).select_for_update(of=("self",)).filter(pk=subscription.pk).first()
        if row is None:
            raise NotSeen
        if row.holder_id not in actor.party_ids:
            raise NotAllowed(_NOT_THEIRS)
        if not row.is_valid:
            raise NotAllowed(_NOT_VALID)
        if row.channel == PUSH:
            raise NotAllowed(_PUSHED)
        secret = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        row.token_digest, row.token_hint, row.token_at = digest_of(secret), secret[-4:], clock.now()
        row.save(update_fields=["token_digest", "token_hint", "token_at"])
        ledger.append(
            row.pk, subject_of(Subscription), "token_issued", actor, at=row.token_at, received_at=row.token_at,
            data={"ends_in": row.token_hint}, from_state=row.state, to_state=row.state,
        )  # fmt: skip
    return secret


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def holder_of(secret: str) -> Subscription | None:
    """Return the subscription a secret belongs to, whatever its state."""
    if not secret.startswith(PREFIX) or not secret.isascii() or len(secret) > 100:
        return None
    return (
        Subscription.unscoped("a token says which subscription it is")
        .defer("search")
        .select_related("territory", "holder")
        .filter(token_digest=digest_of(secret))
        .first()
    )
