"""The processes that share the demonstration year: what each is given, how it begins, when it ends.

Nothing here needs Django before ``begin`` has set it up, because a process reads this file first.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import sleep
from typing import Any

from anlan.site.collecting import look_seldom


@dataclass(frozen=True, slots=True)
class Task:
    """A share of the work: every ``parts``-th enterprise from ``part`` on, until a moment (ISO 8601)."""

    seed: int
    until: str
    firms: int
    dangers: int
    part: int
    parts: int


def in_processes(tasks: list[Task]) -> list[dict[str, Any]]:
    """Settle first, then live the shares at the same time, each process with a connection of its own."""
    with ProcessPoolExecutor(len(tasks), get_context("spawn"), begin, (os.getpid(),)) as pool:
        pool.submit(_settle, tasks[0]).result()
        return list(pool.map(_live, tasks))


def begin(parent: int) -> None:
    """Begin a process: Django, statements prepared once, and an end when the parent is gone."""
    import django
    from django.conf import settings

    look_seldom()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    database: dict[str, Any] = settings.DATABASES["default"]
    database["OPTIONS"] = {
        **dict(database.get("OPTIONS", {})),
        "server_side_binding": True,
        "prepare_threshold": 3,
    }
    django.setup()


def _settle(task: Task) -> None:
    from anlan.site import demo

    demo.settle(task)


def _live(task: Task) -> dict[str, Any]:
    from anlan.site import demo

    return demo.live(task)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        sleep(1)
    os._exit(1)
