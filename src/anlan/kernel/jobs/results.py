"""Results of tasks: files in the data folder, named by the task, given to nobody but its person in its post.

A file was made for what its person could see then; when that has changed since, it is not given any more.
"""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from anlan.kernel import clock
from anlan.kernel.jobs.errors import TaskRefused
from anlan.kernel.jobs.models import DONE, OPEN, Task
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

KEPT = timedelta(days=7)
HISTORY_KEPT = timedelta(days=90)
_NONE = Words("这个任务没有完成，没有文件。", "The task did not end; it has no file.")
_GONE = Words("文件已过期删除，可重新申请。", "The file has expired; ask for it again.")
_CHANGED = Words(
    "您的管辖范围已变化，原来的文件不再给出；按现在的范围重新申请。",
    "Your scope has changed since; the file is no longer given. Ask again in your present scope.",
)


def folder() -> Path:
    """Return the folder of results."""
    place = Path(settings.ANLAN_DATA) / "tasks"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def file_of(task: Task) -> Path:
    """Return where the result of a task lies."""
    return folder() / task.id.hex


def reach_of(actor: Actor) -> str:
    """Return a digest of what an actor can see: the grants and the parties of the post."""
    said = repr((sorted(map(repr, actor.grants)), actor.party_ids, str(actor.post_id)))
    return hashlib.sha256(said.encode()).hexdigest()


def result_of(task: Task, actor: Actor) -> Path:
    """Return the file of a finished task; raises TaskRefused where there is none, or the scope has changed since."""
    path = file_of(task)
    if not task.has_file or not path.exists():
        raise TaskRefused("no_result", _GONE if task.state == DONE else _NONE, 404)
    if task.reach != reach_of(actor):
        raise TaskRefused("scope_changed", _CHANGED, 409)
    return path


def keep(task: Task, draft: Path) -> None:
    """Move a finished draft to its place, durable when this returns."""
    with draft.open("rb") as held:
        os.fsync(held.fileno())
    os.replace(draft, file_of(task))


def expire() -> int:
    """Remove results whose time is over, drafts nobody writes any more, and the lines of long ago."""
    now, count = clock.now(), 0
    for task in Task.objects.filter(expires_at__lte=now).exclude(file_name=""):
        file_of(task).unlink(missing_ok=True)
        Task.objects.filter(pk=task.pk).update(file_name="", file_size=0)
        count += 1
    running = set(Task.objects.filter(state__in=OPEN).values_list("pk", flat=True))
    wanted = {pk.hex for pk in running} | {
        pk.hex for pk in Task.objects.filter(state=DONE).exclude(file_name="").values_list("pk", flat=True)
    }
    for path in folder().iterdir():
        if path.name.partition(".")[0] not in wanted:
            path.unlink(missing_ok=True)
            count += 1
    Task.objects.filter(ended_at__lte=now - HISTORY_KEPT).delete()
    return count
