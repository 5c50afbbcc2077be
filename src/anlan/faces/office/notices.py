"""Notices (通知) in the office: what concerns my post, new first; marked as read, opened, exported.

A notice names a matter; its title and its link are shown only to whoever may see the matter now.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office import excel
from anlan.faces.office.access import signed_in, way_back
from anlan.faces.office.listing import pager_of
from anlan.faces.office.shapes import Badge, Clock, Facet, FacetOption
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import row_title, subject_of_model
from anlan.faces.office.wording import clock_of
from anlan.kernel.loops import loop_named
from anlan.kernel.loops.told_list import NEW, OLDER, UNREAD, told_list
from anlan.kernel.notices import mark_read, notices_for
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.registers import register_named
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

HERE = "notices"
MOST_MARKED = 200


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice as the list draws it; without ``url`` the matter is no longer the reader's."""

    id: uuid.UUID
    words: Words
    title: str
    url: str
    badge: Badge
    made_at: Any
    clock: Clock | None
    is_read: bool
    is_demo: bool
    is_for_other: bool = False


@signed_in
def index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show what I am told."""
    params = dict(request.GET.lists())
    found = told_list(actor).page(params)
    context = {
        "lines": lines_of(found.rows, actor),
        "facets": facets_of(params),
        "used": used_of(request.GET),
        "pager": pager_of(request.GET, found),
        "query": request.GET.get("q", ""),
        "sort": found.sort,
        "clear_url": reverse("office:notices"),
        "export_url": f"export?{request.GET.urlencode()}",
    }
    is_part = request.headers.get("HX-Request") == "true"
    names = "office/notices/list_part.html" if is_part else "office/notices/list.html"
    return page(request, names, context, here=HERE)


def lines_of(rows: Sequence[Any], actor: Actor) -> list[NoticeLine]:
    """Return notices as lines; the matters they name are looked up once a kind, as far as the actor sees them."""
    titles = titles_of(rows, actor)
    lines = []
    for row in rows:
        kind = KINDS.get(row.kind)
        seen = row.matter_id in titles
        lines.append(
            NoticeLine(
                id=row.pk,
                words=row.words,
                title=titles[row.matter_id][0] if seen else "",
                url=reverse("office:notice-open", args=[row.pk]) if seen or not row.matter_id else "",
                badge=Badge(kind.words if kind else row.kind, kind.tone if kind else "plain"),
                made_at=row.made_at,
                clock=clock_of(row.due_at, row.made_at) if _still_runs(row, titles) else None,
                is_read=row.is_read,
                is_demo=row.is_demo,
                is_for_other=not _is_mine(row, actor),
            )
        )
    return lines


def _is_mine(row: Any, actor: Actor) -> bool:
    """Say whether a notice is to the actor's own place, not to somebody's for whom they stand in."""
    if row.person_id or row.post_id:
        return actor.person_id == row.person_id or actor.post_id == row.post_id
    return row.party_id in actor.party_ids and actor.post_kind in row.kinds


def _still_runs(row: Any, titles: Mapping[uuid.UUID, tuple[str, bool]]) -> bool:
    """Say whether the deadline of a notice still matters to its reader: not once the matter ended or went elsewhere."""
    is_open = titles[row.matter_id][1] if row.matter_id in titles else True
    return bool(row.due_at) and is_open and row.kind != "handed_away"


def titles_of(rows: Iterable[Any], actor: Actor) -> dict[uuid.UUID, tuple[str, bool]]:
    """Return the titles of what some notices name and whether it is open, of those rows alone that the actor sees."""
    by_loop: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        if row.matter_id:
            by_loop.setdefault(row.loop, set()).add(row.matter_id)
    titles: dict[uuid.UUID, tuple[str, bool]] = {}
    for slug, ids in by_loop.items():
        loop = loop_named(slug)
        model = loop.model if loop is not None else register_named(slug)
        if model is not None:
            subject = subject_of_model(model)
            seen = model.seen_by(actor).filter(pk__in=ids).defer("search")
            titles |= {one.pk: (row_title(subject, one), getattr(one, "is_open", True)) for one in seen}
    return titles


def facets_of(params: Mapping[str, Sequence[str]]) -> list[Facet]:
    """Return the filters: new or all, kind, time."""
    kinds, unread = set(params.get("kind", ())), params.get(UNREAD, ())
    ages = [FacetOption(value, words, value in unread) for value, words in _unread_words().items()]
    return [
        Facet(UNREAD, _("状态"), options=ages),
        Facet("kind", _("类别"), options=[FacetOption(k.key, k.words, k.key in kinds) for k in KINDS.values()]),
        Facet("made_at", _("时间"), "range", low=_last(params, "made_at_from"), high=_last(params, "made_at_to")),
        Facet("due_at", _("期限"), "range", low=_last(params, "due_at_from"), high=_last(params, "due_at_to")),
    ]  # fmt: skip


def _unread_words() -> dict[str, str]:
    """Return what is unread by its age, in words: what the bell counts, and what is too old to ring it."""
    return {NEW: _("近30天未读"), OLDER: _("更早的未读")}


def _last(params: Mapping[str, Sequence[str]], name: str) -> str:
    return (params.get(name) or [""])[-1]


def used_of(params: QueryDict) -> list[tuple[str, str]]:
    """Return the filters in use as (words, address without it)."""
    words: dict[str, Any] = {
        "made_at_from": _("时间从"),
        "made_at_to": _("时间至"),
        "due_at_from": _("期限从"),
        "due_at_to": _("期限至"),
    }
    found = []
    for name, values in params.lists():
        for value in filter(None, values):
            if name == "kind" and value in KINDS:
                said = str(KINDS[value].words)
            elif name == UNREAD:
                said = _unread_words().get(value, value)
            elif name in words:
                said = f"{words[name]} {value}"
            else:
                continue
            rest = params.copy()
            rest.pop("after", None)
            rest.pop("before", None)
            rest.setlist(name, [one for one in rest.getlist(name) if one != value])
            found.append((said, f"?{rest.urlencode()}"))
    return found


@signed_in
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Give the notices of the present filter as an Excel file."""
    rows = told_list(actor).filtered(dict(request.GET.lists())).order_by("-made_at", "-pk")[: excel.MOST_ROWS]
    headings = [_("类别"), _("通知"), _("编号"), _("时间"), _("期限"), _("已读")]
    lines = (
        [KINDS[row.kind].words, row.words, row.number, row.made_at, row.due_at or "", _("是") if row.is_read else _("否")]
        for row in rows
    )  # fmt: skip
    answer = HttpResponse(excel.workbook(_("通知"), headings, lines), content_type=excel.MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="notices.xlsx"'
    return answer


@require_POST
@signed_in
def read(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Mark some notices as read, or all that are new."""
    if request.POST.get("all") == "1":
        count = mark_read(actor)
        messages.success(request, _("已将 %(n)s 条标为已读。") % {"n": count})
    else:
        ids = []
        for text in request.POST.getlist("id")[:MOST_MARKED]:
            try:
                ids.append(uuid.UUID(text))
            except ValueError:
                raise NotSeen from None
        mark_read(actor, ids)
    return redirect(way_back(request, reverse("office:notices")))


@signed_in
def open_one(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Mark a notice as read and go to the matter it names."""
    found = notices_for(actor).filter(pk=pk).first()
    if found is None:
        raise NotSeen
    mark_read(actor, [found.pk])
    if found.matter_id in titles_of([found], actor):
        return redirect("office:detail", found.loop, found.matter_id)
    if found.matter_id:
        messages.info(request, _("该事项不在您的管辖范围内，只能看到通知。"))
    return redirect("office:notices")
