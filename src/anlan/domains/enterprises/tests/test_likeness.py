"""Likely duplicates on entry: found with their reasons, within scope, and of what lies outside only that it exists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import credit_code

from anlan.domains.enterprises import actions, queries
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers import archive


def found(actor: Any, **values: Any) -> dict[Any, Any]:
    return {one.row.pk if one.row else None: one for one in Enterprise.likenesses(actor, values)}


def test_the_same_enterprise_under_another_spelling_is_found(city: Any) -> None:
    like = found(city.officer, name="吉林省長春市测试机械加工有限责任公司", credit_code=credit_code(50))
    assert queries.SAME_NAME in like[city.workshop.pk].reasons
    assert like[city.workshop.pk].score >= 85


def test_a_near_point_makes_a_similar_name_likelier(city: Any) -> None:
    name = "测试机械修理厂"
    assert city.workshop.pk not in found(city.officer, name=name)
    near = {"longitude": "125.321", "latitude": "43.881"}
    one = found(city.officer, name="测试机械加公司", **near)[city.workshop.pk]
    assert queries.NEAR_POINT in one.reasons
    assert city.workshop.pk not in found(city.officer, name="完全不同的食品厂", **near)


def test_codes_tell_the_same_a_slip_and_the_same_body(city: Any) -> None:
    code = city.workshop.credit_code
    assert queries.SAME_CODE in found(city.officer, credit_code=code.lower())[city.workshop.pk].reasons
    slip = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert queries.SLIP_OF_CODE in found(city.officer, credit_code=slip)[city.workshop.pk].reasons
    swapped = code[:9] + code[10] + code[9] + code[11:]
    if swapped != code:
        assert queries.SLIP_OF_CODE in found(city.officer, credit_code=swapped)[city.workshop.pk].reasons
    moved = code[:2] + "220182" + code[8:]
    assert queries.SAME_BODY in found(city.officer, credit_code=moved)[city.workshop.pk].reasons


def test_of_what_lies_outside_only_that_the_code_is_taken_is_told(city: Any) -> None:
    like = found(city.officer, name=city.far_shop.name, credit_code=city.far_shop.credit_code)
    assert set(like) == {None}
    assert queries.ELSEWHERE in like[None].reasons
    assert found(city.officer, name=city.far_shop.name) == {}
    assert found(city.city_officer, name=city.far_shop.name)[city.far_shop.pk].row == city.far_shop


def test_an_archived_row_is_found_by_its_code_only_and_a_merged_one_not_at_all(city: Any) -> None:
    twin = city.enterprise("长春市测试机械加工", city.village, "3489", 60)
    other = city.enterprise("测试机械加工有限公司", city.village, "3489", 61)
    archive(Enterprise, twin.pk, city.officer, "注销")
    actions.merge(city.workshop.pk, other.pk, city.officer, "重复")
    assert set(found(city.officer, name="测试机械加工")) == {city.workshop.pk}
    assert twin.pk in found(city.officer, credit_code=twin.credit_code)


def test_the_likest_come_first_and_not_too_many(city: Any) -> None:
    for serial in range(100, 112):
        city.enterprise(f"测试机械加工{serial}", city.village, "3489", serial)
    like = Enterprise.likenesses(city.officer, {"name": "测试机械加工", "credit_code": credit_code(999)})
    assert len(like) <= queries.MOST_SHOWN
    assert [one.score for one in like] == sorted((one.score for one in like), reverse=True)
    assert like[0].row == city.workshop


def test_a_row_is_not_like_itself(city: Any) -> None:
    values = {"name": city.workshop.name, "credit_code": city.workshop.credit_code}
    assert queries.likely_duplicates(city.officer, values, other_than=city.workshop.pk) == []


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=60), st.lists(st.text())
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.sampled_from(["name", "credit_code", "territory", "longitude", "latitude"]), anything)
)
def test_any_input_is_answered(city: Any, values: dict[str, Any]) -> None:
    for one in Enterprise.likenesses(city.officer, values):
        assert one.reasons
        assert 0 <= one.score <= 100


@pytest.mark.parametrize("who", ["worker", "main_person"])
def test_an_enterprise_learns_nothing_of_others(city: Any, who: str) -> None:
    twin = city.enterprise("长春市测试机械加工", city.village, "3489", 62)
    assert twin.pk not in found(getattr(city, who), name="测试机械加工")
