"""What computations accept and refuse: numbers, dates, words, broken JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.kernel.clock import CHINA
from anlan.kernel.rules import InputErrors, UnknownRule, computations, read_json, run
from anlan.kernel.rules.inputs import (
    Choice,
    Codes,
    Day,
    Group,
    Line,
    Moment,
    Option,
    Quantity,
    Rows,
    YesNo,
    read_fields,
)

NUMBER = Quantity("n", "数", "Number")
WHOLE = Quantity("n", "数", "Number", whole=True)


def code(field: Any, raw: Any) -> str:
    with pytest.raises(InputErrors) as refused:
        field.read(raw, "x")
    assert refused.value.faults[0].field == "x"
    return refused.value.faults[0].code


@pytest.mark.parametrize("raw", [1, "1", Decimal(1), Decimal("1.0"), "1.0", 1.0])
def test_a_whole_number_in_all_its_spellings(raw: Any) -> None:
    found = WHOLE.read(raw, "x")
    assert found == 1
    assert isinstance(found, int)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (True, "not_a_number"),
        ("1e3", "not_a_number"),
        (" 1", "not_a_number"),
        ("１", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1,000", "not_a_number"),
        ("", "not_a_number"),
        ("Infinity", "not_a_number"),
        (Decimal("NaN"), "not_a_number"),
        (float("nan"), "not_a_number"),
        (float("inf"), "too_long"),
        (Decimal("1E+999999"), "too_long"),
        (Decimal("1E-999999"), "too_long"),
        (10**50, "too_long"),
        ("9" * 41, "not_a_number"),
        ("9" * 30, "too_long"),
        (-1, "too_small"),
        ("-0.01", "too_small"),
        (10**16, "too_large"),
        ([], "not_a_number"),
        ({}, "not_a_number"),
    ],
)
def test_what_is_no_number(raw: Any, why: str) -> None:
    assert code(NUMBER, raw) == why


@given(some.decimals(0, 10**9, places=6))
def test_numbers_arrive_digit_by_digit(number: Decimal) -> None:
    text = format(number, "f")
    assert str(NUMBER.read(text, "x")) == text
    assert NUMBER.read(read_json(f'{{"n": {text}}}'.encode())["n"], "x") == number


def test_dates_and_instants() -> None:
    day, moment = Day("d", "日", "Day"), Moment("m", "时", "Moment")
    assert day.read("2026-03-06", "x") == date(2026, 3, 6)
    for raw in (
        "20260306",
        "2026-W10-5",
        "2026-02-30",
        "06.03.2026",
        "0001-01-01",
        "9999-12-31",
        "٢٠٢٦-03-06",
    ):
        assert code(day, raw) == "not_a_date"
    assert code(day, 20260306) == "not_text"
    assert moment.read("2026-03-06", "x") == date(2026, 3, 6)
    assert moment.read("2026-03-06T14:20", "x") == datetime(2026, 3, 6, 14, 20, tzinfo=CHINA)
    assert moment.read("2026-03-06T06:20:00Z", "x") == datetime(2026, 3, 6, 14, 20, tzinfo=CHINA)
    for raw in ("2026-03-06T25:00", "14:20", "2026-03-06T14:20:00+99:00", "tomorrow", "2026-03-06T"):
        assert code(moment, raw) == "not_a_moment"


def test_words() -> None:
    line = Line("t", "文", "Text", most=5, whole_numbers_too=True)
    assert line.read(" 12 ", "x") == "12"
    assert line.read(12, "x") == "12"
    assert [code(line, raw) for raw in ("", "  ", "123456", "a\x00b", "a\nb", True, 1.5, None)] == [
        "required",
        "required",
        "too_long",
        "too_long",
        "too_long",
        "not_text",
        "not_text",
        "not_text",
    ]
    choice = Choice("c", "选", "Choice", options=(Option("red", "红", "Red", ("r",)),))
    assert {choice.read(raw, "x") for raw in ("red", "RED", "红", "R")} == {"red"}
    assert code(choice, "blue") == "not_a_choice"
    assert code(YesNo("y", "是", "Yes"), "true") == "not_yes_or_no"
    assert code(YesNo("y", "是", "Yes"), 1) == "not_yes_or_no"


def test_every_fault_is_told_at_once() -> None:
    fields = (WHOLE, Group("g", "组", "Group", fields=(Day("d", "日", "Day"), NUMBER)))
    with pytest.raises(InputErrors) as refused:
        read_fields(fields, {"n": "x", "g": {"n": -1, "y": 1}, "z": 2})
    assert [(f.field, f.code) for f in refused.value.faults] == [
        ("z", "unknown_field"),
        ("n", "not_a_number"),
        ("g.y", "unknown_field"),
        ("g.d", "required"),
        ("g.n", "too_small"),
    ]
    assert all(f.message_zh and f.message_en for f in refused.value.faults)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[]", "not_an_object"),
        (b"1", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"a": NaN}', "malformed_json"),
        (b'{"a": Infinity}', "malformed_json"),
        (b'{"a": 1, "a": 2}', "repeated_field"),
        (b'{"a": {"b": 1, "b": 2}}', "repeated_field"),
        ('{"a": "重大"}'.encode("gbk"), "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        (b"[" * 200_000, "malformed_json"),
        (b'{"a":' * 100_000, "malformed_json"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "malformed_json"),
        (b" " * 1_000_001, "too_long"),
    ],
)
def test_broken_json(content: bytes, why: str) -> None:
    with pytest.raises(InputErrors) as refused:
        read_json(content)
    assert refused.value.faults[0].code == why


def test_json_with_a_byte_order_mark_is_read() -> None:
    assert read_json(b"\xef\xbb\xbf" + b'{"a": 0.1}') == {"a": Decimal("0.1")}


ANYTHING = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.decimals()
    | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = sorted({field.name for found in computations().values() for field in found.all_fields})


@given(
    some.sampled_from(sorted(computations())), some.dictionaries(some.sampled_from(KEYS), ANYTHING) | ANYTHING
)
def test_anything_at_all_is_computed_or_refused(name: str, data: Any) -> None:
    """No input makes a computation fail in any other way than by naming the fields at fault."""
    try:
        found = run(name, data)
    except InputErrors as error:
        refused = error.as_json()["errors"]
        found = {"steps": refused, "citations": refused, "confidence": "refused"}
    assert found["steps"]
    assert {"steps", "citations", "confidence"} <= set(found)
    json.dumps(found)


def test_every_computation_declares_itself_completely() -> None:
    assert {"accident-grade", "deadline", "hidden-danger-grade"} <= set(computations())
    for name, declared in computations().items():
        found = run(name, dict(declared.example))
        assert found["confidence"] in ("sourced", "secondary", "memory")
        assert found["steps"]
        assert found["citations"]
        assert all(words for words in (declared.zh, declared.en, declared.about_zh, declared.about_en))
        schema = declared.schema()
        assert schema["additionalProperties"] is False
        assert set(schema["properties"]) == {field.name for field in declared.all_fields}


def test_the_schema_accepts_the_example() -> None:
    validator = pytest.importorskip("jsonschema")
    for declared in computations().values():
        validator.validate(dict(declared.example), declared.schema())


def test_a_form_gives_the_same_input() -> None:
    deadline = computations()["deadline"]
    answers = {
        "start": "2026-09-18",
        "duration.value": "10",
        "duration.unit": "working_day",
        "rule": "",
        "x": "y",
    }
    assert deadline.from_form(answers) == {
        "start": "2026-09-18",
        "duration": {"value": "10", "unit": "working_day"},
    }
    danger = computations()["hidden-danger-grade"]
    answers = {"sector": "chemical", "facts.needs_stop": "yes", "facts.removable_at_once": "no"}
    assert danger.from_form(answers)["facts"] == {"needs_stop": True, "removable_at_once": False}


def test_an_unknown_computation_is_named() -> None:
    with pytest.raises(UnknownRule, match="no-such"):
        run("no-such", {})


@pytest.mark.parametrize(
    ("data", "field", "why"),
    [
        ({"start": "2026-01-01"}, "duration", "one_of_two"),
        (
            {"start": "2026-01-01", "rule": "a.b", "duration": {"value": 1, "unit": "day"}},
            "duration",
            "one_of_two",
        ),
        ({"start": "2026-01-01", "rule": "a.b"}, "rule", "unknown_rule"),
        ({"start": "2026-01-01", "rule": "accidents.grades"}, "rule", "unknown_rule"),
        ({"start": "2026-01-01", "duration": {"value": 1, "unit": "hour"}}, "start", "needs_time_of_day"),
        (
            {"start": "2026-01-01", "duration": {"value": 10**5, "unit": "year"}},
            "duration.value",
            "too_large",
        ),
        ({"start": "2026-01-01", "duration": {"value": 1.5, "unit": "day"}}, "duration.value", "not_whole"),
        ({"start": "2026-01-01", "duration": {"value": 1, "unit": "week"}}, "duration.unit", "not_a_choice"),
        ({"start": "2026-01-01", "duration": 5}, "duration", "not_an_object"),
        ({"duration": {"value": 1, "unit": "day"}}, "start", "required"),
        (
            {"start": "2026-01-01", "duration": {"value": 1, "unit": "day"}, "where": "Changchun"},
            "where",
            "not_a_place",
        ),
        (
            {"start": "2000-01-01", "rule": "hidden_dangers.review_within", "date": "2000-01-01"},
            "date",
            "no_rule_in_force",
        ),
    ],
)
def test_deadlines_that_cannot_be_counted(data: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(InputErrors) as refused:
        run("deadline", data)
    assert [(f.field, f.code) for f in refused.value.faults] == [(field, why)]


def test_deadlines_by_rule_and_by_duration() -> None:
    by_rule = run("deadline", {"start": "2026-03-06", "rule": "hidden_dangers.review_within"})
    assert (by_rule["due"], by_rule["counted_days"]) == ("2026-03-16", 10)
    assert by_rule["confidence"] == "memory", "the figure was not compared with its text"
    assert any("第16号" in c["instrument"] for c in by_rule["citations"])
    worked = run("deadline", {"start": "2026-02-13", "duration": {"value": 5, "unit": "working_day"}})
    assert (worked["due"], worked["counted_days"]) == ("2026-02-27", 5)
    assert any("国办发明电〔2025〕7号" in c["instrument"] for c in worked["citations"])
    hours = run("deadline", {"start": "2026-03-06T14:20:00Z", "rule": "accidents.report_per_level"})
    assert (hours["due"], hours["counted_days"]) == ("2026-03-07T00:20:00+08:00", None)
    setting = run("deadline", {"start": "2026-03-06", "rule": "hidden_dangers.grade_within"})
    assert any("不是法律规定" in step["text_zh"] for step in setting["steps"])


ROWS = Rows("rows", "行", "Rows", fields=(NUMBER, Line("s", "字", "Text", required=False)), most=3)
CODES = Codes("c", "码", "Codes", codes=lambda: ("J1", "W5.1"), most=2)


def test_rows_are_read_with_the_faults_of_each() -> None:
    assert ROWS.read([{"n": "1"}, {"n": 2, "s": "x"}], "x") == [
        {"n": Decimal(1)},
        {"n": Decimal(2), "s": "x"},
    ]
    with pytest.raises(InputErrors) as refused:
        ROWS.read([{"n": -1}, {}, 5], "x")
    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("x.0.n", "too_small"), ("x.1.n", "required"), ("x.2", "not_an_object"),
    ]  # fmt: skip
    assert [code(ROWS, raw) for raw in ([], {}, "a", None, [{}] * 4)] == [
        "required", "not_a_list", "not_a_list", "not_a_list", "too_many",
    ]  # fmt: skip


def test_rows_of_a_form_skip_the_blank_ones() -> None:
    answers = {
        "rows.0.n": "1",
        "rows.7.s": "x",
        "rows.7.n": "2",
        "rows.9.n": " ",
        "other.1.n": "3",
        "rows.x.n": "4",
    }
    assert ROWS.from_form(answers) == [{"n": "1"}, {"n": "2", "s": "x"}]
    assert ROWS.from_form({"rows.3.n": ""}) is None


def test_codes_come_as_a_list_or_apart_in_a_text() -> None:
    for raw in (["J1", "w5.1"], "j1 W5.1", "J1,W5.1", ("J1", "W5.1")):
        assert CODES.read(raw, "x") == ("J1", "W5.1")
    assert [code(CODES, raw) for raw in ([], "", ["J9"], [1], {"J1": 1}, ["J1"] * 3)] == [
        "required", "required", "not_a_code", "not_text", "not_a_list", "required",
    ]  # fmt: skip
    assert ROWS.schema()["items"]["additionalProperties"] is False
    assert CODES.schema()["items"]["enum"] == ["J1", "W5.1"]
