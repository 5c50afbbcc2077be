"""The roll-up: what a tally counts on a day in a place, kept in step with the rows by ``rolling``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

DAY, MONTH = "d", "m"
EVERY_SECTOR = ""


class Tally(models.Model):
    """One thing that is counted by day. ``complete_at`` is empty until all days were counted once."""

    key = models.CharField(max_length=300, unique=True)
    complete_at = models.DateTimeField(null=True)
    rolled_at = models.DateTimeField(null=True)


class RollUp(models.Model):
    """How many rows, and what they add up to, on a day (or in the month that begins on it) in a place and a sector.

    ``place`` is the path of a territory of any level down to the township; a zone counts what its members hold. An empty
    ``sector`` counts every sector. ``bucket`` splits a tally further, by state, hour or days.
    """

    tally = models.ForeignKey(Tally, models.CASCADE, related_name="+")
    grain = models.CharField(max_length=1)
    day = models.DateField()
    place = models.CharField(max_length=120, db_collation="C")
    sector = models.CharField(max_length=32, blank=True)
    sensitivity = models.PositiveSmallIntegerField()
    bucket = models.CharField(max_length=24, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=2)
    rows = models.IntegerField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tally", "grain", "place", "sector", "day", "sensitivity", "bucket"],
                name="one_roll_up",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["tally", "grain", "day"], name="roll_up_day"),
        ]


class Ground(models.Model):
    """What the roll-up stood on when it was last counted: which places belonged to which zones. One row."""

    members: models.JSONField[Any, Any] = models.JSONField(default=dict)  # by zone, a digest of its places
    noted_at = models.DateTimeField()
