"""Which fields of a row a reader may see: one rule for pages, spreadsheets and whatever else shows a row."""

from __future__ import annotations

from typing import Any

from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.scope.actor import PERSONAL, Actor


def may_see_field(actor: Actor, row: Any, spec: FieldSpec) -> bool:
    """Say whether a field's sensitivity lies within what the actor may see of this row."""
    if spec.sensitivity < PERSONAL:
        return True
    if row.holder_id in actor.party_ids:
        return spec.sensitivity <= PERSONAL
    reach = [grant for grant in actor.grants if grant.covers(row, row._meta.app_label)]
    return any(grant.ceiling >= spec.sensitivity for grant in reach)
