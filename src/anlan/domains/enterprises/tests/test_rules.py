"""The credit code, the industry code and the comparison of names: cases of the standards and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.enterprises import industries, names, rules
from anlan.domains.enterprises.rules import CREDIT_ALPHABET, credit_check_character, credit_code_fault

# The example of GB 32100-2015, and codes that large companies print on their own papers.
REAL = (
    "91350100M000100Y43",
    "91110108551385082Q",
    "91440300708461136T",
    "914403001922038216",
    "91330100799655058B",
    "91310000132612172J",
    "9111000071093123XX",
    "91110000802100433B",
    "91110000710925462X",
    "9144030071526726XG",
)
PLACES = ("吉林省", "长春市", "南关区", "榆树市", "农安县", "长春经济技术开发区")

bodies = st.text(CREDIT_ALPHABET, min_size=17, max_size=17)
codes = bodies.map(lambda body: body + credit_check_character(body))


@pytest.mark.parametrize("code", REAL)
def test_codes_in_use_hold(code: str) -> None:
    assert credit_code_fault(code) == ""


@given(codes, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_one_wrong_character_is_always_found(code: str, at: int, char: str) -> None:
    changed = code[:at] + char + code[at + 1 :]
    assert credit_code_fault(changed) == ("" if changed == code else "check")


@given(codes, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_found(code: str, at: int) -> None:
    changed = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert credit_code_fault(changed) == ("" if changed == code else "check")


@given(codes)
def test_every_slip_is_found_to_be_one_and_none_holds(code: str) -> None:
    slips = rules.slips_of(code)
    assert code not in slips
    assert all(rules.is_slip(code, slip) for slip in slips)
    assert not any(credit_code_fault(slip) == "" for slip in slips)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("91350100m000100y43", "91350100M000100Y43"),
        ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        (" 9135-0100 M000100Y43　", "91350100M000100Y43"),
    ],
)
def test_what_is_typed_is_tidied(typed: str, stored: str) -> None:
    assert rules.tidy_credit_code(typed) == stored


@given(st.text(max_size=40))
def test_any_text_is_judged_and_tidying_is_final(text: str) -> None:
    tidy = rules.tidy_credit_code(text)
    assert rules.tidy_credit_code(tidy) == tidy
    assert credit_code_fault(tidy) in {"", "length", "character", "check"}


@pytest.mark.parametrize(
    ("code", "fault"),
    [("", "length"), ("91350100M000100Y4", "length"), ("91350100M000100Y4O", "character"), ("91350100M000100Y44", "check")],
)  # fmt: skip
def test_what_is_wrong_is_named(code: str, fault: str) -> None:
    assert credit_code_fault(code) == fault


def test_the_organisation_code_stands_in_the_middle() -> None:
    assert rules.body_of("91350100M000100Y43") == "M000100Y4"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("C2611", "2611"), ("ｃ２６１１", "2611"), ("26.11", "2611"), ("A2611", "A2611"), ("c", "C")],
)
def test_industry_codes_are_tidied(typed: str, stored: str) -> None:
    assert industries.tidy_industry_code(typed) == stored


@pytest.mark.parametrize(("code", "holds"), [
    ("C", True), ("26", True), ("261", True), ("2611", True), ("4512", True), ("U", False), ("00", False), ("98", False),
    ("9999", False), ("2699", False), ("269", False), ("2619", True), ("2", False), ("260", False),
    ("26111", False), ("A2611", False), ("", False), ("²6", False),
])  # fmt: skip
def test_an_industry_stands_in_the_classification(code: str, holds: bool) -> None:
    assert industries.is_industry(code) is holds


def test_every_division_lies_in_its_section_and_every_listed_code_is_one() -> None:
    table = industries.industries()
    assert sum(one.level == "section" for one in table.values()) == 20
    assert sum(one.level == "division" for one in table.values()) == 97
    assert sum(one.level == "group" for one in table.values()) == 473
    for code, one in table.items():
        assert industries.is_industry(code), code
        assert one.level == (
            "section" if code.isalpha() else {2: "division", 3: "group", 4: "class"}[len(code)]
        )
        assert one.confidence in {"sourced", "secondary", "memory"}


def test_a_class_that_is_not_listed_is_named_by_what_stands_above() -> None:
    listed, unlisted = industries.named("1512"), industries.named("2619")
    assert listed is not None
    assert listed.zh == "1512 白酒制造"
    assert unlisted is not None
    assert unlisted.zh == "2619（属于 基础化学原料制造）"
    assert industries.named("") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("长春测试机械加工有限公司", "长春市测试机械加工有限责任公司"),
        ("吉林省测试机械加工股份有限公司", "测试机械加工"),
        ("长春測試機械加工有限公司", "长春测试机械加工（有限公司）"),
        ("测试 机械加工　有限公司", "測試機械加工有限公司"),
        ("（长春）测试机械加工集团有限公司", "农安测试机械加工"),
        ("ＡＢＣ机械有限公司", "abc机械"),
    ],
)
def test_names_of_the_same_enterprise_share_their_core(one: str, other: str) -> None:
    assert names.core_of(one, PLACES) == names.core_of(other, PLACES)


def test_other_enterprises_keep_their_own_core() -> None:
    assert names.core_of("长春澜松机械加工有限公司", PLACES) != names.core_of(
        "长春砚原机械加工有限公司", PLACES
    )
    assert names.similarity("澜松机械加工", "砚原机械加工") < 0.74


def test_a_name_of_nothing_but_place_and_form_is_kept() -> None:
    assert names.core_of("长春市有限公司", PLACES) == "长春市有限公司"


def test_two_names_are_of_two_units_unless_one_is_the_other_with_something_added() -> None:
    for one in (
        "长春市测试一建有限公司",
        "長春测试一建（集团）",
        "吉林省长春市测试一建第三项目部",
        "测试一建",
        "",
    ):
        assert not names.are_of_two("测试一建公司", one)
        assert not names.are_of_two(one, "测试一建公司")
    assert names.are_of_two("测试一建有限公司", "测试二建有限公司")
    assert names.are_of_two("长春宏达建筑有限公司", "吉林永丰化工有限公司")
    for one, other in (
        ("中石油吉林石化分公司", "中国石油天然气股份有限公司吉林石化分公司"),
        ("中铁一局集团第四工程公司", "中铁一局集团四公司"),
        ("吉林省张三建筑", "长春张三建筑"),
        ("个人", "长春宏达建筑有限公司"),
        ("无", "长春宏达建筑有限公司"),
    ):
        assert not names.are_of_two(one, other), "it may be one, so a person decides"
        assert not names.are_of_two(other, one)
    assert not names.are_of_two("……", "测试二建有限公司"), "nothing but signs names no unit"


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_a_share_the_same_both_ways(one: str, other: str) -> None:
    first, second = names.core_of(one, PLACES), names.core_of(other, PLACES)
    share = names.similarity(first, second)
    assert 0 <= share <= 1
    assert share == names.similarity(second, first)
    assert names.core_of(first, PLACES) == names.core_of(first, PLACES)
