"""``Notice``: that something happened which concerns a post (or a person); ``NoticeRead``: who has read it.

The address of a notice is that of a duty: a post, or the posts of some kinds in a party; whoever holds it now sees it.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.notices.kinds import kind_choices
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party, Person, Post
from anlan.kernel.words import Words


class Notice(models.Model):
    """One notice to one place: a post, the posts of some kinds in a party, or one person.

    ``zh`` and ``en`` name the subject, the number and the state; ``by_person`` did it and is not told.
    ``spread_at``: when the worker decided what goes out for it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(Words("类别", "Kind"), max_length=16, choices=kind_choices())
    party = models.ForeignKey(Party, models.CASCADE, null=True, related_name="+")
    kinds = ArrayField(models.CharField(max_length=24), default=list)
    post = models.ForeignKey(Post, models.CASCADE, null=True, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    loop = models.CharField(max_length=40, blank=True)
    matter_id = models.UUIDField(null=True)
    number = models.CharField(Words("编号", "Number"), max_length=24, blank=True)
    zh = models.CharField(max_length=240)
    en = models.CharField(max_length=240)
    due_at = models.DateTimeField(Words("期限", "Due"), null=True)
    made_at = models.DateTimeField(Words("时间", "Time"))
    by_person = models.UUIDField(null=True)
    is_demo = models.BooleanField(default=False)
    spread_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["party", "made_at"],
                name="notice_party",
                condition=models.Q(post=None, party__isnull=False),
            ),
            models.Index(
                fields=["post", "made_at"], name="notice_post", condition=models.Q(post__isnull=False)
            ),
            models.Index(
                fields=["person", "made_at"], name="notice_person", condition=models.Q(person__isnull=False)
            ),
            models.Index(fields=["id"], name="notice_to_spread", condition=models.Q(spread_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Words:
        """Return the sentence in both languages."""
        return Words(self.zh, self.en)

    @classmethod
    def seen_by(cls, actor: Actor) -> models.QuerySet[Notice]:
        """Return the notices to the actor's place, own acts left out."""
        from anlan.kernel.notices.reading import notices_for

        return notices_for(actor)


class NoticeRead(models.Model):
    """That a person has read a notice."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="reads")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "notice"], name="read_once"),
        ]
