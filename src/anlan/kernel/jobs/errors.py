"""What becomes of a task that cannot be taken or cannot go on. Faces and the list of tasks show ``words``."""

from __future__ import annotations

from anlan.kernel.words import Words


class TaskRefused(Exception):
    """A task is not taken, not found, or its result not given; ``code`` is stable, ``status`` is for the web."""

    def __init__(self, code: str, words: Words, status: int = 400) -> None:
        super().__init__(f"{code}: {words.en}")
        self.code, self.words, self.status = code, words, status


class TaskStopped(Exception):
    """A running task ends without its result, for a reason its person is to read."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class Superseded(Exception):
    """Another worker took the task over; whatever this one has not committed is not to be."""


class Interrupted(Exception):
    """The worker is told to stop; the task waits for the next one and goes on where it was."""


class Cancelled(Exception):
    """The person cancelled the task."""


NOT_FOUND = Words("没有找到这个任务，或不是您的任务。", "There is no such task, or it is not yours.")
POST_ENDED = Words(
    "您已不在申请时的岗位，任务已停止，没有给出文件。",
    "You no longer hold the post in which you asked; the task stopped and gave no file.",
)
FAILED = Words(
    "出错，已停止并记录；已完成的部分保留。可重新申请，仍出错时把任务编号告诉管理员。",
    "It failed and stopped, and was noted; what was done is kept. Ask again, and if it fails again tell the "
    "administrator the number of the task.",
)
TOO_OFTEN = Words(
    "多次中断，已停止；已完成的部分保留。把任务编号告诉管理员。",
    "It was broken off too often and stopped; what was done is kept. Tell the administrator the number of the task.",
)
