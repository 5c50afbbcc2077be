"""My own things: language, appearance, second factor, API keys, other sessions; where and in which post I look."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from anlan.faces.office.access import signed_in, way_back
from anlan.faces.office.shell import SCOPE_KEY, page, reaches
from anlan.kernel import clock
from anlan.kernel.identity.models import THEMES, Account, ApiToken
from anlan.kernel.identity.sessions import POST_KEY
from anlan.kernel.identity.signed_in import browser_of, end_sessions, follow_key
from anlan.kernel.identity.signed_in import signed_in as devices_of
from anlan.kernel.identity.signing_in import issue_token
from anlan.kernel.registers.errors import NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actors import posts_of
from anlan.kernel.scope.models import Post, Territory
from anlan.kernel.words import Words

TOKEN_DAYS = (30, 90, 365)
MOST_TOKENS = 20


@signed_in
def profile(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show my settings."""
    return _page(request, actor)


def _page(
    request: HttpRequest, actor: Actor, *, secret: str = "", faults: dict[str, list[str]] | None = None
) -> HttpResponseBase:
    account: Any = request.user
    context = {
        "account": account,
        "tokens": account.tokens.filter(revoked_at=None)
        .select_related("post__party")
        .order_by("-created_at"),
        "token_days": TOKEN_DAYS,
        "themes": THEMES,
        "new_secret": secret,
        "faults": faults or {},
        "sessions": [(one, browser_of(one.agent)) for one in devices_of(account)],
        "this_session": request.session.session_key,
        "must_second_factor": account.must_use_second_factor(actor.post_kind),
    }
    return page(request, "office/profile.html", context, here="profile", status=422 if faults else 200)


@require_POST
@signed_in
def theme(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Change the appearance."""
    chosen = request.POST.get("theme", "")
    if chosen in dict(THEMES):
        Account.objects.filter(pk=request.user.pk).update(theme=chosen)
    answer = redirect("office:profile")
    answer.set_cookie(
        "anlan_theme", chosen or "auto", max_age=31_536_000, samesite="Lax", secure=request.is_secure()
    )
    return answer


@require_POST
@sensitive_post_parameters("old", "new")
@signed_in
def password(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Change the password; other sessions end."""
    account: Any = request.user
    old, new = request.POST.get("old", "")[:512], request.POST.get("new", "")[:512]
    faults: list[str] = []
    if not account.check_password(old):
        faults.append(_("原密码不对。"))
    try:
        validate_password(new, account)
    except ValidationError as fault:
        faults += list(fault.messages)
    if faults:
        return _page(request, actor, faults={"password": faults})
    account.set_password(new)
    account.one_time_until = None
    account.save(update_fields=["password", "one_time_until"])
    former = request.session.session_key
    update_session_auth_hash(request, account)
    follow_key(request, former)
    end_sessions(account, None, request.session.session_key)
    messages.success(request, _("密码已更改，其他设备上的登录已退出。"))
    return redirect("office:profile")


@require_POST
@signed_in
def end_some(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """End one of my other sessions, or all of them."""
    account: Any = request.user
    here = request.session.session_key
    if request.POST.get("others") == "1":
        count = end_sessions(account, None, here)
        messages.success(request, _("已退出其他 %(n)s 处登录。") % {"n": count})
        return redirect("office:profile")
    try:
        wanted = uuid.UUID(request.POST.get("session", ""))
    except ValueError:
        raise NotSeen from None
    if not any(one.pk == wanted and one.session_key != here for one in devices_of(account)):
        raise NotSeen
    end_sessions(account, [wanted], here)
    messages.success(request, _("已退出那台设备上的登录。"))
    return redirect("office:profile")


@require_POST
@signed_in
def new_token(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Make an API key; its secret is shown this once."""
    account: Any = request.user
    name = request.POST.get("name", "").strip()[:80]
    days = request.POST.get("days", "")
    if not name or days not in {str(n) for n in TOKEN_DAYS}:
        return _page(request, actor, faults={"token": [_("写明用途，并选择有效期。")]})
    if account.tokens.filter(revoked_at=None).count() >= MOST_TOKENS:
        return _page(request, actor, faults={"token": [_("密钥已达上限，先作废不用的。")]})
    post = Post.objects.get(pk=actor.post_id)
    until = clock.now() + timedelta(days=int(days))
    _token, secret = issue_token(
        account, post, name, until, read_only=request.POST.get("read_only") == "true"
    )
    return _page(request, actor, secret=secret)


@require_POST
@signed_in
def revoke_token(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Revoke one of my API keys."""
    changed = ApiToken.objects.filter(pk=pk, account_id=request.user.pk, revoked_at=None).update(
        revoked_at=clock.now()
    )
    if not changed:
        raise NotSeen
    messages.success(request, _("密钥已作废。"))
    return redirect("office:profile")


@require_POST
@signed_in
def scope(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Narrow what I look at to a territory within my own."""
    try:
        place = Territory.objects.filter(pk=uuid.UUID(request.POST.get("territory", ""))).first()
    except ValueError:
        place = None
    if place is None or not reaches(actor, place):
        raise NotAllowed(Words("这里不在您的管辖范围内。", "This place lies outside your scope."))
    if place.path == actor.home_path:
        request.session.pop(SCOPE_KEY, None)
    else:
        request.session[SCOPE_KEY] = str(place.pk)
    return redirect(way_back(request))


@require_POST
@signed_in
def post(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Act in another of my posts."""
    account: Any = request.user
    wanted = request.POST.get("post", "")
    if wanted not in {str(found.pk) for found in posts_of(account.person, clock.today())}:
        raise NotAllowed(Words("您不担任这个岗位。", "You do not fill this post."))
    request.session[POST_KEY] = wanted
    request.session.pop(SCOPE_KEY, None)
    return redirect(way_back(request))
