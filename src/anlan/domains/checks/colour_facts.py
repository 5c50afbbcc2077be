"""What failed checks do to the colour of an enterprise: as long as the hidden danger they opened stands, they raise it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from anlan.domains.checks.models import CheckLine
from anlan.domains.checks.words import FAILED
from anlan.domains.colours.facts import FactKind, declare_fact
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel.words import Words


def failing(at: datetime) -> QuerySet[Any]:
    """Return the measures that a check found failing and whose hidden danger is still open."""
    still = HiddenDanger.unscoped(
        "whether what a check found is put right decides the colour of an enterprise"
    )
    lines = CheckLine.objects.filter(danger__in=still.filter(closed_at=None).values("pk"), result=FAILED)
    rows = ControlMeasure.unscoped("a colour is computed from every failing measure of an enterprise")
    return rows.filter(archived_at=None, pk__in=lines.values("measure"))


# The danger that a failed check opens, and its closing, are writes of the danger: they alone need be watched.
declare_fact(
    FactKind(
        name="measure_failed",
        words=Words("管控措施检查不合格", "Control measures that failed their check"),
        rows=failing,
        raises="checks.failed_raises",
        watched=((HiddenDanger, "enterprise"), (ControlMeasure, "enterprise")),
        slug="control-measures",
    )
)
