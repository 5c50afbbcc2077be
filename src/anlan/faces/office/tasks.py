"""My tasks (任务): what runs in the background for me, how far it is, cancelling it, fetching its file."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.faces.office.access import signed_in, way_back
from anlan.faces.office.shapes import Badge
from anlan.faces.office.shell import page
from anlan.kernel import jobs
from anlan.kernel.jobs.asking import task_of
from anlan.kernel.jobs.models import FAILED, WAITING, Task
from anlan.kernel.scope import Actor

MOST_SHOWN = 50
ALL_SHOWN = 500
TONES = {"done": "done", "failed": "late", "waiting": "waiting", "running": "open"}


@signed_in
def index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show my tasks, the newest first; while one is open the part asks for itself again."""
    most = ALL_SHOWN if request.GET.get("all") == "1" else MOST_SHOWN
    found = list(jobs.tasks_of(actor)[: most + 1])
    context = {
        "lines": [line_of(task) for task in found[:most]],
        "has_open": any(task.is_open for task in found),
        "has_more": len(found) > most,
    }
    name = "tasks_part" if request.headers.get("HX-Request") == "true" else "tasks"
    return page(request, f"office/{name}.html", context, here="tasks")


def line_of(task: Task) -> dict[str, Any]:
    """Return what one line of the list shows."""
    return {
        "task": task,
        "badge": Badge(task.state_words, TONES.get(task.state, "plain")),
        "place": jobs.position_of(task) if task.state == WAITING else None,
        "is_failed": task.state == FAILED,
    }


@require_POST
@signed_in
def cancel(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Cancel a task."""
    task = jobs.cancel(actor, pk)
    if task.is_open or task.state == "cancelled":
        messages.success(request, _("已取消。"))
    return redirect(way_back(request, "/tasks/"))


@signed_in
def download(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Give the file of a finished task to its person."""
    return file_answer(task_of(actor, pk), actor)


def file_answer(task: Task, actor: Actor) -> FileResponse:
    """Return the file of a task as a download that is kept nowhere on the way."""
    held = jobs.result_of(task, actor).open("rb")
    answer = FileResponse(held, as_attachment=True, filename=task.file_name, content_type=task.file_type)
    answer["Cache-Control"] = "private, no-store"
    return answer
