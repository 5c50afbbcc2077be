"""The list as a file: small ones at once, large ones as a task whose progress is shown in my tasks."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.shell import SCOPE_KEY, looked_at
from anlan.faces.office.subjects import subject_named
from anlan.kernel.jobs.results import folder
from anlan.kernel.scope import Actor
from anlan.kernel.spreadsheets import Export, ask_export, is_small, write_export
from anlan.kernel.spreadsheets.exporting import FORMS


@signed_in
def export(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Give the rows of the present filter as a file."""
    asked = Export(
        subject_named(slug).slug, dict(request.GET.lists()), _place(request, actor), _form(request)
    )
    if is_small(asked, actor):
        return _at_once(asked, actor)
    ask_export(asked, actor)
    messages.success(request, _("数据较多，已在后台导出，完成后在这里下载。"))
    return redirect("office:tasks")


def _at_once(asked: Export, actor: Actor) -> FileResponse:
    # A file without a name in the folder of results: it goes when the answer has been sent.
    draft = folder() / f"{uuid.uuid4().hex}.part"
    try:
        write_export(asked, draft, lambda _count: actor)
        held = draft.open("rb")
    finally:
        draft.unlink(missing_ok=True)
    answer = FileResponse(held, as_attachment=True, filename=asked.file_name, content_type=asked.media_type)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _form(request: HttpRequest) -> str:
    form = request.GET.get("form", "xlsx")
    return form if form in FORMS else "xlsx"


def _place(request: HttpRequest, actor: Actor) -> str | None:
    """Return the place the person narrowed the view to, if it is less than all of their scope."""
    place = looked_at(request, actor) if SCOPE_KEY in request.session else None
    return str(place.pk) if place is not None and place.path != actor.home_path else None
