"""What a subscription delivers by itself: where it is pushed to, each portion and file, sending one again with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office.access import signed_in
from anlan.faces.office.shapes import Badge
from anlan.faces.office.shell import page
from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.sharing import pacing
from anlan.kernel.sharing.endpoints import change_endpoint, send_again, set_endpoint
from anlan.kernel.sharing.leaving import FAILED, SENT, STATES, WAITING
from anlan.kernel.sharing.loop import SubscriptionLoop
from anlan.kernel.sharing.models import Delivery, Endpoint, Subscription
from anlan.kernel.sharing.watching import watched

MOST_SHOWN = 100
TONES = {"waiting": "waiting", "sent": "done", "failed": "late", "again": "waiting", "dropped": "plain"}


@signed_in
def index(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show where a subscription delivers and what became of each portion or file."""
    return _page(request, actor, _seen(actor, pk))


def _seen(actor: Actor, pk: uuid.UUID) -> Subscription:
    rows = watched(actor).select_related("territory", "holder").defer("search")
    row = rows.filter(pk=pk).exclude(channel=pacing.PULL).first()
    if row is None:
        raise NotSeen
    return row


def _page(
    request: HttpRequest, actor: Actor, row: Subscription, faults: list[str] | None = None, url: str = ""
) -> HttpResponse:
    endpoint = Endpoint.objects.filter(pk=row.pk).first()
    is_theirs, is_pushed = row.holder_id in actor.party_ids, row.channel == pacing.PUSH
    found = Delivery.objects.filter(subscription=row).order_by("-made_at", "-pk")[:MOST_SHOWN]
    context = {
        "row": row,
        "endpoint": endpoint,
        "is_pushed": is_pushed,
        "may_set": is_theirs and row.is_valid,
        "may_resend": is_pushed and (is_theirs or actor.post_kind == "administrator"),
        "next_at": pacing.next_at(row.frequency, clock.now()) if row.is_valid else None,
        "lines": [_line(one) for one in found],
        "faults": faults or [],
        "url": url,
        "address": request.build_absolute_uri(reverse("api:sharing_files")),
    }
    status = 422 if faults else 200
    return page(request, "office/sharing/deliveries.html", context, here=SubscriptionLoop.slug, status=status)


def _line(one: Delivery) -> dict[str, Any]:
    badge = Badge(dict(STATES)[one.state], TONES[one.state])
    waits = one.state in {WAITING, FAILED}
    return {"row": one, "badge": badge, "waits": waits, "may_resend": one.state in {SENT, FAILED}}


@require_POST
@signed_in
def receiver(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Set, pause or resume the receiver; a new signing secret is shown this once."""
    row = _seen(actor, pk)
    act, url = request.POST.get("act", ""), request.POST.get("url", "")[:600]
    try:
        if act == "set":
            secret = set_endpoint(pk, actor, url)
            answer = page(
                request,
                "office/sharing/secret.html",
                {"row": row, "secret": secret},
                here=SubscriptionLoop.slug,
            )
            answer["Cache-Control"] = "no-store"
            return answer
        change_endpoint(pk, actor, act, request.POST.get("reason", ""))
    except Invalid as refusal:
        return _page(request, actor, row, _said(refusal), url)
    messages.success(request, _("已记入存证账本。"))
    return redirect("office:data-deliveries", pk)


@require_POST
@signed_in
def again(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Send a portion again, with a reason."""
    found = Delivery.objects.filter(pk=pk).first()
    row = _seen(actor, found.subscription_id) if found else None
    if row is None:
        raise NotSeen
    try:
        send_again(pk, actor, request.POST.get("reason", ""))
    except Invalid as refusal:
        return _page(request, actor, row, _said(refusal))
    messages.success(request, _("已排队再送，已记入存证账本。"))
    return redirect("office:data-deliveries", row.pk)


def _said(refusal: Invalid) -> list[str]:
    return [str(reason) for reasons in refusal.errors.values() for reason in reasons]
