"""How numbers of documents read in English."""

from __future__ import annotations

import re

import pytest

from anlan.kernel.rules import catalogue
from anlan.kernel.rules.numbering import number_in_english


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("国务院令第493号", "State Council Order No. 493"),
        ("主席令第88号", "Order of the President No. 88"),
        ("安监总管三〔2017〕121号", "An Jian Zong Guan San [2017] No. 121"),
        ("2024年修订", "2024 revision"),
        ("GB 18218-2018", "GB 18218-2018"),
        ("某某令第1号", "某某令第1号"),
        ("某〔2020〕1号", "某〔2020〕1号"),
        ("", ""),
    ],
)
def test_a_number_reads_in_english(number: str, said: str) -> None:
    assert number_in_english(number) == said


def test_every_number_of_the_book_reads_in_english() -> None:
    numbers = {one.number for one in catalogue().instruments.values()}
    assert not [number for number in numbers if re.search(r"[\u4e00-\u9fff]", number_in_english(number))]
