"""Rows under scope: the manager that refuses, and the two ways to read.

``Model.objects`` raises; ``seen_by(actor)`` and ``actable_by(actor)`` are the ways in; ``unscoped("why")`` is for system
code, and a test compares all its call sites with a committed list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.scope import any_of as any_of  # registers the lookup
from anlan.kernel.scope.actor import INTERNAL, PERSONAL, Actor
from anlan.kernel.scope.alternatives import Alternatives, Way, beneath
from anlan.kernel.scope.errors import ScopeRequired
from anlan.kernel.scope.kept_reading import KeptReading
from anlan.kernel.scope.parties import Party
from anlan.kernel.scope.sectors import sector_choices
from anlan.kernel.words import Words

SENSITIVITIES = [
    (0, Words("公开", "Public")),
    (1, Words("内部", "Internal")),
    (2, Words("个人信息", "Personal")),
    (3, Words("保密", "Confidential")),
    (4, Words("举报人信息", "Informant's identity")),
]

# Who reads rows at all: people in posts, and subscriptions of data, which never act.
READERS = frozenset({"person", "subscription"})


class DenyingManager(models.Manager[Any]):
    """The default manager of scoped rows: every query through it raises."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Refuse."""
        name = self.model.__name__ if self.model else "?"
        raise ScopeRequired(f"{name} is read by seen_by(actor), actable_by(actor) or unscoped('why')")


class ScopedModel(models.Model):
    """Base of every row that somebody may not see. Decides from its own columns alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    path = models.CharField(max_length=120, db_collation="C", editable=False)
    sector = models.CharField(
        Words("监管行业领域", "Sector"), max_length=32, choices=sector_choices(), default="work_safety"
    )
    holder = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=Words("所属单位", "Belongs to"),
    )
    sensitivity = models.PositiveSmallIntegerField(
        Words("敏感级别", "Sensitivity"), choices=SENSITIVITIES, default=INTERNAL, editable=False
    )
    is_demo = models.BooleanField(Words("演示数据", "Demonstration"), default=False, editable=False)

    objects = DenyingManager()

    class Meta:
        abstract = True

    @classmethod
    def seen_by(cls, actor: Actor) -> models.QuerySet[Self]:
        """Return the rows the actor may see."""
        return cls._rows().filter(cls._reach(actor, act=False))

    @classmethod
    def actable_by(cls, actor: Actor) -> models.QuerySet[Self]:
        """Return the rows the actor may act on (by grant, own party or assignment); the step's ``by`` narrows it."""
        return cls._rows().filter(cls._reach(actor, act=True))

    @classmethod
    def seen_among(
        cls,
        actor: Actor,
        pks: Iterable[Any],
        narrow: Callable[[models.QuerySet[Self]], Iterable[Self]],
    ) -> list[Self]:
        """Return those of a few rows, known by key, that the actor may see: the rows of ``seen_by``, found by key alone.

        The columns of a row decide where a grant covers it or its party is the actor's; only for what is left is the database
        asked. ``narrow`` says what else holds for the rows and how they are read (joins, locks).
        """
        return cls._seen_of(actor, list(narrow(cls._rows().filter(pk__in=list(pks)))))

    @classmethod
    def seen_one(cls, actor: Actor, pk: Any, kept: KeptReading) -> list[Self]:
        """Return what ``seen_among`` does for one row, read the same way each time; a list of at most that row."""
        return cls._seen_of(actor, kept.rows(cls, lambda: cls._rows().filter(pk__in=[pk]), pk))

    @classmethod
    def seen_some(cls, actor: Actor, pks: Sequence[Any], kept: KeptReading) -> list[Self]:
        """Return what ``seen_among`` does, read the same way each time."""
        keys = list(pks)
        return cls._seen_of(actor, kept.rows(cls, lambda: cls._rows().filter(pk__any=keys), keys))

    @classmethod
    def _seen_of(cls, actor: Actor, rows: list[Self]) -> list[Self]:
        beyond = [row for row in rows if not cls._reaches(actor, row)]
        if not beyond:
            return rows
        known = set(cls.seen_by(actor).filter(pk__in=[row.pk for row in beyond]).values_list("pk", flat=True))
        return [row for row in rows if row.pk in known or row not in beyond]

    @classmethod
    def unscoped(cls, why: str) -> models.QuerySet[Self]:
        """Return every row, for system code that says why."""
        if not why.strip():
            raise ScopeRequired("unscoped needs its reason")
        return cls._rows()

    @classmethod
    def assigned_to(cls, actor: Actor, *, act: bool = False) -> models.Q | None:
        """Return the condition for rows assigned to the actor beyond its grants (``act``: those to act).

        Kinds that can be assigned override it.
        """
        return None

    @classmethod
    def _reaches(cls, actor: Actor, row: Self) -> bool:
        """Say whether the row's own columns show that the actor may see it; never true where ``_reach`` is not."""
        if actor.kind not in READERS:
            return False
        if row.holder_id in actor.party_ids and row.sensitivity <= PERSONAL:
            return True
        return any(grant.covers(row, cls._meta.app_label) for grant in actor.grants)

    @classmethod
    def _rows(cls) -> models.QuerySet[Self]:
        return cls._base_manager.all()

    @classmethod
    def _reach(cls, actor: Actor, *, act: bool) -> models.Q:
        if actor.kind not in READERS or (act and actor.kind != "person"):
            return models.Q(pk__in=[])
        ways: list[Way] = []
        if actor.party_ids:
            ways.append([("holder", "in", actor.party_ids), ("sensitivity", "<=", PERSONAL)])
        for grant in actor.grants:
            if (act and not grant.act) or grant.domain not in (None, cls._meta.app_label):
                continue
            way = [*beneath(grant.path), ("sensitivity", "<=", grant.ceiling)]
            ways.append(way if grant.sector is None else [*way, ("sector", "=", grant.sector)])
        reach = models.Q(Alternatives(ways)) if ways else models.Q(pk__in=[])
        assigned = cls.assigned_to(actor, act=act)
        return reach | assigned if assigned is not None else reach
