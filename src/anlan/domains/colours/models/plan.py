"""Floor plans (平面图): the picture of a plant on which its risk units are drawn, each in the colour of its gravest risk.

Serves article 15. The picture is evidence like any other, bound to the plan's ledger; the outlines are kept as shares of its
width and height, so that another size of the same picture changes nothing.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models

from anlan.domains.enterprises.within import KEEPERS, WithinEnterprise
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.registers import Kept
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


class FloorPlan(WithinEnterprise):
    """One plan of one enterprise: a floor, a yard, a line."""

    searched = ("name", "enterprise")

    name = models.CharField(Words("平面图名称", "Name of the plan"), max_length=80)
    picture = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+", editable=False)
    outlines = models.TextField(default="[]", editable=False)

    kept: ClassVar[Kept] = Kept(
        slug="floor-plans",
        words=Words("风险平面图", "Floor plans of risks"),
        part="prevention",
        serves=("A15.3", "A14"),
        heading="name",
        columns=("name", "enterprise", "territory", "updated_at"),
        facets=("territory", "sector", "is_demo"),
        sorts=("name", "updated_at", "created_at"),
        order="name",
        asks=("enterprise", "name"),
        writers=KEEPERS,
        panels=((Words("平面图", "The plan"), ("enterprise", "name")),),
    )

    class Meta(WithinEnterprise.Meta):
        verbose_name = "floor plan"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "enterprise"], condition=models.Q(archived_at=None), name="one_plan_a_name"
            )
        ]

    @property
    def industry(self) -> str:
        """Return the industry by which the regulators are resolved."""
        return self.enterprise.industry

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """Return the outlines: ``{"unit": id, "ring": [[x, y], …]}`` with shares of width and height."""
        found: list[dict[str, Any]] = json.loads(self.outlines)
        return found

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return the plan with its units in colour, and what a plan cannot show."""
        from anlan.domains.colours.sections import of_plan

        return of_plan(self, actor)
