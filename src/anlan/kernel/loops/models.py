"""The one table all loops share: ``Duty``, who is awaited for what, where, by when. Written only by the engine.

A duty is a projection of a matter's state: it can be recomputed, and ``./anlan verify`` does so.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party, Post
from anlan.kernel.words import Words

DUTY_SORTS = [
    ("state", Words("当前环节", "Current state")),
    ("line", Words("并行义务", "Parallel duty")),
    ("request", Words("待审批申请", "Request to decide")),
    ("watch", Words("逾期督促", "Watching a late matter")),
]


class Duty(models.Model):
    """One awaited act of one post or of the posts of some kinds in one party.

    ``key`` names the state, line or verb; rows with the same key stand for alternatives and are done together. Only the
    leading row of a key carries the clock: ``moments`` are the instants at which something is told, ``fired`` how many
    were, ``next_at`` the next one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    loop = models.CharField(max_length=40)
    matter_id = models.UUIDField()
    key = models.CharField(max_length=60)
    sort = models.CharField(max_length=8, choices=DUTY_SORTS)
    party = models.ForeignKey(Party, models.PROTECT, null=True, related_name="+")
    kinds = ArrayField(models.CharField(max_length=24), default=list)
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    path = models.CharField(max_length=120, db_collation="C")
    sector = models.CharField(max_length=32)
    sensitivity = models.PositiveSmallIntegerField()
    is_demo = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    due_rule = models.JSONField(default=dict)
    leads = models.BooleanField(default=True)
    moments = models.JSONField(default=list)
    fired = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["party", "due_at"], name="duty_inbox", condition=models.Q(done_at=None)),
            models.Index(fields=["post", "due_at"], name="duty_post", condition=models.Q(done_at=None)),
            models.Index(fields=["next_at"], name="duty_clock", condition=models.Q(done_at=None)),
            models.Index(fields=["matter_id", "key"], name="duty_matter"),
        ]


def awaited_from(actor: Actor) -> models.Q | None:
    """Return the condition for duties awaited from the actor: from its post, or from its kind of post in its party."""
    if actor.kind != "person" or actor.post_id is None:
        return None
    of_kind = models.Q(party_id__in=actor.party_ids, post=None, kinds__contains=[actor.post_kind])
    return models.Q(post_id=actor.post_id) | of_kind
