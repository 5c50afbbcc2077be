"""Reading what colours are computed from, for some enterprises or the whole city: one question a source, never one a row."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Count, F, Func, Max, QuerySet, When

from anlan.domains.colours.facts import fact_kinds, limits_on
from anlan.domains.colours.rules import Painted, paint
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import RiskEvent, RiskObject, RiskUnit
from anlan.kernel.clock import CHINA
from anlan.kernel.scope.responsibility import section_of

MOST_ROWS = 20  # rows of a kind of fact that are kept with the colour; more are counted
MOST_EVENTS = 5
# The tables the risks alone are read from, with the column that names the enterprise.
BASE: dict[type[models.Model], str] = {
    Enterprise: "id", RiskObject: "enterprise", RiskUnit: "enterprise", RiskEvent: "enterprise",
}  # fmt: skip

Ids = Collection[uuid.UUID] | None


@dataclass(frozen=True, slots=True)
class Colour:
    """The colour an enterprise ought to bear, the section of its industry, and what it was computed from, as it is kept."""

    level: int
    section: str
    basis: str


@dataclass(slots=True)
class Read:
    """What was read of one enterprise: its risks, and of every kind of fact how many rows and which."""

    inherent: int = 0
    effective: int = 0
    events: list[str] = field(default_factory=list)
    facts: dict[str, tuple[int, list[str]]] = field(default_factory=dict)


def colours_of(ids: Ids, at: datetime) -> dict[uuid.UUID, Colour]:
    """Return the colour that each enterprise ought to bear at a moment; of none given, every one. Archived ones bear none."""
    day = at.astimezone(CHINA).date()
    read: dict[uuid.UUID, Read] = defaultdict(Read)
    _read_risks(read, ids)
    for kind in fact_kinds():
        rows = _of(kind.rows(at), kind.enterprise, ids).order_by().values_list(kind.enterprise)
        for firm, count, some in rows.annotate(
            many=Count("pk"), some=_first(ArrayAgg("pk", order_by="pk"), MOST_ROWS)
        ):
            read[firm].facts[kind.name] = (count, [str(pk) for pk in some])
    stages, limits = {kind.name: kind.stages(day) for kind in fact_kinds()}, limits_on(day)

    @lru_cache(maxsize=100_000)
    def painted(inherent: int, effective: int, facts: tuple[tuple[str, int], ...]) -> Painted:
        return paint(inherent, effective, facts, stages, limits)

    firms = _of(
        Enterprise.unscoped("a colour is computed from every risk and fact of an enterprise").filter(
            archived_at=None
        ),
        "pk",
        ids,
    )
    found, nothing = {}, Read()
    for pk, industry in firms.order_by().values_list("pk", "industry").iterator(chunk_size=5000):
        one = read.get(pk, nothing)
        counts = tuple(sorted((name, count) for name, (count, _) in one.facts.items()))
        colour = painted(one.inherent, one.effective, counts)
        found[pk] = Colour(colour.level, section_of(industry), kept(one, colour))
    return found


def _read_risks(read: dict[uuid.UUID, Read], ids: Ids) -> None:
    rows = RiskEvent.unscoped("a colour is computed from every risk and fact of an enterprise").filter(
        archived_at=None, unit__archived_at=None, unit__risk_object__archived_at=None
    )
    effective = Case(When(residual_level__gt=0, then=F("residual_level")), default=F("risk_level"))
    rows = _of(rows, "enterprise", ids).exclude(risk_level=0).order_by().annotate(effective=effective)
    gravest = _first(ArrayAgg("pk", order_by=("-effective", "pk")), MOST_EVENTS)
    grouped = rows.values_list("enterprise").annotate(
        inherent=Max("risk_level"), most=Max("effective"), gravest=gravest
    )
    for firm, inherent, most, events in grouped:
        read[firm] = Read(inherent, most, [str(pk) for pk in events])


def _of(rows: QuerySet[Any], column: str, ids: Ids) -> QuerySet[Any]:
    return rows if ids is None else rows.filter(**{f"{column}__in": list(ids)})


def _first(array: Any, most: int) -> Func:
    """Return the beginning of an array the database makes, so that no long ones travel."""
    kind: Any = ArrayField(models.UUIDField())
    return Func(array, template=f"(%(expressions)s)[1:{most}]", output_field=kind)


def kept(read: Read, colour: Painted) -> str:
    """Return what a colour was computed from, as it is kept beside it."""
    facts = [
        {"kind": effect.kind, "n": effect.count, "raises": effect.raises, "at_least": effect.at_least,
         "rows": read.facts[effect.kind][1]}
        for effect in colour.effects
    ]  # fmt: skip
    told = {
        "inherent": read.inherent, "effective": read.effective, "base": colour.base, "events": read.events, "facts": facts,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
