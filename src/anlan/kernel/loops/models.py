"""The one table all loops share: ``Duty``, who is awaited for what, where, by when. Written only by the engine.

A duty is a projection of a matter's state: it can be recomputed, and ``./anlan verify`` does so.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.scope.actor import INTERNAL, Actor, Grant
from anlan.kernel.scope.alternatives import Alternatives, Way, beyond, written
from anlan.kernel.scope.models import Party, Post
from anlan.kernel.scope.together import NONE, Counted
from anlan.kernel.words import Words

DUTY_SORTS = [
    ("state", Words("当前环节", "Current state")),
    ("line", Words("并行义务", "Parallel duty")),
    ("request", Words("待审批申请", "Request to decide")),
    ("watch", Words("逾期督促", "Watching a late matter")),
]


class Duty(models.Model):
    """One awaited act of one post or of the posts of some kinds in one party.

    ``path``, ``sector`` and ``sensitivity`` are those of its matter, always, also once it is done.

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
            # What the bell of every page counts stands in the index: no row of the table is read for it.
            models.Index(
                fields=["party", "due_at"],
                include=["post", "kinds", "paused_at", "id"],
                name="duty_inbox",
                condition=models.Q(done_at=None),
            ),
            models.Index(
                fields=["post", "due_at"],
                include=["paused_at", "id"],
                name="duty_post",
                condition=models.Q(done_at=None),
            ),
            models.Index(fields=["next_at"], name="duty_clock", condition=models.Q(done_at=None)),
            models.Index(fields=["matter_id", "key"], name="duty_matter"),
            # For what lies beyond somebody's grants (``awaited_beyond_grants``): ranges of sector and path within one party.
            models.Index(fields=["party", "sector", "path"], name="duty_reach"),
            models.Index(
                fields=["party"], name="duty_sensitive", condition=models.Q(sensitivity__gt=INTERNAL)
            ),
        ]


def awaited_from(actor: Actor) -> models.Q | None:
    """Return the condition for duties awaited from the actor: from its post, or from its kind of post in its party."""
    if actor.kind != "person" or actor.post_id is None:
        return None
    return models.Q(Alternatives(_awaited_ways(actor)))


def ways_awaited(actor: Actor) -> list[models.Q]:
    """Return the ways in which a duty may be awaited from the actor, each a condition of its own; no duty is awaited in two."""
    if actor.kind != "person" or actor.post_id is None:
        return []
    return [models.Q(Alternatives([way])) for way in _awaited_ways(actor)]


def awaiting_counted(actor: Actor, most: int | None = None) -> Counted:
    """Return the open duties awaited from the actor, to be counted, as far as ``most`` if that is given."""
    if actor.kind != "person" or actor.post_id is None:
        return NONE
    # Each way of being awaited is asked for itself, for then the index answers alone; no duty is awaited in both.
    parts = [written([way], _COLUMNS) for way in _awaited_ways(actor)]
    of_each = " UNION ALL ".join(
        f"SELECT due_at, paused_at FROM loops_duty WHERE done_at IS NULL AND {sql}"  # noqa: S608 - the values go as parameters
        for sql, _ in parts
    )
    return Counted(f"FROM ({of_each}) AS awaited", [value for _, values in parts for value in values], most)


def awaited_beyond_grants(actor: Actor, domain: str, *, act: bool) -> models.Q | None:
    """Return the condition for duties awaited from the actor whose matter none of its grants (to act) reaches.

    Nearly everything awaited from an officer lies within the grants anyway, tens of thousands of duties; what does not is
    found by ranges of an index: each way of being awaited with each way of lying outside is an alternative of its own.
    """
    if actor.kind != "person" or actor.post_id is None:
        return None
    waited, outside = _awaited_ways(actor), _outside(actor, domain, act=act)
    if outside is None:
        # Not every sector at every place, as posts give them: then each grant is passed by for a reason of its own.
        grants = [one for one in actor.grants if one.domain in (None, domain) and (one.act or not act)]
        return models.Q(Alternatives(waited)) & _passed_by(grants)
    return models.Q(Alternatives([[*way, *beside] for beside in outside for way in waited]))


_COLUMNS = {"post": "post_id", "party": "party_id", "kinds": "kinds"}


def _awaited_ways(actor: Actor) -> list[Way]:
    ways: list[Way] = [[("post", "=", actor.post_id)]]
    if actor.party_ids:
        of_kind = [
            ("party", "in", actor.party_ids),
            ("post", "null", None),
            ("kinds", "holds", actor.post_kind),
        ]
        ways.append(of_kind)
    return ways


def _outside(actor: Actor, domain: str, *, act: bool) -> list[Way] | None:
    """Return the ways in which a duty lies outside the grants: between their paths, between their sectors, above the ceiling."""
    grants = [one for one in actor.grants if one.domain in (None, domain) and (one.act or not act)]
    paths, sectors = sorted({one.path for one in grants}), {one.sector for one in grants}
    ceilings = {one.ceiling for one in grants}
    if not grants:
        return [[]]
    if len(grants) != len(paths) * len(sectors) or len(ceilings) > 1:
        return None
    ways: list[Way] = [[("sensitivity", ">", max(ceilings))], [("path", "<", paths[0])]]
    reached = paths[0]
    for path in paths:
        if path >= reached:
            ways.append([("path", ">=", reached), ("path", "<", path)])
        reached = max(reached, beyond(path))
    ways.append([("path", ">=", reached)])
    if None not in sectors:
        named = sorted(sector for sector in sectors if sector is not None)
        ways += [[("sector", "<", named[0])], [("sector", ">", named[-1])]]
        ways += [[("sector", ">", low), ("sector", "<", high)] for low, high in pairwise(named)]
    return ways


def _passed_by(grants: list[Grant]) -> models.Q:
    condition = models.Q()
    for one in grants:
        outside = models.Q(path__lt=one.path) | models.Q(path__gte=beyond(one.path))
        outside |= models.Q(sensitivity__gt=one.ceiling)
        condition &= outside if one.sector is None else outside | ~models.Q(sector=one.sector)
    return condition
