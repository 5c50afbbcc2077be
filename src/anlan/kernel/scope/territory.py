"""The territory tree (属地): city → county → township → village, zones as overlays, codes over time.

The tree is our own, with a text path, because zones overlap districts and division codes change (公主岭 changed city in
2020). A path segment never changes once given; codes are dated rows that stay resolvable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import models

from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.words import Words

LEVELS = [
    ("province", Words("省", "Province")),
    ("city", Words("市", "City")),
    ("county", Words("县（市、区）", "County or district")),
    ("township", Words("乡镇（街道）", "Township or street")),
    ("village", Words("村（社区）", "Village or community")),
    ("zone", Words("功能区", "Functional zone")),
]


def in_force(day: date) -> models.Q:
    """Return the condition for dated rows in force on a day (both ends inclusive; empty = open)."""
    return (models.Q(valid_from=None) | models.Q(valid_from__lte=day)) & (
        models.Q(valid_to=None) | models.Q(valid_to__gte=day)
    )


def under(prefix: str, column: str = "path") -> models.Q:
    """Return the range condition for rows at or under a path; ``/`` ends every path and sorts just before ``0``."""
    return models.Q(**{f"{column}__gte": prefix, f"{column}__lt": prefix[:-1] + "0"})


class Territory(models.Model):
    """One node of the tree. ``path`` is ``/segment/segment/``, compared bytewise, so a subtree is one index range."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    segment = models.CharField(max_length=12, unique=True)
    path = models.CharField(max_length=120, unique=True, db_collation="C")
    code = models.CharField(Words("区划代码", "Division code"), max_length=12, db_index=True)
    name = models.CharField(Words("名称", "Name"), max_length=80)
    name_en = models.CharField(Words("英文名称", "English name"), max_length=120, blank=True)
    level = models.CharField(Words("级别", "Level"), max_length=10, choices=LEVELS)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=20, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=6, null=True)
    point_note = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=200, blank=True)

    # Of a place out of the tree in memory: the places one step down, and of a zone (path, valid_from, valid_to) of every
    # member there ever was.
    known_below: Sequence[Territory] | None = None
    known_members: Sequence[tuple[str, date | None, date | None]] | None = None

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name

    def prefixes(self, on: date | None = None) -> list[str]:
        """Return the paths this territory covers on a day (today): its own, and its members' then if it is a zone."""
        if self.level != "zone":
            return [self.path]
        day = on or clock.today()
        if self.known_members is None:
            rows = ZoneMember.objects.filter(in_force(day), zone=self)
            return [self.path, *sorted(set(rows.values_list("territory__path", flat=True)))]
        then = {
            path
            for path, first, last in self.known_members
            if (first is None or first <= day) and (last is None or day <= last)
        }
        return [self.path, *sorted(then)]

    def ancestors(self) -> models.QuerySet[Territory]:
        """Return the chain from the root to here."""
        parts = self.path.strip("/").split("/")
        paths = ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        return Territory.objects.filter(path__in=paths).order_by("path")


class TerritoryCode(models.Model):
    """A code a territory bore from one date to another; old codes stay resolvable."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="codes")
    code = models.CharField(max_length=12, db_index=True)
    system = models.CharField(max_length=20, default="nbs")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=10, default="sourced")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "system", "valid_from", "territory"], name="one_code_a_period"
            ),
        ]


class ZoneMember(models.Model):
    """A territory that belongs to a functional zone, which cuts across counties, from one date to another."""

    zone = models.ForeignKey(Territory, models.CASCADE, related_name="members")
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="zones")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    confidence = models.CharField(max_length=10, default="sourced")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "territory", "valid_from"], name="one_membership")
        ]


def territory_of_code(code: str, on: date | None = None) -> Territory | None:
    """Return the territory that bears or bore the code, preferring the bearer on the given date."""
    current = Territory.objects.filter(code=code).first()
    if current and on is None:
        return current
    rows = TerritoryCode.objects.filter(code=code).select_related("territory")
    rows = rows.order_by(models.F("valid_from").desc(nulls_last=True), "id")
    then = rows.filter(in_force(on)).first() if on is not None else None
    if then is not None:
        return then.territory
    if current is not None:
        return current
    last = rows.first()
    return last.territory if last else None
