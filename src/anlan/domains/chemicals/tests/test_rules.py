"""Gas alarms and exposure: set-points of the published table, equality, conversion, what is refused; finding substances."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.chemicals.catalogue import matching, named, substances
from anlan.domains.chemicals.rules import shown
from anlan.kernel.rules import InputErrors, run

ON = {"date": "2026-03-06"}
TABLE = list(
    csv.DictReader(
        Path(__file__).with_name("records").joinpath("toxic_set_points.csv").open(encoding="utf-8")
    )
)


def alarm(**asked: Any) -> dict[str, Any]:
    return run("gas-alarm", {**asked, **ON})


def twa(substance: str, *parts: tuple[Any, Any], on: str = "2026-03-06") -> dict[str, Any]:
    rows = [{"mg_m3": mass, "hours": hours} for mass, hours in parts]
    return run("oel-twa", {"substance": substance, "parts": rows, "date": on})


def codes(name: str, asked: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InputErrors) as refused:
        run(name, {**asked, **ON})
    return [(fault.field, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["name_zh"])
@pytest.mark.parametrize("policy", ["A", "B"])
def test_set_points_of_toxic_gases(row: dict[str, str], policy: str) -> None:
    found = alarm(gas=row["name_zh"], mg_m3="0", policy=policy)
    first, second = row[f"{policy}_first_max_mg_m3"], row[f"{policy}_second_max_mg_m3"]
    assert (Decimal(found["set_first"]), Decimal(found["set_second"])) == (Decimal(first), Decimal(second))
    assert (found["state"], found["unit"]) == ("none", "mg/m3")
    assert alarm(gas=row["name_zh"], mg_m3=first, policy=policy)["state"] == "first"
    assert alarm(gas=row["name_zh"], mg_m3=second, policy=policy)["state"] == "second"


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        ({"gas": "CH4", "vol_pct": "1.25"}, "first"),
        ({"gas": "CO", "mg_m3": "20"}, "first"),
        ({"gas": "CH4", "vol_pct": "1.2499999999999"}, "none"),
        ({"gas": "天然气", "vol_pct": "2.5"}, "second"),
        ({"gas": "氢气", "lel_pct": "25"}, "first"),
        ({"gas": "丙烷", "lel_pct": "24.9"}, "none"),
        ({"gas": "O2", "vol_pct": "19.5"}, "low"),
        ({"gas": "O2", "vol_pct": "20.9"}, "none"),
        ({"gas": "氧气", "vol_pct": "23.5"}, "high"),
    ],
)
def test_a_reading_equal_to_the_set_point_is_an_alarm(asked: dict[str, Any], state: str) -> None:
    assert alarm(**asked)["state"] == state


def test_what_is_toxic_before_it_burns_is_alarmed_as_toxic() -> None:
    found = alarm(gas="H2S", vol_pct="0.001", policy="A")  # 10 ppm at 20 degrees: 14.17 mg/m³
    assert (found["state"], found["unit"], found["set_first"]) == ("first", "mg/m3", "10")
    assert any("14.16" in step["text_zh"] or "14.17" in step["text_zh"] for step in found["steps"])
    by_volume = alarm(gas="H2S", vol_pct="0.4", policy="A")
    by_limit = alarm(gas="H2S", lel_pct="10", policy="A")  # 10 %LEL is 0.4 %VOL, deadly long before it burns
    assert by_volume["state"] == by_limit["state"] == "second"
    assert by_limit["unit"] == "mg/m3"
    assert alarm(gas="H2S", lel_pct="0", policy="A")["state"] == "none"


def test_a_quarter_of_an_hour_above_the_short_term_limit_exceeds_it() -> None:
    found = twa("苯", (40, "0.5"))
    assert (found["within"], found["short_term_exceeded"]) == (True, True)
    assert not twa("苯", (40, "0.2"))["short_term_exceeded"]  # shorter than what the limit averages
    assert not twa("苯", (6, 1))["short_term_exceeded"]  # equal is not above


@given(lower=st.decimals(0, 100, places=6), more=st.decimals(0, 100, places=6))
def test_more_gas_is_never_a_lower_alarm(lower: Decimal, more: Decimal) -> None:
    order = ["none", "first", "second"]
    before = alarm(gas="氨", mg_m3=lower)["state"]
    assert order.index(alarm(gas="氨", mg_m3=lower + more)["state"]) >= order.index(before)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"gas": "氨"}, ("mg_m3", "one_reading")),
        ({"gas": "氨", "mg_m3": 1, "vol_pct": 1}, ("vol_pct", "one_reading")),
        ({"gas": "没有", "mg_m3": 1}, ("gas", "unknown_substance")),
        ({"gas": "硝酸铵", "mg_m3": 1}, ("gas", "ambiguous_substance")),
        ({"gas": "氯", "lel_pct": 1}, ("gas", "not_combustible")),
        ({"gas": "甲烷", "mg_m3": 1}, ("mg_m3", "no_limit")),
        ({"gas": "O2", "mg_m3": 1}, ("mg_m3", "oxygen_by_volume")),
        ({"gas": "氨", "mg_m3": -1}, ("mg_m3", "too_small")),
        ({"gas": "氨", "vol_pct": "100.1"}, ("vol_pct", "too_large")),
        ({"gas": "氨", "mg_m3": 1, "policy": "C"}, ("policy", "not_a_choice")),
    ],
)
def test_a_reading_that_cannot_be_levelled_is_refused(
    asked: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert codes("gas-alarm", asked) == [expected]


def test_exposure_is_spread_over_eight_hours() -> None:
    found = twa("苯", (4, 3), (2, 5))
    assert (found["twa_mg_m3"], found["limit_mg_m3"], found["within"]) == ("2.75", "3", True)
    assert twa("甲苯", (50, 8))["within"] is True, "the limit itself is within"
    assert twa("甲苯", (50, 8), ("0.001", 1))["within"] is False
    assert twa("甲苯", (100, 4))["twa_mg_m3"] == "50", "the divisor stays 8"


def test_the_limit_of_benzene_depends_on_the_day() -> None:
    assert twa("苯", (5, 8), on="2022-10-31")["limit_mg_m3"] == "6"
    assert twa("苯", (5, 8), on="2022-11-01")["limit_mg_m3"] == "3"


def test_a_ceiling_is_broken_by_one_part() -> None:
    found = twa("甲醛", ("0.6", "0.5"), ("0.1", 7))
    assert (found["limit_mg_m3"], found["within"]) == ("0.5", False)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"substance": "苯", "parts": []}, ("parts", "required")),
        (
            {"substance": "苯", "parts": [{"mg_m3": 1, "hours": 13}, {"mg_m3": 1, "hours": 12}]},
            ("parts", "too_many_hours"),
        ),
        ({"substance": "氟", "parts": [{"mg_m3": 1, "hours": 8}]}, ("substance", "no_limit")),
        ({"substance": "乙草胺", "parts": [{"mg_m3": 1}]}, ("parts.0.hours", "required")),
    ],
)
def test_exposure_that_cannot_be_compared_is_refused(
    asked: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert codes("oel-twa", asked) == [expected]


@given(st.fractions(min_value=0, max_value=10**9, max_denominator=10**6))
def test_what_is_written_is_never_more_than_what_is(number: Fraction) -> None:
    written = Fraction(shown(number))
    assert 0 <= number - written < Fraction(1, 10**12)


@pytest.mark.parametrize(
    "said",
    [
        "硫化氢",
        "H2S",
        "h2s",
        "7783-06-4",
        "7783064",
        "Hydrogen sulfide",
        "HYDROGEN-SULFIDE",
        "７７８３－０６－４",
    ],
)
def test_one_substance_by_everything_it_is_called(said: str) -> None:
    assert [one.key for one in named(said)] == ["hydrogen_sulfide"]


def test_a_name_of_several_entries_finds_all_of_them() -> None:
    assert {one.table1_no for one in named("硝化棉")} == {37, 38, 39, 40, 41}
    assert named("完全没有这种物质") == ()


def test_search_takes_parts_of_names_and_numbers() -> None:
    assert matching("7664-41-7")[0].key == "ammonia"
    assert {"toluene", "toluene_diisocyanate"} <= {one.key for one in matching("甲苯")}
    assert matching("甲苯")[0].key == "toluene", "who bears it exactly comes first"
    assert "chlorine" in {one.key for one in matching("1017")}, "by UN number"
    assert matching("   ") == []


def test_every_cas_number_has_its_check_digit() -> None:
    for one in substances():
        for cas in one.cas:
            digits = cas.replace("-", "")
            total = sum(int(digit) * place for place, digit in enumerate(reversed(digits[:-1]), 1))
            assert total % 10 == int(digits[-1]), (one.name_zh, cas)
