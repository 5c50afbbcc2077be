"""The gravest measures of enterprises, for whoever comes to look: the door by which a visit asks what a site itself controls.

Graded measures alone, the highest grade first, the same text once. Serves article 15: the measures of graded control are what is
checked, by the enterprise and by whoever inspects it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from anlan.domains.risk.models import ControlMeasure
from anlan.domains.risk.words import UNGRADED

WATCHED_BY_SENSOR = "1"
READ_FOR_ONE = 4  # so many rows are read for each one wanted: the same text may stand at several events
_MARKS = re.compile(r"[\s，。、；：,.;:()（）]+")


@dataclass(frozen=True, slots=True)
class GraveMeasure:
    """A measure as it is asked about on site."""

    pk: uuid.UUID
    enterprise: uuid.UUID
    asked: str
    description: str
    event: str
    accident_type: str
    risk_level: int


_COLUMNS = (
    "pk", "enterprise_id", "check_content", "description", "event__name", "event__accident_type", "risk_level",
)  # fmt: skip


def gravest_measures(enterprises: Collection[uuid.UUID], most: int) -> dict[uuid.UUID, list[GraveMeasure]]:
    """Return the measures of the highest grades of some enterprises, at most so many each, each text once."""
    if most <= 0 or not enterprises:
        return {}
    rows = ControlMeasure.unscoped("whoever inspects a site looks at the gravest of its measures").filter(
        enterprise__in=list(enterprises), archived_at=None, risk_level__gt=UNGRADED
    )
    order = [F("risk_level").desc(), F("pk").asc()]
    placed = rows.exclude(data_source=WATCHED_BY_SENSOR).annotate(
        place=Window(RowNumber(), partition_by=[F("enterprise")], order_by=order)
    )
    found: dict[uuid.UUID, list[GraveMeasure]] = {}
    said: dict[uuid.UUID, set[str]] = {}
    for one in _read(placed.filter(place__lte=most * READ_FOR_ONE).order_by("enterprise", "place")):
        mine, known = found.setdefault(one.enterprise, []), said.setdefault(one.enterprise, set())
        text = same_text(one.asked)
        if text not in known and len(mine) < most:
            known.add(text)
            mine.append(one)
    return found


def measures_named(pks: Collection[uuid.UUID]) -> dict[uuid.UUID, GraveMeasure]:
    """Return measures by their keys, archived ones too: what was asked then is still known by its words."""
    if not pks:
        return {}
    rows = ControlMeasure.unscoped("what was asked on a visit is named though the measure has gone")
    return {one.pk: one for one in _read(rows.filter(pk__in=list(pks)).order_by())}


def same_text(text: str) -> str:
    """Return a text so that two that say the same in other spacing or marks are one."""
    return _MARKS.sub("", text)


def _read(rows: Any) -> list[GraveMeasure]:
    return [
        GraveMeasure(pk, firm, content or description, description, event, kind, level)
        for pk, firm, content, description, event, kind, level in rows.values_list(*_COLUMNS)
    ]
