"""The accident register: the grade follows the figures and is kept; unknown is not nought; scope and writers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.accidents.models import AccidentRecord
from anlan.kernel.registers import create, edit
from anlan.kernel.registers.errors import Invalid, NotAllowed


def answers(city: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "“3·1”坍塌事故", "occurred_on": "2026-03-01", "territory": str(city.village.pk), "sector": "work_safety",
        "counted_class": "construction", "confidence": "sourced", **more,
    }  # fmt: skip


def enter(city: Any, **more: Any) -> AccidentRecord:
    row = create(AccidentRecord, city.officer, answers(city, **more))
    return AccidentRecord.seen_by(city.officer).get(pk=row.pk)


@pytest.mark.parametrize(
    ("figures", "grade"),
    [
        ({"deaths": "2"}, "general"),
        ({"deaths": "3"}, "larger"),
        ({"deaths": "0", "serious_injuries": "50"}, "major"),
        ({"direct_loss_yuan": "100000000"}, "extra_major"),
        ({"deaths": "9", "missing": "5"}, "larger"),
    ],
)
def test_the_grade_follows_the_figures_and_stays_with_the_row(city: Any, figures: Any, grade: str) -> None:
    row = enter(city, **figures)
    assert (row.computed_grade, row.grade) == (grade, grade)
    assert row.grade_basis["steps"]
    assert row.grade_basis["citations"][0]["article"] == "第三条"


def test_a_changed_figure_changes_the_grade_and_the_recorded_one_counts(city: Any) -> None:
    row = enter(city, deaths="2")
    row = edit(AccidentRecord, row.pk, city.officer, {"deaths": "3"})
    assert row.grade == "larger"
    row = edit(AccidentRecord, row.pk, city.officer, {"recorded_grade": "general"})
    assert (row.computed_grade, row.grade) == ("larger", "general")


def test_without_a_figure_there_is_no_grade_and_a_reason(city: Any) -> None:
    row = enter(city)
    assert (row.deaths, row.computed_grade, row.grade) == (None, "", "")
    assert row.grade_basis["why_not"]["zh"]


def test_before_order_493_nothing_is_graded(city: Any) -> None:
    row = enter(city, occurred_on="2006-01-01", deaths="3")
    assert row.grade == ""
    assert "没有有效的规定" in row.grade_basis["why_not"]["zh"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"occurred_on": "2026-04-01"}, "occurred_on"),
        ({"occurred_time": "25:00"}, "occurred_time"),
        ({"accident_type": "2025-01"}, "accident_type"),
        ({"deaths": "-1"}, "deaths"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(city: Any, wrong: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        enter(city, **wrong)
    assert field in refusal.value.errors


def test_a_type_goes_with_the_edition_of_its_day(city: Any) -> None:
    assert enter(city, accident_type="1986-10").accident_type == "1986-10"

    city.clock.forward(timedelta(days=200))
    assert enter(city, occurred_on="2026-08-01", accident_type="2025-12").accident_type == "2025-12"
    with pytest.raises(Invalid):
        enter(city, occurred_on="2026-08-01", accident_type="1986-10")


def test_it_stands_with_its_enterprise_and_only_officers_write(city: Any) -> None:
    row = enter(city, enterprise=str(city.workshop.pk), deaths="1")
    assert row.holder_id == city.workshop.holder_id
    assert AccidentRecord.seen_by(city.safety_officer).filter(pk=row.pk).exists()
    assert not AccidentRecord.seen_by(city.far_officer).filter(pk=row.pk).exists()
    for actor in (city.safety_officer, city.grid_inspector):
        with pytest.raises(NotAllowed):
            create(AccidentRecord, actor, answers(city))
