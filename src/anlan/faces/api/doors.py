"""Who is at the door: a bearer token or a signed-in session, turned into the actor every operation is given.

A session must carry the CSRF token on every write; a token never travels by cookie and may be read-only. Whoever is
nobody is told 401; an account without a post, or one that owes its second factor, 403.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from ninja.utils import check_csrf

from anlan.faces.api.problems import Refused
from anlan.kernel.identity.models import Account, ApiToken
from anlan.kernel.identity.sessions import POST_KEY, owes_second_factor
from anlan.kernel.identity.signing_in import actor_for, token_of
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

SAFE = ("GET", "HEAD", "OPTIONS")
BEARER = {"WWW-Authenticate": 'Bearer realm="anlan"'}
_SIGN_IN = Words("请先登录，或使用有效的访问令牌。", "Sign in first, or send a valid access token.")
_READ_ONLY = Words("这个令牌只读。", "This token may only read.")
_CSRF = Words("缺少或不符的 X-CSRFToken。", "The X-CSRFToken is missing or wrong.")
_NO_POST = Words("这个账号目前没有岗位。", "This account has no post at present.")
_SECOND = Words("该岗位须先启用第二道验证。", "This post must enrol a second factor first.")
_ONE_TIME = Words("先在网页上换掉一次性密码。", "First replace the one-time password on its page.")
_SESSION = Words("须在登录会话中办理，令牌不能。", "Do this in a signed-in session; a token may not.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the account, the actor it acts as, and the token if it came by one."""

    account: Account
    actor: Actor
    token: ApiToken | None = None


class Door:
    """The one way to authenticate, for django-ninja: returns the caller or raises the refusal."""

    openapi_security_schema: ClassVar[dict[str, str]] = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: HttpRequest) -> Caller:
        """Return who calls."""
        header = request.headers.get("Authorization", "")
        caller = _by_token(request, header) if header else _by_session(request)
        if not _chose_language(request):
            translation.activate(caller.actor.language)
        return caller


def _by_token(request: HttpRequest, header: str) -> Caller:
    kind, _, secret = header.partition(" ")
    token = token_of(secret.strip()) if kind.lower() == "bearer" and secret.isascii() else None
    if token is None:
        raise Refused(401, "unauthenticated", _SIGN_IN, BEARER)
    actor = actor_for(token.account, token.post_id)
    if actor is None or actor.post_id != token.post_id:  # the person has left the post the token acts in
        raise Refused(403, "no_post", _NO_POST)
    if token.read_only and request.method not in SAFE:
        raise Refused(403, "read_only", _READ_ONLY)
    return Caller(token.account, actor, token)


def _by_session(request: HttpRequest) -> Caller:
    account: Any = getattr(request, "user", None)
    if account is None or not account.is_authenticated:
        raise Refused(401, "unauthenticated", _SIGN_IN, BEARER)
    if request.method not in SAFE and check_csrf(request) is not None:
        raise Refused(403, "csrf", _CSRF)
    actor = actor_for(account, request.session.get(POST_KEY))
    if actor is None:
        raise Refused(403, "no_post", _NO_POST)
    if account.has_one_time_password:
        raise Refused(403, "password_to_replace", _ONE_TIME)
    if owes_second_factor(account, actor):
        raise Refused(403, "second_factor_required", _SECOND)
    return Caller(account, actor)


def _chose_language(request: HttpRequest) -> bool:
    return "Accept-Language" in request.headers or settings.LANGUAGE_COOKIE_NAME in request.COOKIES


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls an operation."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def actor_of(request: HttpRequest) -> Actor:
    """Return as whom an operation acts."""
    return caller_of(request).actor


def by_session_only(request: HttpRequest) -> Caller:
    """Return the caller if it came by a session; a token may not make or revoke tokens."""
    caller = caller_of(request)
    if caller.token is not None:
        raise Refused(403, "session_required", _SESSION)
    return caller
