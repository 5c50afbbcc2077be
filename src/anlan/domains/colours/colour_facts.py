"""The facts this domain declares of the domains below it: absent people, major hazards past a day. Serves articles 5, 14."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from anlan.domains.colours.facts import FactKind, declare_fact
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.models import HazardKeeper, Installation
from anlan.domains.installations.words import FILED, GRADED, MAJOR_GRADES
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


def hazards_late(at: datetime) -> QuerySet[Any]:
    """Return the major hazards not filed, or not assessed again, by their day."""
    today = at.astimezone(CHINA).date()
    rows = Installation.unscoped("a colour is computed from every fact of an enterprise").filter(
        archived_at=None
    )
    return rows.filter(Q(standing=GRADED, file_by__lt=today) | Q(standing=FILED, regrade_by__lt=today))


def hazards_turning(since: datetime, until: datetime) -> Iterable[uuid.UUID]:
    """Return the enterprises where the day of filing or of a new assessment passes in a span."""
    rows = Installation.unscoped("a colour is computed from every fact of an enterprise").filter(
        archived_at=None
    )
    days = _days_passed(since, until)
    passed = Q(standing=GRADED, file_by__range=days) | Q(standing=FILED, regrade_by__range=days)
    return rows.filter(passed).values_list("enterprise_id", flat=True).distinct()


def duties_late(at: datetime) -> QuerySet[Any]:
    """Return the persons in charge of installations whose periodic duty is past its day."""
    return _of_major_hazards().filter(duty_due_on__lt=at.astimezone(CHINA).date())


def _of_major_hazards() -> QuerySet[Any]:
    """Return the persons in charge of what is a major hazard: a duty ends with the delisting."""
    rows = HazardKeeper.unscoped("a colour is computed from every fact of an enterprise")
    return rows.filter(archived_at=None, installation__grade__in=MAJOR_GRADES)


def duties_turning(since: datetime, until: datetime) -> Iterable[uuid.UUID]:
    """Return the enterprises where the day of a periodic duty passes in a span."""
    passed = _of_major_hazards().filter(duty_due_on__range=_days_passed(since, until))
    return passed.values_list("enterprise_id", flat=True).distinct()


def _days_passed(since: datetime, until: datetime) -> tuple[date, date]:
    """Return the first and last day that ended within a span: what is due on a day is late on the next."""
    a_day = timedelta(days=1)
    return since.astimezone(CHINA).date() - a_day, until.astimezone(CHINA).date() - a_day


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
declare_fact(
    FactKind(
        name="hazard_late",
        words=Words(
            "重大危险源逾期未备案或者未重新评估", "Major hazards not filed or assessed again in time"
        ),
        rows=hazards_late,
        raises="installations.late_raises",
        watched=((Installation, "enterprise"),),
        turning=hazards_turning,
        slug="installations",
    )
)
declare_fact(
    FactKind(
        name="hazard_duty_late",
        words=Words("包保责任人逾期未履职", "Persons in charge whose duty is not done in time"),
        rows=duties_late,
        raises="installations.duty_late_raises",
        watched=((HazardKeeper, "enterprise"), (Installation, "enterprise")),
        turning=duties_turning,
        slug="hazard-keepers",
        opens={"duty_late": "1"},
    )
)
