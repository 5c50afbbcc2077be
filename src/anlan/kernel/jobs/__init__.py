"""Jobs (长任务): work that takes longer than a page may wait, such as an export of a million rows or an import.

A task belongs to a person in a post. It shows its progress, can be cancelled, goes on after the worker was killed, asks
at every chunk what its person may see now, and keeps its result for a while. Serves every article through the registers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.jobs.asking import ask, cancel, position_of, tasks_of
    from anlan.kernel.jobs.errors import TaskRefused, TaskStopped
    from anlan.kernel.jobs.kinds import kind
    from anlan.kernel.jobs.models import Task
    from anlan.kernel.jobs.results import result_of
    from anlan.kernel.jobs.running import Run

__all__ = [
    "Run",
    "Task",
    "TaskRefused",
    "TaskStopped",
    "ask",
    "cancel",
    "kind",
    "position_of",
    "result_of",
    "tasks_of",
]

_PLACES = {
    "Run": "running",
    "Task": "models",
    "TaskRefused": "errors",
    "TaskStopped": "errors",
    "ask": "asking",
    "cancel": "asking",
    "kind": "kinds",
    "position_of": "asking",
    "result_of": "results",
    "tasks_of": "asking",
}


def __getattr__(name: str) -> Any:
    # Models wait for Django's apps; so does what is built on them.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
