"""Reads of the risk domain that deserve thought: one's own measures, who controls an event, counts of an enterprise."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import (
    ControlMeasure,
    Division,
    RiskEvent,
    RiskGrading,
    RiskObject,
    RiskUnit,
    WorkPost,
)
from anlan.domains.risk.words import LAYER_OF_DIVISION, LAYER_ORDER, LAYERS
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST_MEASURES = 1_000


@dataclass(frozen=True, slots=True)
class Mine:
    """The measures of one person: at the own post, and at the layers the person is in charge of."""

    own: list[ControlMeasure]
    charge: list[tuple[Division, list[ControlMeasure]]]


def mine(actor: Actor) -> Mine:
    """Return the measures that fall to an actor: by the post that answers, and by what the post is in charge of."""
    if actor.post_id is None:
        return Mine([], [])
    rows = _measures(ControlMeasure.seen_by(actor))
    own = list(rows.filter(responsible_post__filled_by=actor.post_id)[:MOST_MEASURES])
    heads = Division.seen_by(actor).filter(head__filled_by=actor.post_id, archived_at=None).defer("search")
    charge = [
        (one, list(rows.filter(in_charge_of(one))[:MOST_MEASURES])) for one in heads.order_by("kind", "name")
    ]
    if actor.post_kind == "main_person" and not charge:
        top = list(rows.filter(control_layer="company")[:MOST_MEASURES])
        if top and actor.party_name:
            charge = [(Division(name=actor.party_name, kind="company"), top)]
    return Mine(own, charge)


def _measures(rows: Any) -> Any:
    found = rows.filter(archived_at=None, event__archived_at=None).defer("search")
    return found.select_related("event__unit__risk_object", "responsible_post").order_by(
        "-risk_level", "event__name", "pk"
    )


def in_charge_of(division: Division) -> Q:
    """Return the condition for measures that a department or team controls: its layer or above, in its part of the enterprise."""
    layer = LAYER_OF_DIVISION[division.kind]
    layers = LAYER_ORDER[: LAYER_ORDER.index(layer) + 1]
    condition = Q(enterprise=division.enterprise_id, control_layer__in=layers)
    if division.kind == "company":
        return condition
    return condition & Q(responsible_post__division__in=below(division))


def below(division: Division) -> list[uuid.UUID]:
    """Return a part of the enterprise and everything under it."""
    rows = Division.unscoped("the parts below a part follow from the enterprise's own structure")
    pairs = rows.filter(enterprise=division.enterprise_id, archived_at=None).values_list("pk", "above_id")
    children: dict[Any, list[uuid.UUID]] = {}
    for pk, above in pairs:
        children.setdefault(above, []).append(pk)
    found, waiting = [], [division.pk]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting += children.get(one, [])
    return found


@dataclass(frozen=True, slots=True)
class Controller:
    """Who controls an event at one layer."""

    layer: Words
    name: str
    person: str


def controllers(event: RiskEvent, measures: Sequence[ControlMeasure]) -> list[Controller]:
    """Return who controls an event, from the layer its level asks for down to the posts."""
    if not event.control_layer:
        return []
    layers = LAYER_ORDER[LAYER_ORDER.index(event.control_layer) :]
    posts = {one.responsible_post for one in measures if one.responsible_post is not None}
    found: dict[tuple[str, str], str] = {}
    for post in sorted(posts, key=lambda one: one.name):
        for division in _line(post.division):
            found.setdefault((LAYER_OF_DIVISION[division.kind], division.name), division.head_name)
        found.setdefault(("post", post.name), post.person_name)
    for one in measures:
        if one.responsible_person:
            found.setdefault(("post", one.responsible_person), one.responsible_person)
    if "company" in layers and not any(layer == "company" for layer, _ in found):
        found["company", event.enterprise.name] = event.enterprise.legal_representative
    names = dict(LAYERS)
    return [
        Controller(names[layer], name, person)
        for layer in layers
        for (at, name), person in found.items()
        if at == layer
    ]


def _line(division: Division | None) -> list[Division]:
    return [division, *division.line_above()] if division else []


@dataclass
class Branch:
    """One object with its units, their events and measures."""

    row: RiskObject
    units: list[tuple[RiskUnit, list[tuple[RiskEvent, list[ControlMeasure]]]]] = field(default_factory=list)


def tree_of(firm: Enterprise, actor: Actor) -> list[Branch]:
    """Return the whole tree of an enterprise in four reads, the gravest objects first."""
    live = {"enterprise": firm, "archived_at": None}
    measures: dict[Any, list[ControlMeasure]] = {}
    for measure in (
        ControlMeasure.seen_by(actor)
        .filter(**live)
        .defer("search")
        .select_related("responsible_post__division")
        .order_by("kind", "pk")
    ):
        measures.setdefault(measure.event_id, []).append(measure)
    events: dict[Any, list[tuple[RiskEvent, list[ControlMeasure]]]] = {}
    for event in (
        RiskEvent.seen_by(actor)
        .filter(**live)
        .defer("search")
        .select_related("enterprise")
        .order_by("-risk_level", "name")
    ):
        events.setdefault(event.unit_id, []).append((event, measures.get(event.pk, [])))
    units: dict[Any, list[Any]] = {}
    for unit in RiskUnit.seen_by(actor).filter(**live).defer("search").order_by("-risk_level", "name"):
        units.setdefault(unit.risk_object_id, []).append((unit, events.get(unit.pk, [])))
    objects = (
        RiskObject.seen_by(actor)
        .filter(**live)
        .defer("search")
        .select_related("division")
        .order_by("-risk_level", "name")
    )
    return [Branch(row, units.get(row.pk, [])) for row in objects]


def levels_of(branches: Iterable[Branch]) -> dict[int, int]:
    """Return how many events of each level a tree holds, the gravest first."""
    counted = Counter(
        event.risk_level for branch in branches for _unit, events in branch.units for event, _ in events
    )
    return {level: counted.get(level, 0) for level in (4, 3, 2, 1, 0)}


def gradings_waiting(firm: Enterprise, actor: Actor) -> int:
    """Return how many gradings of an enterprise are under way."""
    return RiskGrading.seen_by(actor).filter(enterprise=firm, closed_at=None).count()


def enterprise_of(actor: Actor) -> Enterprise | None:
    """Return the enterprise a person works for."""
    if not actor.party_ids:
        return None
    rows = Enterprise.seen_by(actor).filter(holder__in=actor.party_ids, archived_at=None)
    return rows.select_related("territory", "holder").defer("search").first()


def posts_of(firm: Enterprise, actor: Actor) -> list[WorkPost]:
    """Return the posts of an enterprise."""
    return list(
        WorkPost.seen_by(actor).filter(enterprise=firm, archived_at=None).defer("search").order_by("name")
    )
