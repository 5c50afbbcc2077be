"""What is left of a personal value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.sharing.masking import masked


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("13812345678", "138****5678"),
        ("0431-88776655", "**********55"),
        ("张三", "张*"),
        ("欧阳娜娜", "欧***"),
        ("王", "*"),
        ("220102199001011234", "220102************"),
        ("22010219900101123X", "220102************"),
        ("li.ming@example.cn", "l***@example.cn"),
        ("", ""),
        (None, ""),
    ],
)
def test_values_by_their_shape(value: object, left: str) -> None:
    assert masked(value) == left


@given(st.text(min_size=2, max_size=200))
def test_no_value_of_two_characters_comes_through_whole(value: str) -> None:
    text = value.strip()
    if len(text) > 1 and "*" not in text:
        assert masked(value) != text
        assert "*" in masked(value)


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_the_middle_of_a_mobile_number_is_never_told(number: str) -> None:
    assert number[3:7] not in masked(number).replace(number[:3], "", 1)[:4]
