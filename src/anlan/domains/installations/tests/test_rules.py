"""The calculator of major hazards: worked examples, exact thresholds, what never changes, what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.chemicals.catalogue import substances
from anlan.domains.installations.factors import SYMBOLS
from anlan.kernel.rules import InputErrors, parameter, run
from anlan.kernel.rules.reading import plain

ON = "2026-03-06"
EXAMPLES = yaml.safe_load(
    Path(__file__).with_name("records").joinpath("worked_examples.yaml").read_text("utf-8")
)["examples"]
GRADES = [None, "四级", "三级", "二级", "一级"]
TOXIC = ("氯", "氨", "磷化氢")
NAMED = [
    one.name_zh
    for one in substances()
    if one.table1_no is not None and (one.category in SYMBOLS or one.name_zh in TOXIC)
]


def grade(
    held: list[dict[str, Any]], people: int = 60, unit: str = "storage", on: str = ON
) -> dict[str, Any]:
    return run("major-hazard", {"unit": unit, "exposed_people": people, "substances": held, "date": on})


def refused(held: list[dict[str, Any]], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputErrors) as told:
        grade(held, **more)
    return [(fault.field, fault.code) for fault in told.value.faults]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["id"])
def test_worked_examples(example: dict[str, Any]) -> None:
    held = []
    for one in example["chemicals"]:
        symbol = one["name"].split()[0]
        named = {"categories": [symbol]} if symbol in SYMBOLS else {"name": one["name"]}
        held.append({**named, "quantity_t": str(one["design_max_t"])})
    found = grade(held, example["exposed_people_within_500m"], example["unit_type"])
    expected = example["expected"]
    assert Decimal(found["S"]) == Decimal(str(expected["S"]))
    assert found["is_major"] is expected["is_major_hazard_installation"]
    assert found["grade_zh"] == expected["grade"]
    assert (found["R"] and Decimal(found["R"])) == (expected["R"] and Decimal(str(expected["R"])))
    assert Decimal(found["alpha"]) == Decimal(str(example["alpha"]))
    for line, one in zip(found["substances"], example["chemicals"], strict=True):
        assert Decimal(line["Q_t"]) == Decimal(str(one["critical_quantity_t"]))
        assert Decimal(line["beta"]) == Decimal(str(one["beta"]))


def test_s_of_exactly_one_is_a_major_hazard() -> None:
    thirds = [{"name": "碳酰氯", "quantity_t": q} for q in ("0.1", "0.1", "0.1")]  # 3 × 0.1/0.3
    assert (grade(thirds)["S"], grade(thirds)["is_major"]) == ("1", True)
    under = [{"name": "碳酰氯", "quantity_t": q} for q in ("0.1", "0.1", "0.0999999999999999999")]
    assert grade(under)["is_major"] is False
    assert Decimal(grade(under)["S"]) < 1, "what is written is cut, never rounded up to the threshold"


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("12.5", "三级"), ("12.4999999999", "四级"), ("62.5", "二级"), ("62.4999999999", "三级"), ("125", "一级"),
     ("124.9999999", "二级")],
)  # fmt: skip
def test_the_bounds_of_the_grades_belong_to_the_graver(quantity: str, expected: str) -> None:
    assert grade([{"name": "氯", "quantity_t": quantity}], people=1)["grade_zh"] == expected


@pytest.mark.parametrize(
    ("people", "alpha"),
    [(0, "0.5"), (1, "1"), (29, "1"), (30, "1.2"), (49, "1.2"), (50, "1.5"), (99, "1.5"), (100, "2"), (10**6, "2")],
)  # fmt: skip
def test_alpha_by_residents(people: int, alpha: str) -> None:
    assert grade([{"name": "氯", "quantity_t": 5}], people=people)["alpha"] == alpha


def test_every_entry_of_table_1_is_found_by_its_name_and_by_its_number() -> None:
    for row in parameter("installations.named_quantities", date.fromisoformat(ON)).value:
        found = grade([{"name": row["zh"], "quantity_t": "0.0001"}])["substances"][0]
        assert found["Q_t"] == plain(row["critical_t"]), row["zh"]
    assert grade([{"cas": "7782505", "quantity_t": 5}])["substances"][0]["name"] == "氯"
    assert grade([{"cas": "7782-50-5", "quantity_t": 5}])["is_major"] is True
    assert grade([{"name": "Chlorine", "quantity_t": 5}])["is_major"] is True


def test_pure_carbon_monoxide_is_coal_gas_of_table_1() -> None:
    line = grade([{"name": "一氧化碳", "quantity_t": 20}])["substances"][0]
    assert (line["Q_t"], line["beta"], line["ratio"]) == ("20", "2", "1")


def test_of_several_categories_the_lowest_quantity_and_the_largest_factor() -> None:
    found = grade([{"name": "某溶剂", "categories": ["W5.3", "J2", "W5.1"], "quantity_t": 10}])
    line = found["substances"][0]
    assert (line["Q_t"], line["beta"], line["ratio"]) == ("10", "1.5", "1")
    assert "几类中取临界量最小" in line["rule_zh"]
    assert "the largest of several" in line["rule_en"]


def test_a_name_of_table_1_comes_before_categories() -> None:
    line = grade([{"name": "甲醇", "categories": ["W5.3", "J5"], "quantity_t": 500}])["substances"][0]
    assert (line["Q_t"], line["ratio"]) == ("500", "1")


def test_mixtures_by_their_class() -> None:
    same = grade([{"name": "甲醇", "categories": ["W5.3"], "mixture": True, "quantity_t": 500}])[
        "substances"
    ][0]
    assert (same["Q_t"], "整体按纯物质" in same["rule_zh"]) == ("500", True)
    other = grade([{"name": "甲醇", "categories": ["W5.4"], "mixture": True, "quantity_t": 500}])[
        "substances"
    ][0]
    assert (other["Q_t"], other["rule_zh"].startswith("Q：表2 W5.4")) == ("5000", True)


def test_a_factor_that_nobody_gave_is_doubted() -> None:
    assert grade([{"name": "甲醇", "quantity_t": 500}])["confidence"] == "memory"
    assert grade([{"name": "甲醇", "categories": ["W5.3"], "quantity_t": 500}])["confidence"] == "sourced"


def test_a_factor_is_needed_only_to_grade() -> None:
    assert grade([{"name": "硝酸胍", "quantity_t": 1}])["substances"][0]["beta"] is None
    assert refused([{"name": "硝酸胍", "quantity_t": 50}]) == [
        ("substances.0.categories", "categories_needed")
    ]


def test_every_step_has_its_clause() -> None:
    found = grade([{"name": "氯", "quantity_t": 20}])
    assert [bool(step["text_zh"] and step["text_en"]) for step in found["steps"]] == [True] * 5
    assert found["steps"][1]["text_zh"] == "氯：q/Q ＝ 20/5 ＝ 4（Q：表1序号12；β＝4：表3）"
    assert found["steps"][-1]["text_zh"] == "R ＝ 1.5 ×（4×4）＝ 24：三级（4.3，式2，表6）"
    assert {cited["article"] for cited in found["citations"]} == {
        "4.1.2、表1",
        "4.3.2、表3",
        "4.3.2、表5",
        "4.3.3、表6",
    }


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], [("substances", "required")]),
        ([{"quantity_t": 1}], [("substances.0.name", "required")]),
        ([{"name": "氯"}], [("substances.0.quantity_t", "required")]),
        ([{"name": "氯", "quantity_t": -1}], [("substances.0.quantity_t", "too_small")]),
        ([{"name": "氯", "quantity_t": "1e3"}], [("substances.0.quantity_t", "not_a_number")]),
        ([{"name": "氯", "quantity_t": float("nan")}], [("substances.0.quantity_t", "not_a_number")]),
        ([{"name": "没有这种", "quantity_t": 1}], [("substances.0.name", "unknown_substance")]),
        ([{"name": "硝酸铵", "quantity_t": 1}], [("substances.0.name", "ambiguous_substance")]),
        ([{"name": "苯胺", "quantity_t": 1}], [("substances.0.categories", "categories_needed")]),
        ([{"categories": ["W99"], "quantity_t": 1}], [("substances.0.categories", "not_a_code")]),
        ([{"categories": [], "quantity_t": 1}], [("substances.0.categories", "required")]),
        ([{"name": "氯", "quantity_t": 1, "stock": 1}], [("substances.0.stock", "unknown_field")]),
        (["氯"], [("substances.0", "not_an_object")]),
        ([{"quantity_t": 1}, {"name": "没有", "quantity_t": 1}],
         [("substances.0.name", "required"), ("substances.1.name", "unknown_substance")]),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field(held: list[Any], expected: list[tuple[str, str]]) -> None:
    assert refused(held) == expected


def test_before_the_standard_there_is_no_grade() -> None:
    assert refused([{"name": "氯", "quantity_t": 5}], on="2019-02-28") == [("date", "no_rule_in_force")]


QUANTITY = st.decimals(min_value=0, max_value=10_000, places=4, allow_nan=False, allow_infinity=False)
HELD = st.lists(
    st.one_of(
        st.fixed_dictionaries({"name": st.sampled_from(NAMED), "quantity_t": QUANTITY}),
        st.fixed_dictionaries(
            {"categories": st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=3), "quantity_t": QUANTITY}
        ),
    ),
    min_size=1,
    max_size=6,
)


def test_coal_gas_weighs_as_the_carbon_monoxide_it_is_named_with() -> None:
    gas = {"name": "煤气", "quantity_t": "20"}
    (bare,), (given_class,) = (grade([one])["substances"] for one in (gas, {**gas, "categories": ["W2"]}))
    assert bare["beta"] == given_class["beta"] == "2"  # table 4 alone would give 1.5


@given(held=HELD, people=st.integers(0, 300), data=st.data())
def test_more_of_a_substance_never_lowers_the_grade(held: list[Any], people: int, data: Any) -> None:
    index = data.draw(st.integers(0, len(held) - 1))
    more = [dict(one) for one in held]
    more[index]["quantity_t"] += data.draw(QUANTITY)
    before, after = grade(held, people), grade(more, people)
    assert GRADES.index(after["grade_zh"]) >= GRADES.index(before["grade_zh"])
    assert Decimal(after["S"]) >= Decimal(before["S"])


@given(held=HELD, people=st.integers(0, 300), data=st.data())
def test_the_order_of_the_substances_does_not_matter(held: list[Any], people: int, data: Any) -> None:
    other = data.draw(st.permutations(held))
    one, two = grade(held, people), grade(other, people)
    assert [one[key] for key in ("S", "R", "grade_zh", "is_major", "alpha")] == [
        two[key] for key in ("S", "R", "grade_zh", "is_major", "alpha")
    ]


@given(parts=st.lists(st.integers(1, 1000), min_size=1, max_size=6))
def test_shares_that_add_up_to_one_are_one(parts: list[int]) -> None:
    """Split a critical quantity of phosgene, 0.3 t, in any whole number of parts of a whole: S is 1 to the last digit."""
    total = sum(parts)
    held = [
        {"name": "碳酰氯", "quantity_t": Decimal(part) * Decimal("0.3") / Decimal(1000)} for part in parts
    ]
    found = grade(held)
    assert found["is_major"] is (Fraction(total, 1000) >= 1)
