"""The data catalogue (数据目录): what there is, what a data set holds, asking for it, its token, and who called for what."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office import excel
from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import key_of, new_key
from anlan.faces.office.explaining import city_sources
from anlan.faces.office.shapes import Badge
from anlan.faces.office.shell import page, places_below
from anlan.faces.office.wording import is_english
from anlan.kernel import clock, sharing
from anlan.kernel.loops import open_matter
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.sharing.catalogue import figure_sets, is_masked, mask_reason, owner_of
from anlan.kernel.sharing.loop import SubscriptionLoop
from anlan.kernel.sharing.models import CHANNELS, FREQUENCIES
from anlan.kernel.sharing.watching import calls_of, may_ask, may_read_catalogue, watched
from anlan.kernel.words import Words

HERE = "data"
CALLS = 50
A_SEASON = timedelta(days=90)
_CLOSED = Words(
    "数据目录供政府部门和平台管理员使用。", "The catalogue is for government bodies and administrators."
)
TONES = {
    0: "late",
    200: "done",
    401: "late",
    403: "late",
    404: "waiting",
    422: "waiting",
    429: "waiting",
    503: "late",
}
NO_ANSWER = 0  # what a delivery is noted with that nobody answered
_UNANSWERED = Words("0 对方没有应答", "0 no answer")


def _let_in(actor: Actor) -> None:
    if not may_read_catalogue(actor):
        raise NotAllowed(_CLOSED)


@signed_in
def index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """List the data sets and the figures."""
    _let_in(actor)
    words = request.GET.get("q", "").strip()[:60]
    home = _home(actor)
    owner = owner_of(home) if home else None
    sets = [one for one in sharing.data_sets() if _is_named(one.words, words)]
    context = {
        "query": words,
        "sets": [{**_counted(one, actor), "owner": owner} for one in sets],
        "figures": [one for one in figure_sets() if _is_named(one.words, words)],
        "can_ask": may_ask(actor),
        "sees_calls": True,
    }
    return page(request, "office/sharing/index.html", context, here=HERE)


def _counted(one: Any, actor: Actor) -> dict[str, Any]:
    count, exact = one.count(actor)
    return {"set": one, "count": count, "is_exact": exact, "updated_at": one.updated_at(actor)}


def _is_named(words: Words, asked: str) -> bool:
    return asked.casefold() in f"{words.zh} {words.en}".casefold()


def _home(actor: Actor) -> Territory | None:
    rows = (
        Territory.objects.filter(path=actor.home_path)
        if actor.home_path
        else Territory.objects.filter(level="city")
    )
    return rows.order_by("path").first()


@signed_in
def data_set(request: HttpRequest, actor: Actor, key: str) -> HttpResponseBase:
    """Describe one data set; a POST asks for a subscription of it."""
    _let_in(actor)
    found = sharing.data_set_named(key)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _ask(request, actor, found)
    first = [spec.name for spec in found.fields if not is_masked(spec)][:6]
    given = {
        "fields": first, "clear": [], "channel": "pull", "frequency": "daily", "condition": request.GET.urlencode()[:500],
        "valid_until": (clock.today() + A_SEASON).isoformat(),
    }  # fmt: skip
    return _set_page(request, actor, found, given)


def _ask(request: HttpRequest, actor: Actor, found: Any) -> HttpResponseBase:
    names = [name[:60] for name in request.POST.getlist("fields")][:200]
    given: dict[str, Any] = {
        name: request.POST.get(name, "")[:2000]
        for name in (
            "territory",
            "of_sector",
            "receiver",
            "purpose",
            "condition",
            "channel",
            "frequency",
            "valid_until",
        )
    }
    clear = [name[:60] for name in request.POST.getlist("clear")][:200]
    data = {**given, "data_set": found.slug, "fields": f"{found.slug}: {' '.join(names)}"}
    if clear:
        data["clear_fields"] = f"{found.slug}: {' '.join(clear)}"
    try:
        entry = open_matter(SubscriptionLoop, actor, data, key=key_of(request))
    except Invalid as refusal:
        faults = [f"{_label(name)}{reason}" for name, reasons in refusal.errors.items() for reason in reasons]
        return _set_page(request, actor, found, {**given, "fields": names, "clear": clear}, faults)
    messages.success(request, _("已提交，已记入存证账本。"))
    return redirect("office:detail", SubscriptionLoop.slug, entry.chain)


def _label(name: str) -> str:
    fields = {field.name for field in SubscriptionLoop.model._meta.fields}
    return f"{SubscriptionLoop.spec(name).label}{_('：')}" if name in fields else ""


def _set_page(
    request: HttpRequest, actor: Actor, found: Any, given: dict[str, Any], faults: list[str] | None = None
) -> HttpResponse:
    root = Territory.objects.filter(level="city").order_by("path").first()
    places = [root, *places_below(root)] if root else []
    context = {
        **_counted(found, actor),
        "fields": [
            {
                "spec": spec,
                "why": mask_reason(spec),
                "chosen": spec.name in given["fields"],
                "is_clear": spec.name in given["clear"],
            }
            for spec in found.fields
        ],
        "owner": owner_of(root) if root else None,
        "given": given,
        "faults": faults or [],
        "places": places,
        "sectors": list(SECTORS.items()),
        "channels": CHANNELS,
        "frequencies": FREQUENCIES,
        "first_day": (clock.today() + timedelta(days=1)).isoformat(),
        "last_day": (clock.today() + timedelta(days=366)).isoformat(),
        "sources": city_sources(),
        "can_ask": may_ask(actor),
        "key": request.POST.get("key") or new_key(),
    }
    return page(request, "office/sharing/data_set.html", context, here=HERE, status=422 if faults else 200)


@require_POST
@signed_in
def token(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Make the token of a subscription; it is shown this once."""
    row = sharing.Subscription.seen_by(actor).filter(pk=pk).defer("search").first()
    if row is None:
        raise NotSeen
    secret = sharing.issue(row, actor)
    context = {"row": row, "secret": secret, "address": request.build_absolute_uri("/api/v1/shared/rows")}
    answer = page(request, "office/sharing/token.html", context, here=SubscriptionLoop.slug)
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
def calls(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show who called for what, the latest first; the same rows as a workbook with ``export``."""
    _let_in(actor)
    rows, asked = _called(request, actor)
    if request.GET.get("export") == "1":
        return _calls_book(rows)
    after = request.GET.get("after", "")
    if after:
        rows = _before(rows, calls_of(actor).filter(pk=_key(after)).first())
    found = list(rows[: CALLS + 1])
    more = f"?{urlencode({**asked, 'after': str(found[CALLS - 1].pk)})}" if len(found) > CALLS else ""
    context = {
        "calls": [
            {"call": one, "badge": Badge(_status(one.status), TONES.get(one.status, "plain"))}
            for one in found[:CALLS]
        ],
        "asked": asked,
        "subscriptions": watched(actor).defer("search").order_by("-opened_at")[:200],
        "statuses": _statuses(found, asked),
        "more": more,
        "export": f"?{urlencode({**asked, 'export': '1'})}",
    }
    return page(request, "office/sharing/calls.html", context, here=HERE)


def _status(status: int) -> str:
    return str(_UNANSWERED) if status == NO_ANSWER else str(status)


def _statuses(shown: list[sharing.SharedCall], asked: dict[str, str]) -> list[tuple[str, str]]:
    """Return the results to choose from: our own, and those on this page, as a receiver may answer a delivery with any."""
    known = {
        *TONES,
        *(one.status for one in shown),
        *(int(asked[name]) for name in ("status",) if name in asked),
    }
    return [(str(one), _status(one)) for one in sorted(known)]


def _called(request: HttpRequest, actor: Actor) -> tuple[QuerySet[sharing.SharedCall], dict[str, str]]:
    """Return the calls that pass the filters, and the filters that hold."""
    rows = calls_of(actor).select_related("subscription").order_by("-at", "-pk")
    asked: dict[str, str] = {}
    if given := request.GET.get("subscription", ""):
        rows, asked["subscription"] = rows.filter(subscription=_key(given)), given
    status = request.GET.get("status", "")
    if status.isascii() and status.isdigit() and len(status) <= 3:
        rows, asked["status"] = rows.filter(status=int(status)), status
    for name, lookup, days in (("from", "at__gte", 0), ("to", "at__lt", 1)):
        if given := request.GET.get(name, ""):
            rows, asked[name] = rows.filter(**{lookup: _midnight(given, days)}), given
    words = request.GET.get("q", "").strip()[:60]
    if words:
        rows, asked["q"] = rows.filter(subscription__receiver__icontains=words), words
    return rows, asked


def _before(
    rows: QuerySet[sharing.SharedCall], last: sharing.SharedCall | None
) -> QuerySet[sharing.SharedCall]:
    """Return the calls that come after the last one shown: made before it. Ids follow when a line was written, not the call."""
    if last is None:
        raise NotSeen
    return rows.filter(at__lte=last.at).exclude(at=last.at, pk__gte=last.pk)


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotSeen from None


def _midnight(text: str, days: int) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), clock.CHINA)
    except (ValueError, OverflowError):
        raise Invalid({"from": [Words("日期无效。", "This date is not valid.")]}) from None


def _calls_book(rows: QuerySet[sharing.SharedCall]) -> HttpResponse:
    headings = [
        _("时间"),
        _("订阅"),
        _("接收系统或部门"),
        _("令牌尾号"),
        _("来源地址"),
        _("条件"),
        _("行数"),
        _("字节"),
        _("结果"),
        _("毫秒"),
    ]
    lines = (
        [
            one.at.astimezone(clock.CHINA).replace(tzinfo=None), one.subscription.number, one.subscription.receiver,
            one.token_hint, one.address, one.asked, one.rows, one.size, one.status, one.milliseconds,
        ]
        for one in rows[: excel.MOST_ROWS]
    )  # fmt: skip
    title = "Calls" if is_english() else "调用记录"
    answer = HttpResponse(excel.workbook(title, headings, lines), content_type=excel.MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="shared-calls.xlsx"'
    return answer
