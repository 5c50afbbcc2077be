"""Brackets of fines by clause and day, their ends, and the surcharge: cases and properties."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.domains.penalties.rules import bases, surcharge
from anlan.kernel.rules import InputErrors, parameter, run

ON = "2026-03-06"
YUAN = some.decimals(0, 10_000_000, places=2)


def bracket(basis: str, respondent: str = "unit", **more: Any) -> dict[str, Any]:
    return run("penalty-bracket", {"date": ON, "basis": basis, "respondent": respondent, **more})


@pytest.mark.parametrize(
    ("basis", "respondent", "overdue", "low", "high"),
    [
        ("P102", "unit", False, "0", "50000"),
        ("P102", "person", True, "50000", "100000"),
        ("P94", "person", False, "20000", "50000"),
        ("P94", "person", True, "50000", "100000"),
        ("P97", "unit", True, "100000", "200000"),
        ("P98", "unit", False, "100000", "500000"),
        ("P103a", "unit", True, "100000", "200000"),  # no heavier bracket for lateness: its own stays
        ("P114X", "unit", False, "10000000", "20000000"),
        ("PEM32", "unit", True, "30000", "50000"),
    ],
)
def test_brackets_of_the_law(basis: str, respondent: str, overdue: bool, low: str, high: str) -> None:
    found = bracket(basis, respondent, overdue=overdue)
    assert (found["low_yuan"], found["high_yuan"]) == (low, high)
    assert found["confidence"] == "sourced"


@pytest.mark.parametrize("basis", list(bases()))
def test_every_ground_has_both_languages_and_spans_that_rise(basis: str) -> None:
    entry = bases()[basis]
    assert entry["zh"] != entry["en"]
    for span in (entry[name] for name in ("unit", "overdue_unit", "person", "overdue_person")):
        assert span is None or 0 <= span[0] < span[1]
    for respondent in ("unit", "person"):
        assert bracket(basis, respondent)["steps"]


def test_where_no_amount_is_set_nothing_is_computed() -> None:
    for basis, respondent in (("P95", "person"), ("P112", "unit"), ("P97", "person"), ("PEM32", "unit")):
        found = bracket(basis, respondent, fine_yuan="1")
        assert (found["low_yuan"], found["fits"]) == (None, None)


def test_the_day_of_the_act_chooses_the_law() -> None:
    for day, basis in (("2021-08-31", "P102"), ("2019-03-31", "PEM32")):
        with pytest.raises(InputErrors) as refused:
            run("penalty-bracket", {"date": day, "basis": basis, "respondent": "unit"})
        assert refused.value.faults[0].code == "no_rule_in_force"


@given(YUAN)
def test_both_ends_belong_to_the_bracket(fine: Decimal) -> None:
    found = bracket("P98", fine_yuan=format(fine, "f"))
    assert found["fits"] == (Decimal(found["low_yuan"]) <= fine <= Decimal(found["high_yuan"]))


@given(YUAN, some.integers(-50, 400))
def test_the_surcharge_never_falls_with_the_days_and_never_exceeds_the_fine(fine: Decimal, days: int) -> None:
    rate = Decimal(parameter("penalties.surcharge", date(2026, 3, 6)).value)
    due = surcharge(fine, days, rate)
    assert 0 <= due <= fine
    assert due <= surcharge(fine, days + 1, rate)
    assert (due == 0) == (days <= 0 or fine == 0)


def test_three_percent_a_day_is_whole_after_thirty_four_days() -> None:
    rate, fine = Decimal(3), Decimal(30_000)
    assert [surcharge(fine, days, rate) for days in (0, 1, 10, 33, 34, 200)] == [
        0,
        900,
        9000,
        29700,
        30000,
        30000,
    ]


def test_the_figure_of_a_large_fine_ends_with_january_2026_and_says_it_is_from_memory() -> None:
    from anlan.kernel.rules import RuleGap

    last = parameter("penalties.hearing_fine", date(2026, 1, 31))
    assert (last.value, last.confidence) == ({"person_yuan": 20000, "unit_yuan": 50000}, "memory")
    with pytest.raises(RuleGap):
        parameter("penalties.hearing_fine", date(2026, 2, 1))
    old, new = (parameter("penalties.decide_within", day) for day in (date(2026, 1, 31), date(2026, 2, 1)))
    assert [(one.value, one.confidence) for one in (old, new)] == [(30, "memory"), (90, "sourced")]
