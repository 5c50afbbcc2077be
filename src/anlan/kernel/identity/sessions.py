"""Sessions of signed-in people: what every door puts into a session and reads back from it.

One account, one chosen post; the session is renewed at sign-in. The second factor is checked before a session begins, so a
session never stands for half a sign-in. Knows no page and no address.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login, logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from anlan.kernel.identity.asking import account_with_posts
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signed_in import remember
from anlan.kernel.identity.signing_in import actor_for
from anlan.kernel.scope.actor import Actor

BACKEND = "anlan.kernel.identity.sessions.WithPerson"
POST_KEY = "post"


class WithPerson(ModelBackend):
    """Reads the account of a session together with its person and posts: every page needs them all."""

    def get_user(self, user_id: Any) -> Account | None:
        """Return the live account."""
        account = account_with_posts(user_id)
        return account if account is not None and self.user_can_authenticate(account) else None


def begin(request: HttpRequest, account: Account, post_id: uuid.UUID | None = None) -> None:
    """Begin the session of an account whose password and second factor were checked; the session gets a new key."""
    login(request, account, backend=BACKEND)
    if post_id is not None:
        request.session[POST_KEY] = str(post_id)
    remember(request, account, address_of(request))


def end(request: HttpRequest) -> None:
    """End the session and forget what it held."""
    logout(request)


def account_of(session: SessionBase) -> Account | None:
    """Return the live account of a session, read afresh; None once it was signed out, deactivated or its password changed."""
    try:
        pk = uuid.UUID(str(session.get(SESSION_KEY)))
    except ValueError:
        return None
    account = account_with_posts(pk)
    if account is None or not account.is_active:
        return None
    kept = str(session.get(HASH_SESSION_KEY, ""))
    return account if constant_time_compare(kept, account.get_session_auth_hash()) else None


def actor_of(session: SessionBase) -> Actor | None:
    """Return who acts in a session, in the post chosen there."""
    account = account_of(session)
    return actor_for(account, session.get(POST_KEY)) if account else None


def owes_second_factor(account: Account, actor: Actor) -> bool:
    """Say whether the post demands a second factor that was never enrolled; demonstration accounts are only reminded."""
    return (
        not account.is_demo
        and not account.has_second_factor
        and account.must_use_second_factor(actor.post_kind)
    )


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from; behind a proxy (ANLAN_TLS=1) the one that the proxy itself added."""
    meta: dict[str, Any] = request.META
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")) if getattr(settings, "TLS", False) else ""
    last = forwarded.rpartition(",")[2].strip()
    return (last or str(meta.get("REMOTE_ADDR") or ""))[:64]
