"""Parties, people, posts and memberships over time.

A person moves, history stays, work moves with the post. Departments are renamed, merged and lose subjects by dated
rows; no other row changes. Personal data is encrypted at rest (kernel.vault).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.scope.posts import post_kind_choices
from anlan.kernel.scope.sectors import sector_choices
from anlan.kernel.scope.territory import LEVELS, Territory
from anlan.kernel.scope.territory import in_force as in_force
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

PARTY_KINDS = [
    ("government", Words("人民政府（管委会）", "Government")),
    ("department", Words("部门", "Department")),
    ("enterprise", Words("企业", "Enterprise")),
    ("institution", Words("机构", "Institution")),
    ("village", Words("村（社区）", "Village or community")),
]

REMIT_ROLES = [
    ("direct", Words("行业直接监管", "Direct regulator of the industry")),
    ("territorial", Words("属地监管", "Territorial regulator")),
    ("comprehensive", Words("综合监管", "Comprehensive regulator")),
    ("special", Words("专项监管", "Special regulator")),
]

CONFIDENCE = [
    ("sourced", Words("已核对原文", "Compared with the source")),
    ("secondary", Words("据转引", "From a secondary copy")),
    ("memory", Words("未核对", "Unverified")),
    ("unknown", Words("未知", "Unknown")),
]


class Party(models.Model):
    """A body that can hold rows and be awaited: government, department, enterprise, institution, village."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=80, unique=True, null=True)
    kind = models.CharField(max_length=20, choices=PARTY_KINDS)
    name = models.CharField(Words("名称", "Name"), max_length=160)
    name_en = models.CharField(Words("英文名称", "English name"), max_length=200, blank=True)
    short_name = models.CharField(max_length=60, blank=True)
    level = models.CharField(max_length=10, choices=LEVELS, blank=True)
    sector = models.CharField(max_length=32, choices=sector_choices(), blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, related_name="parties")
    path = models.CharField(max_length=120, db_collation="C", db_index=True, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ("path", "name")
        # Government bodies are few among the parties of tens of thousands of enterprises.
        indexes = [models.Index(fields=["kind", "path"])]

    def __str__(self) -> str:
        return self.name

    def name_on(self, day: date) -> str:
        """Return the name the party bore on a day (renaming is a dated row)."""
        for row in self.names.all():
            if (row.valid_from is None or row.valid_from <= day) and (
                row.valid_to is None or day <= row.valid_to
            ):
                return row.name
        return self.name


class PartyName(models.Model):
    """A name borne from one date to another."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="names")
    name = models.CharField(max_length=160)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=200, blank=True)
    confidence = models.CharField(max_length=10, choices=CONFIDENCE, default="memory")

    class Meta:
        ordering = ("valid_from",)
        constraints = [models.UniqueConstraint(fields=["party", "valid_from"], name="one_name_a_period")]


def renamed(party: Party, name: str, on: date) -> None:
    """Let a party bear a name from a day on: dated rows, so that the past keeps the name it knew. Saves the party."""
    if name == party.name:
        return
    eve = on - timedelta(days=1)
    current = party.names.filter(valid_to=None).order_by("-valid_from").first()
    if current is None:
        PartyName.objects.create(party=party, name=party.name, valid_to=eve, confidence="sourced")
    elif current.valid_from is not None and current.valid_from >= on:
        current.delete()  # a name corrected on the day it was given never held for a whole day
    else:
        current.valid_to = eve
        current.save(update_fields=["valid_to"])
    PartyName.objects.create(party=party, name=name, valid_from=on, confidence="sourced")
    party.name = name
    party.save(update_fields=["name"])


class PartySuccession(models.Model):
    """From a date on, the open work of one party is another's (merger); rows stay where they are."""

    predecessor = models.ForeignKey(Party, models.CASCADE, related_name="successions")
    successor = models.ForeignKey(Party, models.CASCADE, related_name="predecessions")
    since = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["predecessor", "successor"], name="one_succession")]


class Remit(models.Model):
    """Who regulates what, where, from when to when: one dated, cited row of the duty list (责任清单).

    ``industry`` is a prefix of GB/T 4754 codes (section letter or digits; empty = all); ``subject`` names a special
    subject such as ``special_equipment``, ``fire`` or ``occupational_health``; ``displaces`` says that the row sets aside
    other remits of its role at the same level (a zone that acts by delegation in place of the district).
    """

    party = models.ForeignKey(Party, models.CASCADE, related_name="remits")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=REMIT_ROLES)
    sector = models.CharField(max_length=32, choices=sector_choices(), blank=True)
    industry = models.CharField(max_length=6, blank=True)
    subject = models.CharField(max_length=40, blank=True)
    displaces = models.BooleanField(default=False)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    citation = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=10, choices=CONFIDENCE, default="memory")

    class Meta:
        indexes = [models.Index(fields=["role", "territory"])]


class Characters(models.Func):
    """The characters of a text, in capitals, as an array: what a name is looked up by among hundreds of thousands."""

    template = "string_to_array(upper(%(expressions)s), NULL)"
    output_field = ArrayField(models.TextField())


class Person(models.Model):
    """A human being. The telephone and identity number are encrypted; access to them is logged (identity.reveal)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(Words("姓名", "Name"), max_length=60)
    phone = EncryptedText(Words("电话", "Telephone"), blank=True, default="")
    identity_number = EncryptedText(Words("身份证号", "Identity number"), blank=True, default="")
    is_demo = models.BooleanField(default=False)

    # A day and the posts filled on it, where they were read together with the person; only for as long as a request lasts.
    filled: tuple[date, list[Post]] | None = None

    class Meta:
        indexes = [GinIndex(Characters("name"), name="person_characters")]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A position in a party that exists whoever fills it; work is awaited from posts, never from people."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    party = models.ForeignKey(Party, models.PROTECT, related_name="posts")
    kind = models.CharField(Words("岗位类别", "Kind of post"), max_length=24, choices=post_kind_choices())
    title = models.CharField(Words("岗位名称", "Title"), max_length=80)
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(null=True)
    is_demo = models.BooleanField(default=False)

    standing: Any = None  # what its party was on a day, where that was read with it (``actors.posts_of``)

    class Meta:
        indexes = [models.Index(fields=["party", "kind"])]

    def __str__(self) -> str:
        return f"{self.party.name} {self.title}"


class Membership(models.Model):
    """A person fills a post from one date to another."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    post = models.ForeignKey(Post, models.PROTECT, related_name="memberships")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["post", "valid_to"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "post"], condition=models.Q(valid_to=None), name="one_seat_at_once"
            )
        ]


def _followed(start: set[uuid.UUID], column: str, other: str, on: date) -> dict[uuid.UUID, None]:
    """Follow successions from some parties as far as they go on a day; the order of finding is kept."""
    found: dict[uuid.UUID, None] = {}
    while start:
        rows = PartySuccession.objects.filter(since__lte=on, **{f"{column}__in": start}).order_by(
            "since", "id"
        )
        start = {pk for pk in rows.values_list(other, flat=True) if pk not in found}
        found |= dict.fromkeys(sorted(start))
    return found


def predecessors_of(party_id: uuid.UUID, on: date) -> list[uuid.UUID]:
    """Return the parties whose open work is this party's on a day, through several mergers too."""
    return [pk for pk in _followed({party_id}, "successor", "predecessor", on) if pk != party_id]


def successors_of(party_ids: Iterable[uuid.UUID], on: date) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return for each party that was merged by a day the parties that have its work then: the ends of the way."""
    answer: dict[uuid.UUID, list[uuid.UUID]] = {}
    rows = PartySuccession.objects.filter(since__lte=on).values_list("predecessor_id", "successor_id")
    merged = {predecessor for predecessor, _ in rows}
    for party_id in set(party_ids) & merged:
        later = [pk for pk in _followed({party_id}, "predecessor", "successor", on) if pk not in merged]
        answer[party_id] = [pk for pk in later if pk != party_id]
    return answer
