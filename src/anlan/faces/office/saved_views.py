"""Saving and forgetting a view of a list; the list itself shows them beside its title."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office.access import signed_in
from anlan.faces.office.subjects import subject_named
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.saved_views import forget_view, save_view
from anlan.kernel.scope import Actor

# Where in the list one stands is no part of a view.
NOT_KEPT = ("after", "before", "csrfmiddlewaretoken")


@require_POST
@signed_in
def save(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Keep the filter the list was showing under a name, and show that list again."""
    subject_named(slug)
    query = kept_part(QueryDict(request.POST.get("query", "")[:4000].lstrip("?"), mutable=True))
    address = reverse("office:list", args=[slug]) + (f"?{query}" if query else "")
    try:
        view = save_view(actor, slug, request.POST.get("name", ""), query)
    except Invalid as refusal:
        for reasons in refusal.errors.values():
            messages.error(request, " ".join(str(reason) for reason in reasons))
        return redirect(address)
    messages.success(request, _("已保存为“%(name)s”，在“视图”里可再打开。") % {"name": view.name})
    return redirect(address)


@require_POST
@signed_in
def forget(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID) -> HttpResponseBase:
    """Delete one of one's own views."""
    subject_named(slug)
    if not forget_view(actor, slug, pk):
        raise Http404
    messages.success(request, _("视图已删除。"))
    return redirect("office:list", slug)


def kept_part(params: QueryDict) -> str:
    """Return what of a list's address a view keeps."""
    copy = params.copy()
    for name in NOT_KEPT:
        copy.pop(name, None)
    return copy.urlencode()
