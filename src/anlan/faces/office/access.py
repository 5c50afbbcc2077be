"""Who may come in: pages for a signed-in person in a post, and what becomes of the kernel's refusals.

Every refusal of the kernel is answered here, once: not seen 404, not allowed 403, changed 409, invalid 422.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from anlan.faces.office import errors
from anlan.faces.office.shell import current_actor
from anlan.kernel.evidence.errors import EvidenceRefused
from anlan.kernel.identity.sessions import owes_second_factor
from anlan.kernel.jobs import TaskRefused
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError
from anlan.kernel.scope import Actor

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]

# Where a person who still owes the second factor may go.
WITHOUT_SECOND_FACTOR = {"second-factor-enrol", "sign-out", "language"}
# Where a person may go whose password was given by somebody else and must be replaced first.
WITHOUT_OWN_PASSWORD = {*WITHOUT_SECOND_FACTOR, "profile", "password", "theme"}


def signed_in(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Give a view its actor; send strangers to the sign-in page and word the kernel's refusals."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        actor = current_actor(request)
        if actor is None:
            return _stranger(request)
        if owes_second_factor(request.user, actor) and not _goes_to(request, WITHOUT_SECOND_FACTOR):
            return redirect("office:second-factor-enrol")
        if owes_password(request) and not _goes_to(request, WITHOUT_OWN_PASSWORD):
            messages.warning(request, _("这是一次性密码，先在下面换成自己的密码。"))
            return redirect("office:profile")
        try:
            return view(request, actor, *args, **kwargs)
        except (KeepingError, EvidenceRefused, TaskRefused) as refusal:
            return refused(request, refusal)

    return guarded


def owes_password(request: HttpRequest) -> bool:
    """Say whether the password was given by somebody else: it opens the page on which it is replaced, nothing else."""
    return bool(getattr(request.user, "has_one_time_password", False))


def _goes_to(request: HttpRequest, names: set[str]) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in names


def _stranger(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = settings.LOGIN_URL
        return answer
    if getattr(request, "user", None) is not None and request.user.is_authenticated:
        return errors.show(
            request, 403, _("这个账号目前没有岗位"), _("请联系本单位管理员为您安排岗位。"), "no_post"
        )
    # Whoever was signed out while writing comes back to the page of the form, where the draft is kept.
    back = request.get_full_path() if request.method == "GET" else _page_before(request)
    return redirect(f"{reverse('office:sign-in')}?{urlencode({'next': back})}")


def _page_before(request: HttpRequest) -> str:
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    own = before.netloc == request.get_host() and before.path
    return urlunsplit(("", "", before.path, before.query, "")) if own else "/"


def refused(request: HttpRequest, refusal: KeepingError | EvidenceRefused | TaskRefused) -> HttpResponse:
    """Answer a refusal of the kernel as a page."""
    if isinstance(refusal, TaskRefused):
        title = _("没有找到") if refusal.status == 404 else _("任务未受理")
        return errors.show(request, refusal.status, title, str(refusal.words), refusal.code)
    if isinstance(refusal, EvidenceRefused):
        return errors.show(request, 400, _("材料未被接收"), str(refusal.words), refusal.code)
    if isinstance(refusal, Invalid):
        reasons = [str(reason) for found in refusal.errors.values() for reason in found]
        return errors.show(request, 400, _("有内容不对"), " ".join(reasons), refusal.code)
    if isinstance(refusal, Changed):
        return errors.show(request, 409, _("已有变化"), str(refusal.words), refusal.code)
    titles = {404: _("没有找到"), 403: _("不能这样做")}
    return errors.show(
        request, refusal.status, titles.get(refusal.status, _("不能这样做")), str(refusal.words), refusal.code
    )


def way_back(request: HttpRequest, otherwise: str = "/") -> str:
    """Return the address asked for after this act if it is our own, else another."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if asked.startswith("/") and own else otherwise
