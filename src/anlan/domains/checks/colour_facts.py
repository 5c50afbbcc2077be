"""What checks do to the colour of an enterprise: a measure found failing raises it until its danger is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from anlan.domains.colours.facts import FactKind, declare_fact
from anlan.domains.hidden_dangers.models import HiddenDanger, of_a_measure
from anlan.kernel.words import Words


def failed(at: datetime) -> QuerySet[Any]:
    """Return the open dangers that are failing measures: found by the enterprise's own check or on a visit."""
    return HiddenDanger.unscoped("a colour is computed from every danger of an enterprise").filter(
        of_a_measure(), closed_at=None
    )


declare_fact(
    FactKind(
        name="measure_failed",
        words=Words("检查不正常、尚未整改的管控措施", "Measures found failing and not put right"),
        rows=failed,
        raises="checks.failed_raises",
        many="checks.failed_many",
        watched=((HiddenDanger, "enterprise"),),
        slug="hidden-dangers",
        opens={"open": "1", "of_measure": "1"},
    )
)
