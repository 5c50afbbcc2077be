"""Accounts and telephones of people in posts, in the browser. A one-time password is shown once, on the page that made it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from anlan.faces.office.access import signed_in
from anlan.faces.office.people import HERE, Tried, tried_of
from anlan.faces.office.shell import page
from anlan.faces.office.wording import moments_of
from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import reveal
from anlan.kernel.people import accounts
from anlan.kernel.people.authority import may_contact, person_with_account
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Membership, Person
from anlan.kernel.scope.parties import in_force
from anlan.kernel.words import Words

LONGEST_REASON = 200


@never_cache
@signed_in
def account(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show and keep the account of one person."""
    person = person_with_account(actor, pk)
    tried = Tried()
    if request.method == "POST":
        tried = tried_of(request, lambda given, _key: _change(actor, person, given))
    found = accounts.account_of(person)
    context = {
        "person": person,
        "account": found,
        "secret": tried.done[1] if isinstance(tried.done, tuple) else "",
        "is_locked": bool(found and found.locked_until and found.locked_until > clock.now()),
        "hours": int(accounts.ONE_TIME.total_seconds() // 3600),
        "seats": person.memberships.filter(in_force(clock.today())).select_related("post__party"),
        "moments": moments_of(ledger.history(found.pk), Account, {}) if found else [],
        "tried": tried,
    }
    return page(request, "office/people/account.html", context, here=HERE, status=tried.status)


def _change(actor: Actor, person: Person, given: dict[str, str]) -> Any:
    act, reason = given.get("act", ""), given.get("reason", "")
    if act == "open":
        return accounts.open_account(actor, person.pk, given.get("username", ""))
    if act == "password":
        return accounts.new_password(actor, person.pk, reason)
    if act == "unlock":
        return accounts.unlock(actor, person.pk)
    if act == "factor":
        return accounts.forget_second_factor(actor, person.pk, reason)
    if act in {"close", "reopen"}:
        return accounts.set_active(actor, person.pk, reason, active=act == "reopen")
    raise Invalid({"act": [Words("没有这项操作。", "There is no such act.")]})


@never_cache
@sensitive_post_parameters("reason")
@signed_in
def telephone(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Open a person's telephone on demand: the reason is asked and logged each time."""
    person = Person.objects.filter(pk=pk).first()
    seats = list(
        Membership.objects.filter(in_force(clock.today()), person_id=pk).select_related("post__party")
    )
    if person is None or not any(may_contact(actor, seat.post.party) for seat in seats):
        raise NotSeen
    number, fault, reason = "", "", ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON].replace("\x00", "")
        if reason:
            number = reveal(actor, person, "phone", reason)
        else:
            fault = _("写明查看原因。")
    context = {"person": person, "seats": seats, "number": number, "fault": fault, "reason": reason}
    return page(request, "office/people/telephone.html", context, here=HERE, status=422 if fault else 200)
