"""The table of saved views: a person's own names for filters they use again."""

from __future__ import annotations

from django.db import models

from anlan.kernel.ids import new_id


class SavedView(models.Model):
    """A filter and an order of one list, under a name; its person's own, whatever their post."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.UUIDField()
    slug = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "saved_view"
        constraints = [
            models.UniqueConstraint(fields=["person", "slug", "name"], name="saved_view_named_once")
        ]

    def __str__(self) -> str:
        return self.name
