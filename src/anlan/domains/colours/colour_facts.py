"""The facts this domain declares itself: duty holders who are absent. Serves article 5."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from anlan.domains.colours.facts import FactKind, declare_fact
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import ControlMeasure, WorkPost
from anlan.kernel.clock import CHINA
from anlan.kernel.scope.models import Membership, Post
from anlan.kernel.scope.territory import in_force
from anlan.kernel.words import Words

GRAVE = 3  # measures of considerable and major risks must have somebody who answers for them


def without_officer(at: datetime) -> QuerySet[Any]:
    """Return the operating enterprises in whose posts nobody is safety officer on the day."""
    today = at.astimezone(CHINA).date()
    seats = Membership.objects.filter(
        in_force(today), post__party=OuterRef("holder"), post__kind="safety_officer"
    )
    filled = Exists(seats.filter(Q(post__closed_on=None) | Q(post__closed_on__gt=today)))
    return Enterprise.unscoped("a colour is computed from every fact of an enterprise").filter(
        ~filled, archived_at=None, operation="operating"
    )


def officers_turning(since: datetime, until: datetime) -> Iterable[uuid.UUID]:
    """Return the enterprises where somebody takes up or leaves the post of safety officer on the days that have begun."""
    first, last = since.astimezone(CHINA).date(), until.astimezone(CHINA).date()
    if first == last:
        return ()
    days = (first + timedelta(days=1), last)
    left = (first, last - timedelta(days=1))
    turns = (
        Q(memberships__valid_from__range=days)
        | Q(memberships__valid_to__range=left)
        | Q(closed_on__range=days)
    )
    parties = Post.objects.filter(turns, kind="safety_officer").values("party")
    return (
        Enterprise.unscoped("a colour is computed from every fact of an enterprise")
        .filter(holder__in=parties)
        .values_list("pk", flat=True)
    )


def unowned_measures(at: datetime) -> QuerySet[Any]:
    """Return the measures of grave risks for which no person is named, neither by name nor by a post somebody fills."""
    nobody = Q(responsible_post=None) | ~Q(responsible_post__archived_at=None)
    nobody |= Q(responsible_post__person_name="", responsible_post__filled_by=None)
    rows = ControlMeasure.unscoped("a colour is computed from every fact of an enterprise").filter(
        archived_at=None, risk_level__gte=GRAVE, responsible_person=""
    )
    return rows.filter(nobody)


declare_fact(
    FactKind(
        name="no_safety_officer",
        words=Words("没有安全管理人员在岗", "No safety officer in post"),
        rows=without_officer,
        raises="colours.no_safety_officer_raises",
        enterprise="pk",
        watched=((Post, "party"), (Enterprise, "id")),
        turning=officers_turning,
        slug="enterprises",
    )
)
declare_fact(
    FactKind(
        name="measure_unowned",
        words=Words("较大以上风险的管控措施无人负责", "Measures of grave risks nobody answers for"),
        rows=unowned_measures,
        raises="colours.measure_unowned_raises",
        watched=((ControlMeasure, "enterprise"), (WorkPost, "enterprise")),
        slug="control-measures",
    )
)
