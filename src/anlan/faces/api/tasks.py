"""Long tasks of the caller for programs: list, read, cancel, fetch the file. Others' tasks do not exist here."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from anlan.faces.api import schemas
from anlan.faces.api.bodies import id_of
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder, Id
from anlan.faces.api.shapes import answer, instant
from anlan.kernel import jobs
from anlan.kernel.jobs import Task
from anlan.kernel.jobs.asking import task_of

MOST = 200


class TaskOut(BaseModel):
    """One long task."""

    id: str
    kind: str
    words: schemas.Bilingual
    state: str
    state_words: schemas.Bilingual
    note: schemas.Bilingual | None
    done: int
    total: int | None
    position: int | None
    asked_at: str
    started_at: str | None
    ended_at: str | None
    expires_at: str | None
    has_file: bool
    file_name: str
    file_size: int


class TasksOut(BaseModel):
    """My tasks, the newest first; at most 200."""

    items: list[TaskOut]


def router() -> Router:
    """Return the router."""
    found = Router(tags=["tasks"])
    add = Adder(found, "tasks")
    add.get("", index, TasksOut, "我的任务 / My long tasks")
    add.get("/{id}", read, TaskOut, "一项任务 / One task")
    add.post("/{id}/cancel", cancel, TaskOut, "取消任务 / Cancel a task")
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {
        "responses": {
            200: {"description": "文件 / The file", "content": {"application/octet-stream": binary}}
        }
    }
    found.add_api_operation(
        "/{id}/file", ["GET"], file, response={200: None}, summary="下载结果 / Fetch the file", openapi_extra=content,
        operation_id="tasks_file", url_name="tasks_file",
    )  # fmt: skip
    return found


def item_of(task: Task) -> dict[str, Any]:
    """Return a task as JSON."""
    note = task.note_words
    return {
        "id": str(task.pk),
        "kind": task.kind,
        "words": task.words.both(),
        "state": task.state,
        "state_words": task.state_words.both(),
        "note": note.both() if note else None,
        "done": task.done,
        "total": task.total,
        "position": jobs.position_of(task),
        "asked_at": instant(task.asked_at),
        "started_at": instant(task.started_at),
        "ended_at": instant(task.ended_at),
        "expires_at": instant(task.expires_at),
        "has_file": task.has_file,
        "file_name": task.file_name,
        "file_size": task.file_size,
    }


def index(request: HttpRequest) -> HttpResponse:
    """Answer my tasks."""
    return answer({"items": [item_of(task) for task in jobs.tasks_of(actor_of(request))[:MOST]]})


def read(request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002 (the name in the address)
    """Answer one of my tasks."""
    return answer(item_of(task_of(actor_of(request), id_of(id))))


def cancel(request: HttpRequest, id: Id) -> HttpResponse:  # noqa: A002
    """Cancel one of my tasks."""
    return answer(item_of(jobs.cancel(actor_of(request), id_of(id))))


def file(request: HttpRequest, id: Id) -> Any:  # noqa: A002
    """Give the file of a finished task."""
    actor = actor_of(request)
    task = task_of(actor, id_of(id))
    held = jobs.result_of(task, actor).open("rb")
    given = FileResponse(held, as_attachment=True, filename=task.file_name, content_type=task.file_type)
    given["Cache-Control"] = "private, no-store"
    return given
