"""Reading notices: what concerns an actor now, how much of it is new, and marking it as read.

Counting looks back thirty days: what is older no longer counts as new, whoever holds the post.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from anlan.kernel import clock
from anlan.kernel.notices.chosen import Absence
from anlan.kernel.notices.told import Notice, NoticeRead
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.actors import posts_of
from anlan.kernel.scope.alternatives import Way, written
from anlan.kernel.scope.parties import predecessors_of
from anlan.kernel.scope.together import NONE, Counted

NOBODY_ID = uuid.UUID(int=0)
NEW_FOR = timedelta(days=30)
COUNTED = 100  # beyond it the bell says 99+
MOST_MARKED = 5000


def addressed_to(actor: Actor) -> Q | None:
    """Return the condition for notices to the actor's post, to its kind of post in its party, or to the person."""
    if actor.kind != "person" or actor.person_id is None:
        return None
    mine = Q(person_id=actor.person_id)
    if actor.post_id is not None:
        mine |= Q(post_id=actor.post_id)
        mine |= Q(party_id__in=actor.party_ids, post=None, kinds__contains=[actor.post_kind])
    return mine


def notices_for(actor: Actor) -> QuerySet[Notice]:
    """Return what the actor is told; nobody is told of their own acts."""
    mine = addressed_to(actor)
    if mine is None:
        return Notice.objects.none()
    for absence in stood_in_for(actor.person_id, clock.today()) if actor.person_id else ():
        mine |= _of_absent(absence)
    return _told(mine, actor)


def _told(mine: Q, actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(mine).exclude(by_person=actor.person_id)


def stood_in_for(person_id: uuid.UUID, on: date) -> list[Absence]:
    """Return the absences a person stands in for on a day."""
    return list(_stood_in(person_id, on).select_related("person"))


def _stood_in(person_id: uuid.UUID, on: date) -> QuerySet[Absence]:
    return Absence.objects.filter(substitute=person_id, ended_at=None, since__lte=on, until__gte=on)


def _of_absent(absence: Absence) -> Q:
    """Return the condition for what is told to the posts of somebody who is away, from the day they left."""
    since = datetime.combine(absence.since, time(), clock.CHINA)
    condition = Q(pk__in=[])
    for post in posts_of(absence.person, clock.today()):
        parties = [post.party_id, *predecessors_of(post.party_id, clock.today())]
        of_kind = Q(party_id__in=parties, post=None, kinds__contains=[post.kind])
        condition |= Q(post_id=post.pk) | of_kind
    return condition & Q(made_at__gte=since)


def with_read(rows: QuerySet[Notice], actor: Actor) -> QuerySet[Any]:
    """Mark each row with whether the actor has read it (``is_read``)."""
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), person=actor.person_id or NOBODY_ID)
    return rows.annotate(is_read=Exists(read))


def unread(actor: Actor) -> QuerySet[Any]:
    """Return what is new to the actor."""
    return _new(notices_for(actor), actor)


def own_unread(actor: Actor) -> Counted:
    """Return what is new to the actor, to be counted as far as the bell says, without what is told on behalf of others.

    Right where ``standing_in`` counts nothing.
    """
    if actor.kind != "person" or actor.person_id is None:
        return NONE
    ways: list[Way] = [[("person", "=", actor.person_id)]]
    if actor.post_id is not None:
        ways.append([("post", "=", actor.post_id)])
    if actor.post_id is not None and actor.party_ids:
        of_kind = [
            ("party", "in", actor.party_ids),
            ("post", "null", None),
            ("kinds", "holds", actor.post_kind),
        ]
        ways.append(of_kind)
    mine, params = written(ways, _ADDRESS)
    values = [*params, actor.person_id, clock.now() - NEW_FOR, actor.person_id]
    return Counted(f"FROM notices_notice AS notice WHERE {mine} AND {_UNREAD}", values, COUNTED)


_ADDRESS = {"person": "person_id", "post": "post_id", "party": "party_id", "kinds": "kinds"}
_UNREAD = (
    "by_person IS DISTINCT FROM %s AND made_at >= %s"
    " AND NOT EXISTS (SELECT 1 FROM notices_noticeread WHERE notice_id = notice.id AND person_id = %s)"
)


def standing_in(actor: Actor) -> Counted:
    """Return the absences the actor stands in for today, to be counted."""
    on = clock.today()
    sql = "FROM notices_absence WHERE substitute_id = %s AND ended_at IS NULL AND since <= %s AND until >= %s"
    return Counted(sql, [actor.person_id or NOBODY_ID, on, on])


def _new(rows: QuerySet[Notice], actor: Actor) -> QuerySet[Any]:
    return with_read(rows, actor).filter(is_read=False, made_at__gte=clock.now() - NEW_FOR)


def unread_count(actor: Actor) -> int:
    """Return how much is new, counted up to a hundred."""
    return unread(actor).order_by()[:COUNTED].count()


def mark_read(actor: Actor, ids: Sequence[uuid.UUID] | None = None) -> int:
    """Mark notices as read by the actor: those named, or all that are new; returns how many became so."""
    if actor.person_id is None:
        return 0
    rows = unread(actor) if ids is None else with_read(notices_for(actor), actor).filter(is_read=False)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids)[:MOST_MARKED])
    found = list(rows.order_by("-made_at").values_list("pk", flat=True)[:MOST_MARKED])
    now = clock.now()
    NoticeRead.objects.bulk_create(
        (NoticeRead(notice_id=pk, person_id=actor.person_id, at=now) for pk in found), ignore_conflicts=True
    )
    if found:
        tell_reader(actor.person_id)
    return len(found)


LIVE_CHANNEL = "anlan_live"
OF_PERSON = "notices"  # stands where the name of a loop stands when what changed is somebody's notices


def tell_reader(person_id: uuid.UUID) -> None:
    """Ring the bell on the open pages of a person, once the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, json_build_object('loop', %s::text, 'id', %s::text)::text)",
            [LIVE_CHANNEL, OF_PERSON, str(person_id)],
        )
