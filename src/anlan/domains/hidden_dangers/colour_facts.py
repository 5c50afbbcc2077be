"""What hidden dangers do to the colour of an enterprise: overdue ones raise it, an open major one holds it at red."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from anlan.domains.colours.facts import FactKind, declare_fact
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.words import Words


def overdue(at: datetime) -> QuerySet[Any]:
    """Return the open dangers past the deadline of their state, unless suspended."""
    return HiddenDanger.unscoped("a colour is computed from every danger of an enterprise").filter(
        closed_at=None, paused_at=None, due_at__lt=at
    )


def falling_due(since: datetime, until: datetime) -> Iterable[uuid.UUID]:
    """Return the enterprises where an open danger passes its deadline in a span."""
    rows = HiddenDanger.unscoped("a colour is computed from every danger of an enterprise").filter(
        closed_at=None, paused_at=None, due_at__gte=since, due_at__lt=until
    )
    return rows.values_list("enterprise_id", flat=True).distinct()


def open_major(at: datetime) -> QuerySet[Any]:
    """Return the open major dangers."""
    return HiddenDanger.unscoped("a colour is computed from every danger of an enterprise").filter(
        closed_at=None, severity="major"
    )


declare_fact(
    FactKind(
        name="danger_overdue",
        words=Words("逾期隐患", "Overdue hidden dangers"),
        rows=overdue,
        raises="hidden_dangers.overdue_raises",
        many="hidden_dangers.overdue_many",
        watched=((HiddenDanger, "enterprise"),),
        turning=falling_due,
        slug="hidden-dangers",
        opens={"late": "1"},
    )
)
declare_fact(
    FactKind(
        name="danger_major",
        words=Words("未销号重大隐患", "Open major hidden dangers"),
        rows=open_major,
        holds="hidden_dangers.major_holds",
        watched=((HiddenDanger, "enterprise"),),
        slug="hidden-dangers",
        opens={"open": "1", "severity": "major"},
    )
)
