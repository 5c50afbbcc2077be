"""The calculators of risk: every score of the scales, monotone, the published matrix, what is off the scale."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.risk.rules import FACTORS, PRODUCT, scale
from anlan.kernel.rules import InputErrors, run

LEVELS = ["低风险", "一般风险", "较大风险", "重大风险"]
COLOURS = {"低风险": "蓝", "一般风险": "黄", "较大风险": "橙", "重大风险": "红"}
ON = {"date": "2026-03-06"}


SCORES = {(m, f): [row["score"] for row in scale(m, f)] for m, factors in FACTORS.items() for f in factors}


def scores(method: str, factor: str) -> list[str]:
    return SCORES[method, factor]


def every(method: str) -> list[dict[str, str]]:
    factors = FACTORS[method]
    return [
        dict(zip(factors, found, strict=True)) for found in product(*(scores(method, f) for f in factors))
    ]


def graded(method: str, asked: dict[str, Any]) -> dict[str, Any]:
    return run(f"risk-{method}", {**asked, **ON})


@pytest.mark.parametrize("profile", ["four_band", "five_grade"])
def test_every_pair_of_the_matrix_is_graded(profile: str) -> None:
    for asked in every("ls"):
        found = graded("ls", {**asked, "profile": profile})
        assert found["R"] == str(int(asked["L"]) * int(asked["S"]))
        assert found["colour_zh"] == COLOURS[found["level_zh"]]


@pytest.mark.parametrize("method", ["lec", "mes"])
def test_every_combination_of_the_scales_is_graded(method: str) -> None:
    for asked in every(method):
        found = graded(method, asked)
        expected = Decimal(1)
        for score in asked.values():
            expected *= Decimal(score)
        assert Decimal(found[PRODUCT[method]]) == expected
        assert "." not in found[PRODUCT[method]] or not found[PRODUCT[method]].endswith("0")
        assert found["colour_zh"] == COLOURS[found["level_zh"]]


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        ({"L": 3, "S": 4, "profile": "four_band"}, "较大风险"),
        ({"L": 3, "S": 4, "profile": "five_grade"}, "一般风险"),
        ({"L": 4, "S": 5}, "重大风险"),
        ({"L": 1, "S": 3}, "低风险"),
        ({"L": 1, "S": 4}, "一般风险"),
        ({"L": 1, "S": 4, "profile": "five_grade"}, "低风险"),
        ({"L": 3, "S": 5, "profile": "five_grade"}, "较大风险"),
    ],
)
def test_the_matrix_as_it_is_published(asked: dict[str, Any], level: str) -> None:
    assert graded("ls", asked)["level_zh"] == level


@pytest.mark.parametrize(
    ("asked", "danger", "level"),
    [
        ((10, 1, 7), "70", "一般风险"),
        ((10, 2, 1), "20", "低风险"),
        (("0.5", 1, 40), "20", "低风险"),
        ((3, 6, 15), "270", "较大风险"),
        ((6, 6, 15), "540", "重大风险"),
        (("0.1", "0.5", 1), "0.05", "低风险"),
        ((10, 10, 100), "10000", "重大风险"),
        ((1, 6, 7), "42", "低风险"),
    ],
)
def test_bands_of_lec_at_their_edges(asked: tuple[Any, ...], danger: str, level: str) -> None:
    found = graded("lec", dict(zip("LEC", asked, strict=True)))
    assert (found["D"], found["level_zh"]) == (danger, level)


def test_the_edges_nobody_can_reach_are_not_reached() -> None:
    reached = {Decimal(graded("lec", asked)["D"]) for asked in every("lec")}
    assert len(reached) == 103
    assert not reached & {Decimal(160), Decimal(320)}


@given(data=st.data())
def test_a_higher_score_never_lowers_the_level(data: Any) -> None:
    method = data.draw(st.sampled_from(sorted(FACTORS)))
    asked = {factor: data.draw(st.sampled_from(scores(method, factor))) for factor in FACTORS[method]}
    factor = data.draw(st.sampled_from(FACTORS[method]))
    higher = [score for score in scores(method, factor) if Decimal(score) >= Decimal(asked[factor])]
    more = {**asked, factor: data.draw(st.sampled_from(higher))}
    before, after = (LEVELS.index(graded(method, one)["level_zh"]) for one in (asked, more))
    assert after >= before


@given(number=st.decimals(min_value=0, max_value=200, places=2, allow_nan=False))
def test_what_is_off_the_scale_is_refused(number: Decimal) -> None:
    asked = {"L": str(number), "E": 6, "C": 15}
    if any(Decimal(score) == number for score in scores("lec", "L")):
        assert graded("lec", asked)["D"]
        return
    with pytest.raises(InputErrors) as refused:
        graded("lec", asked)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("L", "not_on_scale")]


@pytest.mark.parametrize(
    "asked", [{"L": 3}, {"L": 3, "S": True}, {"L": 3, "S": 4, "profile": "six"}, {"L": 3, "S": 4, "C": 1}]
)
def test_bad_input_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InputErrors):
        graded("ls", asked)


def test_a_finding_says_where_it_comes_from() -> None:
    found = graded("mes", {"M": 3, "E": 6, "S": 8})
    assert (found["R"], found["level_zh"], found["confidence"]) == ("144", "较大风险", "memory")
    assert graded("lec", {"L": 3, "E": 6, "C": 15})["confidence"] == "secondary"
    assert any("安委办" in cited["instrument"] for cited in found["citations"])


def test_before_the_four_colours_there_is_no_level() -> None:
    with pytest.raises(InputErrors) as refused:
        run("risk-lec", {"L": 3, "E": 6, "C": 15, "date": "2016-10-08"})
    assert refused.value.faults[0].code == "no_rule_in_force"
