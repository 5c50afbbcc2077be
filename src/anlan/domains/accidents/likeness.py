"""Which accidents are very probably one: of the same name, on the same day, at the same place.

Accidents are counted in public figures, and no number tells them apart: a table brought in twice would count them twice. Names
are often of a kind (触电事故); so two that are told of two registered enterprises, or of two units by name, are two. Serves
article 20; a person decides.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import QuerySet

from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.enterprises.names import are_of_two
from anlan.kernel.registers import Likeness
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.words import Words

SAME_ACCIDENT = Words("名称、日期和地点都相同", "The same name, day and place")
DOMAIN = "accidents"
SCORE = 90
LONGEST = 200


def mark_of(values: Mapping[str, Any]) -> tuple[str, date, str] | None:
    """Return name, day and place of an accident, raw or as a row has them; None where one of them is not told."""
    name = unicodedata.normalize("NFKC", _text(values, "name")).strip()
    place = _text(values, "territory")
    try:
        day = date.fromisoformat(_text(values, "occurred_on"))
    except ValueError:
        return None
    return (name, day, place) if name and place else None


def marks_of(values: Mapping[str, Any]) -> dict[Hashable, Words]:
    """Return by what two accidents of one table may be the same."""
    mark = mark_of(values)
    return {} if mark is None else {mark: SAME_ACCIDENT}


def told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two accidents of one mark are told of two registered enterprises, or of two units by name."""
    firms = [_text(one, "enterprise"), _text(other, "enterprise")]
    if all(firms):
        return firms[0] != firms[1]
    return are_of_two(_text(one, "unit_name"), _text(other, "unit_name"))


def same_in_sets(actor: Actor, values: Sequence[Mapping[str, Any]]) -> list[list[Likeness]]:
    """Return for each of many accidents those in scope that are very probably the same; one question for all."""
    found = _same_among(AccidentRecord.seen_by(actor), values)
    return [[_likeness(row) for row in rows] for rows in found]


def same_as_entered(actor: Actor, values: Mapping[str, Any]) -> list[Likeness]:
    """Return the accidents that are very probably the one about to be entered by hand.

    Two departments enter one accident, each for its own sector, and it is counted twice. So whoever acts at a place is told of
    one that another sector keeps there too, but only that it stands.
    """
    place = _text(values, "territory")
    if place.isascii() and place.isdigit():
        values = {**values, "territory": territory_of_code(place)}
    every = AccidentRecord.unscoped(
        "one accident of two sectors must not be counted twice: that it stands is told"
    )
    (same,) = _same_among(every, [values])
    seen = {row.pk for row in AccidentRecord.seen_among(actor, [row.pk for row in same], lambda rows: rows)}
    told = [_likeness(row) for row in same if row.pk in seen]
    if not told and any(_acts_there(actor, row) for row in same):
        return [_likeness(None)]
    return told


def _same_among(
    accidents: QuerySet[AccidentRecord], values: Sequence[Mapping[str, Any]]
) -> list[list[AccidentRecord]]:
    marks = [mark_of(one) for one in values]
    days = {mark[1] for mark in marks if mark is not None}
    if not days:
        return [[] for _ in values]
    rows = (
        accidents.filter(archived_at=None, occurred_on__in=days).select_related("territory").defer("search")
    )
    standing: dict[Any, list[AccidentRecord]] = defaultdict(list)
    for row in rows.order_by("pk"):
        told = {"name": row.name, "occurred_on": row.occurred_on, "territory": row.territory_id}
        standing[mark_of(told)].append(row)
    found = []
    for mark, one in zip(marks, values, strict=True):
        same = [] if mark is None else standing[mark]
        found.append([row for row in same if not told_apart(one, _told_of(row))])
    return found


def _likeness(row: AccidentRecord | None) -> Likeness:
    return Likeness(row, SCORE, (SAME_ACCIDENT,))


def _acts_there(actor: Actor, row: AccidentRecord) -> bool:
    """Say whether the actor acts at the place of an accident, for whatever sector."""
    return any(grant.act and replace(grant, sector=None).covers(row, DOMAIN) for grant in actor.grants)


def _told_of(row: AccidentRecord) -> dict[str, Any]:
    return {"enterprise": row.enterprise_id, "unit_name": row.unit_name}


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return str(getattr(value, "pk", value) if value is not None else "").replace("\x00", "")[:LONGEST]
