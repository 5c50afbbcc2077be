"""The bench's risk trees: the numbers that were promised, levels carried up as an approval carries them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from random import Random

from bench.city.risks import EVENTS, MEASURES, OBJECTS, POSTS, SCOPE, _tree

from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit, WorkPost

FIRM = {
    **dict.fromkeys(SCOPE, ""),
    "id": str(uuid.uuid4()),
    "longitude": Decimal("125.3"),
    "latitude": Decimal("43.8"),
}


def test_an_enterprise_has_its_twenty_measures_and_levels_fit() -> None:
    tree = _tree(FIRM, Random(1))
    assert [len(tree[model]) for model in (WorkPost, RiskObject, RiskUnit, RiskEvent, ControlMeasure)] == [
        len(POSTS),
        OBJECTS,
        OBJECTS,
        EVENTS,
        MEASURES,
    ]
    for unit, thing in zip(tree[RiskUnit], tree[RiskObject], strict=True):
        mine = [event for event in tree[RiskEvent] if event["unit_id"] == unit["id"]]
        assert unit["risk_level"] == thing["risk_level"] == max(event["risk_level"] for event in mine)
    levels = {event["id"]: event["risk_level"] for event in tree[RiskEvent]}
    assert all(measure["risk_level"] == levels[measure["event_id"]] for measure in tree[ControlMeasure])


def test_the_same_seed_makes_the_same_tree() -> None:
    assert _tree(FIRM, Random(7)) == _tree(FIRM, Random(7))
