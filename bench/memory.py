"""How much memory a process took at most, as Linux counts it for that process alone.

``getrusage`` tells more: a process that was made from a large one begins with the high water of that one, and a child's
figure includes what the copy of its parent held before the child's own program began.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path

KB_IN_MB = 1024
LOOKED_EVERY = 0.05  # seconds; a process that is gone cannot be asked any more


def megabytes(pid: int | str = "self") -> float:
    """Return the most memory a process held since its program began, 0 where it is gone."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    line = next((line for line in told.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) / KB_IN_MB


class Children:
    """The most memory each child of this process held, looked at many times a second."""

    def __init__(self) -> None:
        self._most: dict[int | None, float] = {}

    def look(self) -> None:
        """Take down what every child that lives now held at most."""
        for child in active_children():
            self._most[child.pid] = max(self._most.get(child.pid, 0.0), megabytes(child.pid or 0))

    @property
    def megabytes(self) -> float:
        """Return what the largest of them held."""
        return max(self._most.values(), default=0.0)


@contextmanager
def watched_children() -> Iterator[Children]:
    """Look after the children of this process while a piece of work goes on."""
    children, over = Children(), threading.Event()

    def watch() -> None:
        while not over.wait(LOOKED_EVERY):
            children.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield children
    finally:
        over.set()
        thread.join()
