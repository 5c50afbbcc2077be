"""Grading hidden dangers: every item of the fact sheets, the list in force on the day, the general definition."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.domains.hidden_dangers.rules import sectors
from anlan.kernel.rules import InputErrors, catalogue, parameter, run

ON = date(2026, 3, 6)
MAJOR, GENERAL = "重大事故隐患", "一般事故隐患"


def items(sector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parameter(f"hidden_dangers.criteria.{sector}", ON).value["items"]
    return found


def grade(**given: Any) -> dict[str, Any]:
    return run("hidden-danger-grade", {"date": ON.isoformat(), **given})


def faults(**given: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputErrors) as refused:
        grade(**given)
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_the_lists_have_the_counts_of_the_orders() -> None:
    counts: dict[str, int] = {}
    for item in items("industry_trade"):
        counts[item["id"].split(".")[0]] = counts.get(item["id"].split(".")[0], 0) + 1
    expected = [3, 8, 13, 8, 7, 7, 2, 2, 10, 2, 2]
    assert list(counts.values()) == expected
    assert sum(expected) == 64
    assert [item["id"] for item in items("chemical")] == [str(n) for n in range(1, 21)]
    assert all(
        item["zh"] and item["en"] for sector in ("industry_trade", "chemical") for item in items(sector)
    )


@pytest.mark.parametrize("item", items("industry_trade"), ids=lambda item: str(item["id"]))
def test_every_industry_item_makes_a_danger_major(item: dict[str, Any]) -> None:
    found = grade(sector="industry_trade", criterion=item["id"])
    assert (found["grade_zh"], found["criterion"]) == (MAJOR, item["id"])
    assert found["confidence"] == item["seen"], "an item from memory weakens the finding"
    assert found["citations"][0]["effective_from"] == "2023-05-15"


@pytest.mark.parametrize("item", items("chemical"), ids=lambda item: str(item["id"]))
def test_every_chemical_item_makes_a_danger_major(item: dict[str, Any]) -> None:
    found = grade(sector="chemical", criterion=int(item["id"]))
    assert (found["grade_zh"], found["criterion"]) == (MAJOR, item["id"])
    assert found["confidence"] == item["seen"]


def test_the_list_of_the_day_of_discovery_decides() -> None:
    assert faults(sector="industry_trade", criterion="11.3", date="2023-05-14") == [
        ("criterion", "not_in_list")
    ]
    assert grade(sector="industry_trade", criterion="11.3", date="2023-05-15")["grade_zh"] == MAJOR
    old = grade(sector="industry_trade", criterion="matched", date="2023-05-14")
    assert "129号" in old["citations"][0]["instrument"]
    assert old["confidence"] == "memory"
    assert faults(sector="industry_trade", criterion="matched") == [("criterion", "not_in_list")]


def test_before_any_list_only_the_facts_can_decide() -> None:
    assert faults(sector="chemical", criterion="1", date="2017-11-12") == [("criterion", "no_rule_in_force")]
    assert grade(sector="chemical", facts={"outside_factors": True}, date="2017-11-12")["grade_zh"] == MAJOR
    assert faults(sector="chemical", facts={"outside_factors": True}, date="2008-01-31") == [
        ("date", "no_rule_in_force")
    ]


def test_the_basis_in_law_follows_the_date() -> None:
    before = grade(sector="chemical", criterion="1", date="2021-08-31")["citations"]
    after = grade(sector="chemical", criterion="1", date="2021-09-01")["citations"]
    assert "第16号" in before[1]["instrument"]
    assert after[1]["article"] == "第一百一十八条第二款"


@pytest.mark.parametrize("code", [c for c, s in sectors().items() if s["lists"]])
def test_every_sector_can_be_graded_by_its_list_today(code: str) -> None:
    criterion = {"industry_trade": "3.1", "chemical": "1"}.get(code, "matched")
    assert grade(sector=code, criterion=criterion)["grade_zh"] == MAJOR


def test_a_list_may_be_named_where_a_sector_has_two() -> None:
    found = grade(sector="coal_mine", criterion="coal_mine_regulation")
    assert found["citations"][0]["article"] == "第三十六条"
    assert found["citations"][0]["effective_from"] == "2024-05-01"


def test_sectors_answer_to_their_names_and_to_the_platforms_sectors() -> None:
    for name in ("工贸", "Industry and trade", "commerce", "industry_trade"):
        assert grade(sector=name, criterion="3.2")["grade_zh"] == MAJOR
    own = [{s["code"], s["zh"], s["en"].lower(), *s["also"]} for s in sectors().values()]
    spellings = [word for words in own for word in words]
    assert len(spellings) == len(set(spellings)), "one spelling, one sector"


@given(some.booleans(), some.booleans(), some.booleans())
def test_the_general_definition(stop: bool, at_once: bool, outside: bool) -> None:
    found = grade(
        sector="other",
        facts={"needs_stop": stop, "removable_at_once": at_once, "outside_factors": outside},
    )
    assert found["grade_zh"] == (MAJOR if (stop and not at_once) or outside else GENERAL)
    assert found["criterion"] is None
    assert found["confidence"] == "sourced"


def test_a_matched_criterion_goes_before_the_facts() -> None:
    harmless = {"needs_stop": False, "removable_at_once": True, "outside_factors": False}
    assert grade(sector="chemical", criterion="2", facts=harmless)["grade_zh"] == MAJOR


def test_what_cannot_be_graded_is_refused() -> None:
    assert faults(sector="chemical") == [("criterion", "required")]
    assert faults(sector="chemical", facts={}) == [("criterion", "required")]
    assert faults(sector="magic", criterion="1") == [("sector", "not_a_choice")]
    assert faults(criterion="1") == [("sector", "required")]
    assert faults(sector="chemical", criterion="21") == [("criterion", "not_in_list")]
    assert faults(sector="chemical", criterion=True) == [("criterion", "not_text")]
    assert faults(sector="chemical", facts={"needs_stop": "yes"}) == [("facts.needs_stop", "not_yes_or_no")]
    assert faults(sector="chemical", facts={"deadly": True}) == [("facts.deadly", "unknown_field")]
    assert faults(sector="other", criterion="matched") == [("criterion", "no_rule_in_force")]


NEEDED_BY_THE_LOOP = [
    "grade_within",
    "plan_within",
    "rectify_general_max",
    "rectify_major_max",
    "review_within",
    "report_major_within",
    "list_within",
    "delist_within",
    "publish_within",
    "extension_max",
    "assign_within",
    "remind_before",
    "recurrence_window",
]


@pytest.mark.parametrize("name", NEEDED_BY_THE_LOOP)
def test_the_clocks_of_the_loop_are_durations(name: str) -> None:
    found = parameter(f"hidden_dangers.{name}", ON)
    assert found.duration().value > 0
    assert found.is_law == (name == "review_within"), "what no law says is marked as a setting"


def test_extensions_are_counted() -> None:
    assert parameter("hidden_dangers.extensions", ON).value == 2


def test_no_setting_of_the_platform_passes_for_law() -> None:
    for value in catalogue().hanging_on("platform_settings"):
        assert value.kind == "operating"
        assert not value.is_law


def test_every_rule_of_the_domain_has_a_value_today_or_says_why_not() -> None:
    ended = {value.key for value in catalogue().ending_with_their_law()}
    today_missing = set()
    for key in catalogue().names():
        if key.startswith("hidden_dangers.") and not any(
            v.is_in_force(ON) for v in catalogue().versions(key)
        ):
            today_missing.add(key)
    assert today_missing == {"hidden_dangers.reinspect_within"}
    assert today_missing <= ended
