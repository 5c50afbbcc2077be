"""Signing in and out: password, lock-out in words, second factor as a second step, its enrolment."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from anlan.faces.office import errors
from anlan.faces.office.access import signed_in, way_back
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.identity import sessions
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import (
    SignInRefused,
    check_totp,
    confirm_totp,
    new_totp_secret,
    sign_in,
    totp_address,
)
from anlan.kernel.scope import Actor

PENDING, PENDING_AT, SECRET = "pending_account", "pending_at", "fresh_totp"
PENDING_SECONDS = 300
UNSENT = "anlan_unsent"  # laid by the field app: how many items wait on this phone
ISSUER = "安澜 Anlan"


@never_cache
@sensitive_post_parameters("password")
def sign_in_page(request: HttpRequest) -> HttpResponseBase:
    """Ask for user name and password; ``?other=1`` lets somebody else in on a phone where items of theirs wait."""
    is_other = request.GET.get("other") == "1"
    if request.user.is_authenticated and request.method == "GET" and not is_other:
        return redirect(way_back(request))
    fault, username = "", ""
    if request.method == "POST":
        username = request.POST.get("username", "").strip()[:64]
        try:
            account = sign_in(username, request.POST.get("password", "")[:512], sessions.address_of(request))
        except SignInRefused as refusal:
            fault = _refusal_words(refusal)
        else:
            return _after_password(request, account)
    context = {"fault": fault, "username": username, "next": way_back(request)}
    return page(request, "office/sign_in.html", context, status=422 if fault else 200)


def _after_password(request: HttpRequest, account: Account) -> HttpResponseBase:
    back = way_back(request)
    if account.has_second_factor:
        request.session.cycle_key()
        request.session[PENDING], request.session[PENDING_AT] = str(account.id), clock.now().timestamp()
        return redirect(f"{reverse('office:second-factor')}?{urlencode({'next': back})}")
    return _enter(request, account, back)


def _enter(request: HttpRequest, account: Account, back: str) -> HttpResponseBase:
    sessions.begin(request, account)
    for name in (PENDING, PENDING_AT):
        request.session.pop(name, None)
    answer = redirect(back)
    _remember_language(answer, account.language)
    answer.set_cookie(
        "anlan_theme", account.theme, max_age=31_536_000, samesite="Lax", secure=request.is_secure()
    )
    return answer


def _remember_language(answer: HttpResponse, language: str) -> None:
    from django.conf import settings

    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", httponly=True,
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )  # fmt: skip


def _refusal_words(refusal: SignInRefused) -> str:
    if refusal.until is not None:
        until = f"{timezone.localtime(refusal.until):%H:%M}"
        return _("连续多次未能登录，已暂时锁定，%(until)s 后可再试。") % {"until": until}
    return _("用户名或密码不对。连续五次不对将锁定十五分钟。")


@never_cache
@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code of the second factor; the password was right within the last five minutes."""
    account = _pending(request)
    if account is None:
        return redirect("office:sign-in")
    fault = ""
    if request.method == "POST":
        try:
            if check_totp(account.id, _code(request)):
                return _enter(request, account, way_back(request))
            fault = _("验证码不对，或已用过。等下一组数字再试。")
        except SignInRefused as refusal:
            fault = _refusal_words(refusal)
    return page(
        request,
        "office/second_factor.html",
        {"fault": fault, "next": way_back(request)},
        status=422 if fault else 200,
    )


def _pending(request: HttpRequest) -> Account | None:
    at = request.session.get(PENDING_AT, 0)
    if clock.now().timestamp() - at > PENDING_SECONDS:
        return None
    try:
        pk = uuid.UUID(str(request.session.get(PENDING)))
    except ValueError:
        return None
    return Account.objects.filter(pk=pk, is_active=True).select_related("person").first()


@never_cache
@sensitive_post_parameters("code")
@signed_in
def enrol(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Enrol the second factor: a QR code, the secret in letters, and one code to prove it works.

    Replacing one takes a code of the present one too, so that a browser left open cannot be turned into a key.
    """
    account: Any = request.user
    secret = request.session.get(SECRET) or new_totp_secret()
    request.session[SECRET] = secret
    fault = ""
    if request.method == "POST":
        if not _holds_present_factor(request, account):
            fault = _("现用验证器的验证码不对，或已用过。手机遗失的，请管理员清除。")
        elif confirm_totp(account, secret, _code(request)):
            request.session.pop(SECRET, None)
            request.session.cycle_key()
            messages.success(request, _("第二道验证已启用。"))
            return redirect("office:profile")
        else:
            fault = _("验证码不对。核对手机时间后，输入当前显示的六位数字。")
    address = totp_address(account, secret, ISSUER)
    svg = segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True)
    context = {
        "qr": mark_safe(svg),  # noqa: S308  (made here from our own address)
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "fault": fault,
        "is_enrolled": account.has_second_factor,
    }
    return page(request, "office/enrol.html", context, here="profile", status=422 if fault else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out; what is kept in the browser is cleared. Refused while the field app of this phone holds what was not sent."""
    unsent = request.COOKIES.get(UNSENT, "")
    if unsent.isascii() and unsent.isdigit() and int(unsent[:6]) > 0:
        said = _("这台手机的现场检查里还有 %(n)s 项没有发送，内容都在手机里。打开现场检查发送后再退出。") % {
            "n": int(unsent[:6])
        }
        return errors.show(request, 409, _("还有内容没有发送"), said, "unsent")
    sessions.end(request)
    answer = redirect("office:sign-in")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Change the language, for this browser and for the account."""
    chosen = "en" if request.POST.get("language") == "en" else "zh-hans"
    if request.user.is_authenticated:
        Account.objects.filter(pk=request.user.pk).update(language=chosen)
    translation.activate(chosen)
    answer = redirect(way_back(request))
    _remember_language(answer, chosen)
    return answer


def _holds_present_factor(request: HttpRequest, account: Any) -> bool:
    try:
        return not account.has_second_factor or check_totp(account.id, _code(request, "present"))
    except SignInRefused:
        return False


def _code(request: HttpRequest, name: str = "code") -> str:
    text = request.POST.get(name, "").replace(" ", "")[:8]
    return text if text.isascii() else ""
