"""Signing in for programs: a session by name and password (and second factor), and tokens made in such a session.

A refused sign-in never tells whether the name exists; after five failures it is locked for a quarter of an hour (429).
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api import schemas
from anlan.faces.api.bodies import body_of, id_of, instant_of, only, text_of
from anlan.faces.api.declared import taking
from anlan.faces.api.doors import BEARER, by_session_only
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.problems import Refused
from anlan.faces.api.shapes import answer, instant
from anlan.kernel import clock
from anlan.kernel.identity.models import Account, ApiToken
from anlan.kernel.identity.sessions import address_of, begin, end
from anlan.kernel.identity.signing_in import SignInRefused, actor_for, check_totp, issue_token, sign_in
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.models import Post
from anlan.kernel.words import Words

MOST_TOKENS = 50
LONGEST_LIFE = timedelta(days=366)
_WRONG = Words("用户名或密码不对。", "The user name or the password is wrong.")
_LOCKED = Words("失败次数过多，请稍后再试。", "Too many failures; try again later.")
_CODE = Words("需要第二道验证的六位数字。", "The six digits of the second factor are needed.")
_WRONG_CODE = Words("验证码不对或已用过。", "The code is wrong or was used before.")
_NO_POST = Words("没有这个岗位。", "There is no such post.")
_EXPIRES = Words("有效期应在今后一年以内。", "It expires within a year from now.")
_NAME = Words("写明用途。", "Say what it is for.")
_MANY = Words("有效令牌过多，请先停用不再需要的。", "Too many live tokens; revoke what is no longer needed.")


class SignIn(schemas.Closed):
    """用户名、密码，启用第二道验证的须附六位数字。 / Name and password, with the six digits where enrolled."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=512, json_schema_extra={"format": "password"})
    totp: str | None = Field(None, max_length=16)
    post: Annotated[str, Field(json_schema_extra={"format": "uuid"})] | None = None


class SessionOut(BaseModel):
    """The session: send ``csrf_token`` as ``X-CSRFToken`` with every write."""

    account: str
    username: str
    name: str
    post: str | None
    csrf_token: str


class NewToken(schemas.Closed):
    """用途、有效期、是否只读。 / Purpose, end of validity, read only or not."""

    name: str = Field(min_length=1, max_length=80)
    expires_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    read_only: bool = False
    post: Annotated[str, Field(json_schema_extra={"format": "uuid"})] | None = None


class TokenOut(BaseModel):
    """A token as it is listed; its secret was shown once."""

    id: str
    name: str
    hint: str
    read_only: bool
    post: schemas.Reference
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None


class TokenMade(TokenOut):
    """A token just made: ``secret`` is shown this once."""

    secret: str


class TokensOut(BaseModel):
    """The account's tokens."""

    items: list[TokenOut]


def router() -> Router:
    """Return the router."""
    found = Router(tags=["access"])
    add = Adder(found, "access")
    add.post("/session", enter, SessionOut, "登录 / Sign in", taking(SignIn), 201, auth=None)
    add.delete("/session", leave, "退出 / Sign out")
    add.get("/tokens", tokens, TokensOut, "我的令牌 / My tokens")
    add.post("/tokens", new_token, TokenMade, "新建令牌 / Make a token", taking(NewToken), 201)
    add.post("/tokens/{id}/revoke", revoke, TokenOut, "停用令牌 / Revoke a token")
    return found


def enter(request: HttpRequest) -> HttpResponse:
    """Sign in; the session cookie is set."""
    body = body_of(request)
    only(body, SignIn.model_fields)
    username, password = text_of(body, "username", most=64), text_of(body, "password", most=512)
    if not username or not password:
        raise Invalid({name: [_WRONG] for name in ("username", "password") if not body.get(name)})
    try:
        account = sign_in(username, password, address_of(request))
        _second_factor(account, text_of(body, "totp", most=16).strip())
    except SignInRefused as refusal:
        raise _refused(refusal) from None
    post = text_of(body, "post", most=40)
    actor = actor_for(account, post or None)
    if post and (actor is None or str(actor.post_id) != post.lower()):
        raise Invalid({"post": [_NO_POST]})
    begin(request, account, actor.post_id if actor and post else None)
    return answer(
        {
            "account": str(account.pk),
            "username": account.username,
            "name": account.person.name,
            "post": str(actor.post_id) if actor else None,
            "csrf_token": get_token(request),
        },
        201,
    )


def _second_factor(account: Account, code: str) -> None:
    if not account.has_second_factor:
        return
    if not code:
        raise Refused(401, "second_factor_needed", _CODE, BEARER)
    if not (code.isascii() and code.isdigit()) or not check_totp(account.pk, code):
        raise Refused(401, "wrong_code", _WRONG_CODE, BEARER)


def _refused(refusal: SignInRefused) -> Refused:
    if refusal.until is None:
        return Refused(401, "sign_in_refused", _WRONG, BEARER)
    wait = max(1, math.ceil((refusal.until - clock.now()).total_seconds()))
    return Refused(429, "locked", _LOCKED, {"Retry-After": str(wait)})


def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    by_session_only(request)
    end(request)
    return HttpResponse(status=204)


def tokens(request: HttpRequest) -> HttpResponse:
    """Answer the account's tokens, the newest first."""
    caller = by_session_only(request)
    rows = (
        ApiToken.objects.filter(account=caller.account)
        .select_related("post__party")
        .order_by("-created_at")[:200]
    )
    return answer({"items": [_token(row) for row in rows]})


def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token for the current post, or another post of the same person; the secret is shown this once."""
    caller = by_session_only(request)
    body = body_of(request)
    only(body, NewToken.model_fields)
    name = text_of(body, "name", most=80).strip()
    if not name:
        raise Invalid({"name": [_NAME]})
    live = ApiToken.objects.filter(account=caller.account, revoked_at=None, expires_at__gt=clock.now())
    if live.count() >= MOST_TOKENS:
        raise Refused(409, "too_many_tokens", _MANY)
    read_only = body.get("read_only", False)
    if not isinstance(read_only, bool):
        raise Invalid({"read_only": [Words("应为 true 或 false。", "It is true or false.")]})
    token, secret = issue_token(
        caller.account, _post_of(caller, body), name, _expiry(body), read_only=read_only
    )
    return answer({**_token(token), "secret": secret}, 201)


def _expiry(body: dict[str, Any]) -> datetime:
    try:
        until = instant_of({"at": body.get("expires_at")})
    except Invalid:
        until = None
    if until is None or not clock.now() < until <= clock.now() + LONGEST_LIFE:
        raise Invalid({"expires_at": [_EXPIRES]})
    return until


def _post_of(caller: Any, body: dict[str, Any]) -> Post:
    wanted = text_of(body, "post", most=40) or str(caller.actor.post_id)
    actor = actor_for(caller.account, wanted)
    if actor is None or str(actor.post_id) != wanted.lower():
        raise Invalid({"post": [_NO_POST]})
    return Post.objects.select_related("party").get(pk=wanted)


def revoke(request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002 (the name in the address)
    """Revoke a token of the account; it is dead at once."""
    caller = by_session_only(request)
    row = ApiToken.objects.filter(account=caller.account, pk=id_of(id)).select_related("post__party").first()
    if row is None:
        raise NotSeen
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
    return answer(_token(row))


def _token(row: ApiToken) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.name,
        "hint": row.hint,
        "read_only": row.read_only,
        "post": {"id": str(row.post_id), "name": str(row.post)},
        "created_at": instant(row.created_at),
        "expires_at": instant(row.expires_at),
        "last_used_at": instant(row.last_used_at),
        "revoked_at": instant(row.revoked_at),
    }
