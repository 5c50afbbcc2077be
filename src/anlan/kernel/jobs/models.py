"""The table of tasks. A task is its person's own affair: nobody else sees it, whatever their post."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from anlan.kernel.ids import new_id
from anlan.kernel.words import Words

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
STATES: dict[str, Words] = {
    WAITING: Words("排队中", "Waiting"),
    RUNNING: Words("进行中", "Running"),
    DONE: Words("已完成", "Done"),
    FAILED: Words("未完成", "Not finished"),
    CANCELLED: Words("已取消", "Cancelled"),
}
OPEN = (WAITING, RUNNING)


class Task(models.Model):
    """One long task: who asked, for what, how far it is, what came of it.

    ``checkpoint`` is where the work goes on after an interruption; ``attempt`` counts those who took it up and fences
    them off against each other; ``reach`` is a digest of what the person could see when the result was made.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    title: models.JSONField[Any, Any] = models.JSONField(default=dict)
    person = models.UUIDField()
    post = models.UUIDField()
    account = models.UUIDField()
    language = models.CharField(max_length=10, default="zh-hans")
    is_demo = models.BooleanField(default=False)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default=WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    note: models.JSONField[Any, Any] = models.JSONField(default=dict)
    checkpoint: models.JSONField[Any, Any] = models.JSONField(default=dict)
    attempt = models.PositiveIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_type = models.CharField(max_length=100, blank=True)
    file_size = models.BigIntegerField(default=0)
    reach = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "task"
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="task_person"),
            models.Index(fields=["state", "asked_at"], condition=Q(state__in=OPEN), name="task_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(state__in=OPEN), name="task_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"

    @property
    def words(self) -> Words:
        """Return what the task is called."""
        return Words(self.title["zh"], self.title["en"])

    @property
    def note_words(self) -> Words | None:
        """Return what there is to say of it now, or of its end."""
        return Words(self.note["zh"], self.note["en"]) if self.note else None

    @property
    def state_words(self) -> Words:
        """Return its state in words."""
        return STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Say whether it waits or runs."""
        return self.state in OPEN

    @property
    def has_file(self) -> bool:
        """Say whether a result lies ready."""
        return self.state == DONE and bool(self.file_name)

    @property
    def percent(self) -> int:
        """Return how much is done, 0 to 100; 0 while the whole is unknown."""
        if self.state == DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0
