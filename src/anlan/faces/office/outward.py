"""Messages that left the platform, or are to: what, to whom, how far, each attempt; administrators send one again.

The recipient is shown by name and a shortened address; the text of a message is not kept and not shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office import excel
from anlan.faces.office.access import signed_in
from anlan.faces.office.listing import pager_of
from anlan.faces.office.notices import lines_of
from anlan.faces.office.shapes import Badge, Facet, FacetOption
from anlan.faces.office.shell import page
from anlan.faces.office.wording import moments_of
from anlan.kernel import ledger
from anlan.kernel.loops.sent_list import sent_list
from anlan.kernel.loops.told_list import told_list
from anlan.kernel.notices.leaving import CHANNELS, SORTS, STATES, Outward
from anlan.kernel.notices.outcomes import words_of
from anlan.kernel.notices.refusing import NoticeRefused
from anlan.kernel.notices.resending import may_resend, outward_of, resend
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.scope import Actor

HERE = "notices"
TONES = {"waiting": "waiting", "sent": "done", "failed": "late", "given_up": "late", "suppressed": "plain"}
MOST_SHOWN = 50


@signed_in
def index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the messages I may know of."""
    params = dict(request.GET.lists())
    found = sent_list(actor).page(params)
    context = {
        "lines": [(row, badge_of(row), recipient_of(row)) for row in found.rows],
        "facets": _facets(params),
        "used": _used(request.GET),
        "pager": pager_of(request.GET, found),
        "query": request.GET.get("q", ""),
        "sort": found.sort,
        "clear_url": reverse("office:outward"),
        "export_url": f"export?{request.GET.urlencode()}",
        "sees_others": actor.post_kind == "administrator",
    }
    is_part = request.headers.get("HX-Request") == "true"
    names = "office/notices/outward_part.html" if is_part else "office/notices/outward.html"
    return page(request, names, context, here=HERE)


def badge_of(row: Any) -> Badge:
    """Return the state of a message as a badge."""
    return Badge(dict(STATES)[row.state], TONES[row.state])


def recipient_of(row: Any) -> str:
    """Return to whom a message goes: a person by name, a receiver by its name and host."""
    return str(row.receiver) if row.receiver else str(row.person or "")


def _facets(params: Mapping[str, Sequence[str]]) -> list[Facet]:
    def choices(name: str, label: str, pairs: Sequence[tuple[str, Any]]) -> Facet:
        chosen = set(params.get(name, ()))
        return Facet(name, label, options=[FacetOption(key, words, key in chosen) for key, words in pairs])

    return [
        choices("state", _("状态"), STATES),
        choices("channel", _("方式"), CHANNELS),
        choices("sort_of", _("类型"), SORTS),
        Facet(
            "made_at", _("时间"), "range", low=_last(params, "made_at_from"), high=_last(params, "made_at_to")
        ),
    ]


def _last(params: Mapping[str, Sequence[str]], name: str) -> str:
    return (params.get(name) or [""])[-1]


def _used(params: QueryDict) -> list[tuple[str, str]]:
    words: dict[str, dict[str, Any]] = {
        "state": dict(STATES),
        "channel": dict(CHANNELS),
        "sort_of": dict(SORTS),
    }
    edges = {"made_at_from": _("时间从"), "made_at_to": _("时间至")}
    found = []
    for name, values in params.lists():
        for value in filter(None, values):
            if name in edges:
                said = f"{edges[name]} {value}"
            elif value in words.get(name, {}):
                said = str(words[name][value])
            else:
                continue
            rest = params.copy()
            for gone in ("after", "before"):
                rest.pop(gone, None)
            rest.setlist(name, [one for one in rest.getlist(name) if one != value])
            found.append((said, f"?{rest.urlencode()}"))
    return found


@signed_in
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Give the messages of the present filter as an Excel file."""
    rows = sent_list(actor).filtered(dict(request.GET.lists())).select_related("person", "receiver")
    headings = [
        _("收件人"),
        _("方式"),
        _("类型"),
        _("状态"),
        _("生成时间"),
        _("发出时间"),
        _("次数"),
        _("回执"),
        _("说明"),
    ]
    lines = (
        [recipient_of(row), dict(CHANNELS)[row.channel], dict(SORTS)[row.sort], dict(STATES)[row.state], row.made_at,
         row.sent_at or "", row.attempts, row.receipt, str(words_of(row.reason))]
        for row in rows.order_by("-made_at", "-pk")[: excel.MOST_ROWS]
    )  # fmt: skip
    answer = HttpResponse(excel.workbook(_("外发消息"), headings, lines), content_type=excel.MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="outward.xlsx"'
    return answer


@signed_in
def detail(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show one message with its attempts; the notices in it as far as they are the reader's own."""
    return _detail(request, actor, _seen(actor, pk))


def _seen(actor: Actor, pk: uuid.UUID) -> Any:
    row = outward_of(actor).filter(pk=pk).select_related("person", "receiver").first()
    if row is None:
        raise NotSeen
    return row


def _detail(request: HttpRequest, actor: Actor, row: Any, fault: str = "") -> HttpResponseBase:
    items = row.items.count()
    mine = told_list(actor).filtered({}).filter(pk__in=row.items.values("notice_id")).order_by("-made_at")
    context = {
        "row": row,
        "badge": badge_of(row),
        "recipient": recipient_of(row),
        "tries": row.tries.order_by("-number"),
        "items": items,
        "lines": lines_of(list(mine[:MOST_SHOWN]), actor),
        "may_resend": may_resend(actor, row),
        "moments": moments_of(ledger.history(row.pk), Outward, {}),
        "fault": fault,
        "reason": request.POST.get("reason", "")[:300] if fault else "",
    }
    return page(request, "office/notices/message.html", context, here=HERE, status=422 if fault else 200)


@require_POST
@signed_in
def again(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Send a message again, with a reason."""
    row = _seen(actor, pk)
    try:
        done = resend(actor, pk, request.POST.get("reason", ""))
    except NoticeRefused as refusal:
        return _detail(request, actor, row, str(refusal.words))
    if done is None:
        raise NotSeen
    messages.success(request, _("已排队重发，已记入存证账本。"))
    return redirect("office:message", pk)
