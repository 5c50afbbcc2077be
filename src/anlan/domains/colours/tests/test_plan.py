"""Floor plans: a picture, units drawn on it, what is refused."""

from __future__ import annotations

import json
import math
import uuid
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.colours import actions, plans
from anlan.domains.colours.models import FloorPlan
from anlan.domains.colours.tests.firm import Firm
from anlan.kernel import ledger
from anlan.kernel.evidence.errors import EvidenceRefused
from anlan.kernel.evidence.uploading import create as begin
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen

RING = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]

NO_UNIT = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def firm(city: Any) -> Firm:
    return Firm(city, city.workshop, city.safety_officer)


@pytest.fixture
def plan(city: Any, firm: Firm) -> FloorPlan:
    return create(FloorPlan, city.safety_officer, {"enterprise": str(city.workshop.pk), "name": "一层"})


def outlines(*units: Any, ring: Any = RING) -> str:
    return json.dumps([{"unit": str(unit), "ring": ring} for unit in units])


def test_a_picture_is_hung_and_a_unit_drawn_in_its_colour(city: Any, firm: Firm, plan: FloorPlan) -> None:
    actions.hang(plan.pk, city.safety_officer, city.photo(city.safety_officer))
    actions.draw(plan.pk, city.safety_officer, outlines(firm.unit.pk))
    firm.graded(4)
    row = actions.plan_for(plan.pk, city.safety_officer, act=False)
    (shape,) = plans.shapes_of(row, city.safety_officer)
    assert (shape.unit.risk_level, shape.points) == (4, "6,5 32,5 32,29")
    assert plans.not_drawn(row, city.safety_officer) == []
    assert [entry.act for entry in ledger.history(plan.pk)] == ["created", "plan_hung", "plan_drawn"]


def test_a_file_of_200_megabytes_is_refused_before_a_byte_is_sent(city: Any) -> None:
    account = city.safety_officer.account_id or uuid.uuid4()
    with pytest.raises(EvidenceRefused) as refusal:
        begin(account, 200 * 1024 * 1024, {"name": "plan.png", "type": "image/png"})
    assert "25 MB" in str(refusal.value.words)


def test_a_document_is_no_plan(city: Any, plan: FloorPlan) -> None:
    from anlan.kernel import evidence

    paper = evidence.receive([b"%PDF-1.4\n%%EOF\n"], "plan.pdf", account_id=city.safety_officer.account_id)
    with pytest.raises(Invalid):
        actions.hang(plan.pk, city.safety_officer, paper.pk)
    with pytest.raises(Invalid):
        actions.hang(plan.pk, city.safety_officer, None)


def test_units_of_another_enterprise_are_refused_and_the_former_outlines_stand(
    city: Any, firm: Firm, plan: FloorPlan
) -> None:
    other = Firm(city, city.far_shop, city.far_safety_officer)
    actions.draw(plan.pk, city.safety_officer, outlines(firm.unit.pk))
    with pytest.raises(Invalid):
        actions.draw(plan.pk, city.safety_officer, outlines(firm.unit.pk, other.unit.pk))
    plan.refresh_from_db()
    assert len(plan.drawn) == 1


@pytest.mark.parametrize(
    "text",
    ["", "null", "{}", "[1]", '[{"unit": "x", "ring": []}]', "[" * 5000, json.dumps([{"unit": NO_UNIT}]),
     json.dumps([{"unit": NO_UNIT, "ring": [[0, 0], [1, 1]]}]),
     json.dumps([{"unit": NO_UNIT, "ring": [[0, 0], [1, 1], [2, 0]]}]),
     json.dumps([{"unit": NO_UNIT, "ring": [[0, 0], [1, math.nan], [1, 0]]}])],
)  # fmt: skip
def test_what_is_no_outline_is_said(text: str) -> None:
    with pytest.raises(Invalid):
        actions.read_outlines(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    with suppress(Invalid):
        actions.read_outlines(text)


def test_others_do_not_draw_on_it(city: Any, firm: Firm, plan: FloorPlan) -> None:
    with pytest.raises(NotAllowed):
        actions.draw(plan.pk, city.officer, outlines(firm.unit.pk))
    with pytest.raises(NotSeen):
        actions.draw(plan.pk, city.far_safety_officer, outlines(firm.unit.pk))
