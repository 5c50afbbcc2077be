"""My settings of notices: the mail address and its code, pace and quiet hours, who stands in for me, receivers of pushes.

A door only: every act is one of ``kernel.notices``. A refused form comes back with its reason and what was filled in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from anlan.faces.office.access import signed_in
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.notices import receiving, setting, standing_in
from anlan.kernel.notices.chosen import PACES, Absence
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.mailing import mail_is_set_up
from anlan.kernel.notices.reading import stood_in_for
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.scope import Actor

MOST_COLLEAGUES = 300
LONGEST = 600


@dataclass
class Tried:
    """What became of a form: which one, what was filled in, why it was refused, a secret to show once."""

    act: str = ""
    given: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    secret: str = ""


@never_cache
@sensitive_post_parameters("code", "address", "url")
@signed_in
def show(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show and keep my settings of notices."""
    if request.method != "POST":
        return _page(request, actor, Tried())
    tried = Tried(
        str(request.POST.get("act", "")), {name: str(request.POST[name])[:LONGEST] for name in request.POST}
    )
    act = _ACTS.get(tried.act)
    if act is None:
        raise NotSeen
    try:
        said = act(request, actor, tried)
    except NoticeRefused as refusal:
        tried.fault = str(refusal.words)
        return _page(request, actor, tried)
    if tried.secret:
        return _page(request, actor, tried)
    messages.success(request, said)
    return redirect(f"{reverse('office:notice-settings')}#{_PLACES.get(tried.act, 'mail')}")


def _address(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    setting.set_address(actor, tried.given.get("address", ""))
    return _("验证码已发往新邮箱，收到后填在下面。")


def _code(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    if setting.confirm_address(actor, tried.given.get("code", "")) is None:
        raise setting.refused_code()
    return _("邮箱已确认，以后的通知会发到这里。")


def _forget(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    setting.forget_address(actor)
    return _("邮箱已删除，不再发邮件。")


def _trial(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    setting.try_mail(actor)
    return _("试发邮件已排队，一分钟内送出。")


def _choose(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    setting.choose(
        actor,
        by_mail=request.POST.get("by_mail") == "1",
        pace=tried.given.get("pace", ""),
        digest_times=tried.given.get("digest_times", "")
        .replace("，", ",")
        .replace("、", ",")
        .replace("：", ":")
        .split(","),
        working_days_only=request.POST.get("working_days_only") == "1",
        quiet_from=tried.given.get("quiet_from", ""),
        quiet_to=tried.given.get("quiet_to", ""),
        muted=[key for key in setting.MAY_MUTE if key not in request.POST.getlist("kinds")],
    )
    return _("已保存。")


def _appoint(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    given = tried.given.get
    standing_in.appoint(
        actor, given("substitute", ""), given("since", ""), given("until", ""), given("reason", "")
    )
    return _("代理人已指定，已记入存证账本。")


def _end_absence(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    if standing_in.end(actor, _uuid(tried.given.get("absence", "")), tried.given.get("reason", "")) is None:
        raise NotSeen
    return _("代理已取消，已记入存证账本。")


def _receiver(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    given = tried.given.get
    for_party = given("for_party", "") == "1"
    _made, tried.secret = receiving.make(
        actor, given("name", ""), given("url", ""), given("pace", ""), for_party=for_party
    )
    return ""


def _change_receiver(request: HttpRequest, actor: Actor, tried: Tried) -> str:
    given = tried.given.get
    secret = receiving.change(actor, _uuid(given("receiver", "")), given("does", ""), given("reason", ""))
    if secret is None:
        raise NotSeen
    tried.secret = secret
    return _("已完成，已记入存证账本。") if given("does") != "try" else _("试发已排队，一分钟内送出。")


_ACTS: dict[str, Callable[[HttpRequest, Actor, Tried], str]] = {
    "address": _address,
    "code": _code,
    "forget": _forget,
    "trial": _trial,
    "choose": _choose,
    "appoint": _appoint,
    "end_absence": _end_absence,
    "receiver": _receiver,
    "change_receiver": _change_receiver,
}
_PLACES = {
    "choose": "pace",
    "appoint": "away",
    "end_absence": "away",
    "receiver": "receivers",
    "change_receiver": "receivers",
}


def _page(request: HttpRequest, actor: Actor, tried: Tried) -> HttpResponseBase:
    choice = setting.preference_of(actor)
    today = clock.today()
    mine = Absence.objects.filter(person=actor.person_id, ended_at=None, until__gte=today).order_by("since")
    context = {
        "choice": choice,
        "times": tried.given.get("digest_times") or ", ".join(choice.digest_times),
        "has_mail": mail_is_set_up(),
        "waits_for_code": bool(choice.code_digest and choice.code_until and choice.code_until > clock.now()),
        "paces": PACES,
        "kinds": [(KINDS[key], key not in choice.muted) for key in setting.MAY_MUTE if key != "trial"],
        "absences": mine.select_related("substitute"),
        "stands_in": stood_in_for(actor.person_id, today) if actor.person_id else [],
        "colleagues": standing_in.colleagues(actor)[:MOST_COLLEAGUES],
        "today": today,
        "receivers": receiving.receivers_of(actor).select_related("party"),
        "may_for_party": receiving.may_keep_for_party(actor),
        "tried": tried,
    }
    status = 422 if tried.fault else 200
    return page(request, "office/notices/settings.html", context, here="notices", status=status)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotSeen from None
