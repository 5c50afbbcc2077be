"""Grading accidents: the fact sheet, the boundaries of Order 493 art. 3, and 204 real accidents."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.kernel.rules import InputErrors, run

RECORDS = Path(__file__).parent / "records" / "mine_accidents.csv"
ORDER = ("一般事故", "较大事故", "重大事故", "特别重大事故")
ON = "2026-03-06"


def grade(**given: Any) -> str:
    return str(run("accident-grade", {"date": ON, **given})["grade_zh"])


@pytest.mark.parametrize(
    ("deaths", "injuries", "loss_wan", "expected"),
    [
        (2, 9, "999.99", "一般事故"),
        (3, 0, "0", "较大事故"),
        (0, 100, "0", "特别重大事故"),
        (1, 4, "10000", "特别重大事故"),
    ],
)
def test_the_examples_of_the_fact_sheet(deaths: int, injuries: int, loss_wan: str, expected: str) -> None:
    loss = str(Decimal(loss_wan) * 10000)
    assert grade(deaths=deaths, serious_injuries=injuries, direct_loss_yuan=loss) == expected


@pytest.mark.parametrize(
    ("field", "below", "at", "higher"),
    [
        ("deaths", 2, 3, 1),
        ("deaths", 9, 10, 2),
        ("deaths", 29, 30, 3),
        ("serious_injuries", 9, 10, 1),
        ("serious_injuries", 49, 50, 2),
        ("serious_injuries", 99, 100, 3),
        ("direct_loss_yuan", "9999999.99", "10000000", 1),
        ("direct_loss_yuan", "49999999.99", "50000000", 2),
        ("direct_loss_yuan", "99999999.999999999999999", "100000000", 3),
    ],
)
def test_lower_ends_are_in_and_upper_ends_are_out(field: str, below: Any, at: Any, higher: int) -> None:
    assert grade(**{field: below}) == ORDER[higher - 1]
    assert grade(**{field: at}) == ORDER[higher]


@given(
    some.integers(0, 200),
    some.integers(0, 300),
    some.decimals(0, 10**9, places=2),
    some.integers(0, 50),
)
def test_a_worse_accident_never_has_a_lower_grade(deaths: int, hurt: int, loss: Decimal, more: int) -> None:
    before = ORDER.index(grade(deaths=deaths, serious_injuries=hurt, direct_loss_yuan=loss))
    worse = (
        {"deaths": deaths + more, "serious_injuries": hurt, "direct_loss_yuan": loss},
        {"deaths": deaths, "serious_injuries": hurt + more, "direct_loss_yuan": loss},
        {"deaths": deaths, "serious_injuries": hurt, "direct_loss_yuan": loss + more * 10**6},
    )
    assert all(ORDER.index(grade(**figures)) >= before for figures in worse)


@given(some.integers(0, 200), some.integers(0, 300), some.decimals(0, 10**9, places=2))
def test_the_grade_is_the_highest_of_the_three(deaths: int, hurt: int, loss: Decimal) -> None:
    alone = [grade(deaths=deaths), grade(serious_injuries=hurt), grade(direct_loss_yuan=loss)]
    together = grade(deaths=deaths, serious_injuries=hurt, direct_loss_yuan=loss)
    assert together == max(alone, key=ORDER.index)


@pytest.mark.parametrize(
    ("deaths", "investigator", "report"),
    [
        (1, "县级人民政府", "设区的市级"),
        (3, "设区的市级人民政府", "省级"),
        (10, "省级人民政府", "国务院"),
        (30, "国务院或者国务院授权有关部门", "国务院"),
    ],
)
def test_who_investigates_and_how_far_it_is_reported(deaths: int, investigator: str, report: str) -> None:
    found = run("accident-grade", {"deaths": deaths})
    assert found["investigator_zh"] == investigator
    assert found["report_up_to_zh"].startswith(report)


def test_the_finding_accounts_for_itself() -> None:
    found = run("accident-grade", {"deaths": 3, "direct_loss_yuan": "12345678.90"})
    assert found["confidence"] == "sourced"
    assert [c["article"] for c in found["citations"]] == ["第三条", "第十九条", "第十条"]
    assert {c["effective_from"] for c in found["citations"]} == {"2007-06-01"}
    assert any("1234.56789万元" in step["text_zh"] for step in found["steps"])
    assert all(set(step) == {"text_zh", "text_en", "value"} for step in found["steps"])


def test_before_the_regulation_there_is_no_rule() -> None:
    with pytest.raises(InputErrors) as refused:
        run("accident-grade", {"deaths": 3, "date": "2007-05-31"})
    assert [(f.field, f.code) for f in refused.value.faults] == [("date", "no_rule_in_force")]
    assert run("accident-grade", {"deaths": 3, "date": "2007-06-01"})["grade_zh"] == "较大事故"


def test_an_accident_without_any_figure_is_not_graded() -> None:
    with pytest.raises(InputErrors) as refused:
        run("accident-grade", {})
    assert {f.field for f in refused.value.faults} == {"deaths", "serious_injuries", "direct_loss_yuan"}


@pytest.mark.parametrize("bad", [True, -1, "3人", "1.5", 1.5, "1e3", None, [], {}, "", "NaN", 10**30, "٣"])
def test_deaths_that_are_no_number_of_people_are_refused(bad: Any) -> None:
    with pytest.raises(InputErrors) as refused:
        run("accident-grade", {"deaths": bad})
    assert refused.value.faults[0].field == "deaths"


def records() -> list[dict[str, str]]:
    with RECORDS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Why seven of the 204 have no recorded grade.
DEATHS_NOT_STATED = {"CN-M2009-076", "CN-M2009-082", "CN-M2011-034", "CN-M2011-072", "CN-M2011-095"}
NOBODY_DIED = {"CN-M2011-016", "CN-M2011-059"}


def test_the_real_accidents_are_all_there() -> None:
    assert len(records()) == 204
    assert {row["id"] for row in records() if not row["level"]} == DEATHS_NOT_STATED | NOBODY_DIED


@pytest.mark.parametrize("row", [r for r in records() if r["level"]], ids=lambda row: str(row["id"]))
def test_a_real_accident_has_its_recorded_grade(row: dict[str, str]) -> None:
    """Deaths alone are used: the list does not say which of the injured were seriously injured."""
    found = run("accident-grade", {"deaths": row["deaths"], "date": row["date"]})
    assert found["grade_zh"] == f"{row['level']}事故"


@pytest.mark.parametrize("row", [r for r in records() if not r["level"]], ids=lambda row: str(row["id"]))
def test_a_real_accident_without_grade_is_explained(row: dict[str, str]) -> None:
    """Nobody confirmed dead: the list gives no grade. Order 493 does: figures of 0 lie in the lowest span."""
    if row["id"] in NOBODY_DIED:
        assert run("accident-grade", {"deaths": row["deaths"], "date": row["date"]})["grade_zh"] == "一般事故"
        return
    with pytest.raises(InputErrors):
        run("accident-grade", {"deaths": row["deaths"], "date": row["date"]})
    assert int(row["missing"]) > 0, "the missing are not yet dead: a grade must wait for confirmation"
