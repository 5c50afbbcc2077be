"""What a question is made of, and what is marked of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.finding import marked, understood


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("化工企业消防", ("化工", "企业", "消防")),
        ("消防通道堵塞", ("消防", "通道", "堵塞")),
        ("动火作业", ("动火", "作业")),
        ("消防", ()),
        ("长春璟原客运有限公司", ("长春", "璟原", "客运", "有限", "公司")),
        ("YH-2026-000123", ()),
        ("91220102MA17TEST0X", ()),
    ],
)
def test_a_run_of_chinese_falls_into_its_words(text: str, words: tuple[str, ...]) -> None:
    assert understood(text).words == words


def test_a_single_character_beside_words_is_named_as_left_out() -> None:
    """Nothing is found by half of the words unsaid: 消防丁 finds what holds 消防, and the page says so."""
    assert (understood("消防丁").words, understood("消防丁").left_out) == (("消防",), ("丁",))
    assert understood("消防通道堵塞").left_out == ()
    assert (understood("丁").words, understood("丁").left_out) == ((), ())


def test_a_question_without_words_is_none() -> None:
    assert not understood("  …… %% ")
    assert not understood("")
    assert understood("消")


def test_full_width_and_capitals_are_folded() -> None:
    assert understood("ＡＢＣ１２").exact == "abc12"
    assert understood("YH-2026-000123").is_code
    assert not understood("消防").is_code


@given(st.text(max_size=300))
def test_any_text_is_understood(text: str) -> None:
    question = understood(text)
    assert len(question.text) <= 100
    assert all(word for word in question.words)


@given(st.text(max_size=200), st.text(min_size=1, max_size=6))
def test_marking_keeps_the_text(text: str, term: str) -> None:
    assert "".join(piece for piece, _ in marked(text, [term])) == text


def test_hits_are_marked_whatever_their_case_and_the_window_lies_around_the_first() -> None:
    assert marked("a消防B", ["b", "消防"]) == [("a", False), ("消防", True), ("B", True)]
    text = "前" * 80 + "消防" + "后" * 80
    pieces = marked(text, ["消防"], 60)
    assert ("消防", True) in pieces
    assert sum(len(piece) for piece, _ in pieces) <= 62
    assert pieces[0][0].startswith("…")


def test_a_text_meets_the_run_or_all_the_words() -> None:
    question = understood("化工企业消防")
    assert question.is_met_by("化工园区内的企业，消防不足")
    assert not question.is_met_by("化工园区内的企业")
