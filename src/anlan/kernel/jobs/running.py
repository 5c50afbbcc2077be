"""A task as its work sees it: who is asking *now*, where to go on, how to say how far it is, where to put the result.

``save`` is the one gate: it runs inside the transaction of a chunk and raises when the task was cancelled or taken over,
so that the chunk is undone with it. Work committed in one transaction with its checkpoint is done exactly once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import actor_for
from anlan.kernel.jobs import results
from anlan.kernel.jobs.errors import POST_ENDED, Cancelled, Interrupted, Superseded, TaskStopped
from anlan.kernel.jobs.models import DONE, RUNNING, Task
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words


def _never() -> bool:
    return False


@dataclass
class Run:
    """One attempt at a task. ``params`` are as asked; ``checkpoint`` is what the last chunk left."""

    task: Task
    is_stopping: Callable[[], bool] = _never
    attempt: int = 0
    checkpoint: dict[str, Any] = field(default_factory=dict)
    delivered: bool = False

    def __post_init__(self) -> None:
        """Take the fence and the place to go on from the task."""
        self.attempt, self.checkpoint = self.task.attempt, dict(self.task.checkpoint)

    @property
    def id(self) -> uuid.UUID:
        """Return the id of the task; rows made by it take their idempotency keys from it."""
        return self.task.pk

    @property
    def params(self) -> Mapping[str, Any]:
        """Return what was asked."""
        return dict(self.task.params)

    def actor(self) -> Actor:
        """Return the person as of this moment, in the post in which they asked; ask again at every chunk.

        Raises TaskStopped when the person no longer holds that post, or the account was closed.
        """
        account = Account.objects.select_related("person").filter(pk=self.task.account).first()
        actor = actor_for(account, self.task.post) if account is not None else None
        if actor is None or actor.post_id != self.task.post or actor.person_id != self.task.person:
            raise TaskStopped(POST_ENDED)
        return actor

    def save(
        self, *, done: int | None = None, total: int | None = None, note: Words | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Write how far it is, at the end of a chunk and within its transaction.

        Raises Cancelled, Superseded or Interrupted: let them pass, the worker knows what to do.
        """
        if self.is_stopping() and not connection.in_atomic_block:
            raise Interrupted
        changes: dict[str, Any] = {"beat_at": clock.now()}
        if done is not None:
            changes["done"] = done
        if total is not None:
            changes["total"] = total
        if note is not None:
            changes["note"] = note.both()
        if checkpoint is not None:
            self.checkpoint = dict(checkpoint)
            changes["checkpoint"] = self.checkpoint
        if not self._mine().filter(cancel_asked=False).update(**changes):
            raise Cancelled if self._mine().exists() else Superseded

    def draft(self) -> Path:
        """Return the file to write the result into; it becomes the result by ``deliver`` and not before."""
        return results.folder() / f"{self.task.id.hex}.{self.attempt}.part"

    def deliver(self, name: str, media_type: str, *, reach: str, note: Words | None = None) -> None:
        """Make the draft the result and end the task. ``reach`` is the digest of whom the rows were chosen for."""
        draft = self.draft()
        size = draft.stat().st_size
        self.save()
        results.keep(self.task, draft)
        self.finish(note, file_name=name[:200], file_type=media_type, file_size=size, reach=reach)

    def finish(self, note: Words | None = None, **more: Any) -> None:
        """End the task as done. May be called in the transaction of the last chunk."""
        now = clock.now()
        changes: dict[str, Any] = {
            "state": DONE,
            "ended_at": now,
            "beat_at": now,
            "expires_at": now + results.KEPT,
        }
        if note is not None:
            changes["note"] = note.both()
        if not self._mine().update(**changes, **more):
            raise Superseded
        self.delivered = True

    def _mine(self) -> Any:
        return Task.objects.filter(pk=self.task.pk, attempt=self.attempt, state=RUNNING)
