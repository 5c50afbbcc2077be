"""The catalogue: look-ups by date and place, and every way a rule file may mislead."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from anlan.kernel.rules import RuleFileError, RuleGap, UnknownRule, catalogue, lighter_of
from anlan.kernel.rules.catalogue import Catalogue
from anlan.kernel.rules.parameters import places_upwards, weakest
from anlan.kernel.rules.reading import plain, read_yaml

INSTRUMENTS = """
- {key: old_law, zh: 旧法, en: Old law, number: 1号, kind: law, from: 2000-01-01, to: 2009-12-31,
   replaced_by: new_law, seen: sourced}
- {key: new_law, zh: 新法, en: New law, number: 2号, kind: law, from: 2010-01-01, seen: sourced}
- {key: province_rule, zh: 省规, en: Province rule, number: 3号, kind: rule, from: 2015-01-01, to: 2019-12-31,
   seen: memory}
- {key: settings, zh: 设置, en: Settings, number: "", kind: operating, from: 2000-01-01, seen: sourced}
"""
RULES = """
- key: things.pay_within
  zh: 缴纳期限
  en: Time to pay
  kind: duration
  unit: day
  as_of: decided_on
  bounds: {includes_start: false}
  values:
    - {where: CN, from: 2000-01-01, value: 30, cite: {law: old_law, article: 第一条}, seen: sourced}
    - {where: CN, from: 2010-01-01, value: 15, cite: {law: new_law, article: 第二条}, seen: sourced}
    - {where: CN-22, from: 2015-01-01, value: 10, cite: {law: province_rule, article: ""}, seen: memory}
- key: things.rate
  zh: 比率
  en: Rate
  kind: amount
  unit: per_day
  as_of: decided_on
  values:
    - {where: CN, from: 2010-01-01, value: 0.03, cite: {law: new_law, article: 第三条}, seen: secondary}
"""


def load(folder: Path, rules: str = RULES, instruments: str = INSTRUMENTS) -> Catalogue:
    (folder / "instruments.yaml").write_text(instruments, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return Catalogue.load([folder])


@pytest.mark.parametrize(
    ("where", "on", "value"),
    [
        ("CN", "2009-12-31", 30),
        ("CN", "2010-01-01", 15),
        ("CN-2201", "2014-12-31", 15),
        ("CN-2201", "2015-01-01", 10),
        ("CN-22", "2019-12-31", 10),
        ("CN-22", "2020-01-01", 15),  # the province's rule ended: the country's holds again
        ("CN-23", "2016-01-01", 15),
    ],
)
def test_the_most_specific_value_in_force_wins(tmp_path: Path, where: str, on: str, value: int) -> None:
    assert load(tmp_path).get("things.pay_within", date.fromisoformat(on), where).value == value


def test_a_date_without_rule_is_an_error_and_not_the_last_known(tmp_path: Path) -> None:
    book = load(tmp_path)
    with pytest.raises(RuleGap, match="1999-12-31"):
        book.get("things.pay_within", date(1999, 12, 31))
    with pytest.raises(UnknownRule, match="nothing"):
        book.get("things.nothing", date(2020, 1, 1))
    with pytest.raises(ValueError, match="not a place"):
        book.get("things.pay_within", date(2020, 1, 1), "CN-2")


def test_a_value_without_end_ends_with_its_law(tmp_path: Path) -> None:
    book = load(tmp_path)
    assert book.versions("things.pay_within")[0].effective_to == date(2009, 12, 31)
    assert [v.where for v in book.hanging_on("province_rule")] == ["CN-22"]
    assert book.ending_with_their_law() == ()
    with pytest.raises(UnknownRule):
        book.hanging_on("no_law")


def test_a_repeal_touches_one_line_and_names_what_hangs_on_it(tmp_path: Path) -> None:
    repealed = INSTRUMENTS.replace("number: 2号, kind: law,", "number: 2号, kind: law, to: 2026-06-30,")
    book = load(tmp_path, instruments=repealed)
    assert {v.key for v in book.ending_with_their_law()} == {"things.pay_within", "things.rate"}
    with pytest.raises(RuleGap):
        book.get("things.rate", date(2026, 7, 1))


def test_figures_stay_exact(tmp_path: Path) -> None:
    rate = load(tmp_path).get("things.rate", date(2020, 1, 1))
    assert rate.value == Decimal("0.03")
    assert isinstance(rate.value, Decimal)
    assert rate.stored()["value"] == "0.03"


def test_what_a_ledger_entry_keeps(tmp_path: Path) -> None:
    assert load(tmp_path).get("things.pay_within", date(2020, 1, 1), "CN-2201").stored() == {
        "key": "things.pay_within",
        "where": "CN",
        "value": 15,
        "unit": "day",
        "version": "2010-01-01",
        "law": "new_law",
        "article": "第二条",
        "confidence": "sourced",
    }


def test_a_pack_adds_values_for_its_own_place(tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    (city / "rules.yaml").write_text(
        "- key: things.pay_within\n  values:\n"
        "    - {where: CN-2201, from: 2020-01-01, value: 20, cite: {law: settings_law, article: ''}, seen: memory}\n",
        encoding="utf-8",
    )
    (city / "instruments.yaml").write_text(
        "- {key: settings_law, zh: 市规, en: City rule, number: '', kind: rule, from: 2020-01-01, seen: memory}\n",
        encoding="utf-8",
    )
    load(tmp_path)
    book = Catalogue.load([tmp_path, city])
    assert book.get("things.pay_within", date(2021, 1, 1), "CN-2201").value == 20
    assert book.get("things.pay_within", date(2021, 1, 1), "CN-2202").value == 15


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ("from: 2010-01-01, value: 15", "from: 2009-06-01, value: 15", "before its instrument"),
        ("from: 2010-01-01, value: 15", "from: 2010-02-01, value: 15", "no value between"),
        (
            "from: 2010-01-01, value: 15, cite: {law: new_law",
            "from: 2008-01-01, value: 15, cite: {law: old_law",
            "overlap",
        ),
        ("law: new_law, article: 第三条", "law: some_law, article: 第三条", "unknown instrument"),
        ("value: 30", "value: 30, to: 2011-01-01", "after its instrument"),
        ("value: 30", "value: 30, to: 1999-01-01", "ends before it begins"),
        ("seen: secondary", "seen: certain", "'seen' must be one of"),
        ("kind: amount", "kind: magic", "'kind' must be one of"),
        ("value: 15", "value: 15.5", "do not fit kind"),
        ("value: 15", "value: -1", "do not fit kind"),
        ("value: 15", "value: true", "do not fit kind"),
        ("value: 0.03", "value: .inf", "not a decimal"),
        ("unit: day", "unit: week", "do not fit kind"),
        ("where: CN-22", "where: Jilin", "not a place"),
        ("zh: 比率", "name: 比率", "unknown fields"),
        ("  unit: per_day\n", "", "missing fields"),
        ("  as_of: decided_on\n  values", "  values", "missing fields"),
        ("key: things.rate", "key: things.pay_within", "declared twice"),
        ("key: things.rate", "key: rate", "needs a key"),
        ("en: Rate", "en: Rate\n  en: Rate", "written twice"),
        ("from: 2010-01-01, value: 0.03", "from: 2010, value: 0.03", "must be a date"),
        ("law: new_law, article: 第三条", "law: settings, article: ''", "no number of law is invented"),
    ],
)
def test_a_misleading_file_is_refused(tmp_path: Path, written: str, instead: str, fault: str) -> None:
    assert written in RULES
    with pytest.raises(RuleFileError, match=fault):
        load(tmp_path, RULES.replace(written, instead))


@pytest.mark.parametrize(
    ("written", "instead", "fault"),
    [
        ("replaced_by: new_law", "replaced_by: no_law", "unknown instrument"),
        ("key: new_law", "key: old_law", "described twice"),
        ("to: 2009-12-31", "to: 1999-12-31", "ends before it begins"),
        ("kind: rule", "kind: song", "'kind' must be one of"),
        ("en: Old law, ", "", "missing fields"),
    ],
)
def test_a_misleading_instrument_is_refused(tmp_path: Path, written: str, instead: str, fault: str) -> None:
    with pytest.raises(RuleFileError, match=fault):
        load(tmp_path, instruments=INSTRUMENTS.replace(written, instead, 1))


@pytest.mark.parametrize(
    "content",
    ["{", "- 1", "a: 1", "\tx", "- {key: a.b, values: []}", RULES + "- {key: things.rate, values: [1]}"],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(RuleFileError):
        load(tmp_path, content)


def test_reading_keeps_every_digit(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("[0.1, 1e3, 12345678901234567890.123456789, 1_000.5]", encoding="utf-8")
    assert [str(number) for number in read_yaml(file)][:1] == ["0.1"]
    assert read_yaml(file)[2] == Decimal("12345678901234567890.123456789")
    assert read_yaml(file)[3] == Decimal("1000.5")


@given(some.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_plain_numbers_have_no_exponent_and_no_trailing_zero(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text.upper()
    assert "." not in text or not text.endswith(("0", "."))


def test_places_and_confidences() -> None:
    assert list(places_upwards("CN-220112")) == ["CN-220112", "CN-2201", "CN-22", "CN"]
    assert weakest(["sourced", "memory", "secondary"]) == "memory"
    assert weakest([]) == "sourced"


@given(some.dates(date(1987, 1, 1), date(2100, 1, 1)))
def test_the_shipped_rules_have_no_hole(day: date) -> None:
    """From the first day a rule is in force in a place until its law ends there, every day has exactly one value."""
    for key in catalogue().names():
        versions = catalogue().versions(key)
        for where in {v.where for v in versions}:
            there = [v for v in versions if v.where == where]
            first = min(v.effective_from for v in there)
            ends = (
                None
                if any(v.effective_to is None for v in there)
                else max(v.effective_to or day for v in there)
            )
            in_force = [v for v in there if v.is_in_force(day)]
            assert len(in_force) == (1 if first <= day and (ends is None or day <= ends) else 0), (key, where)


def test_every_shipped_value_is_cited_and_named_in_both_languages() -> None:
    for key in catalogue().names():
        for value in catalogue().versions(key):
            assert value.zh
            assert value.en
            assert value.as_of
            assert value.citation.instrument.key in catalogue().instruments
            assert bool(value.note_zh) == bool(value.note_en)


def test_the_lighter_rule_applies_and_both_are_kept() -> None:
    key = "accidents.investigation_report"
    same = lighter_of(key, date(2010, 1, 1), date(2020, 1, 1))
    assert same.applies is same.at_act
    with pytest.raises(RuleGap):
        lighter_of(key, date(2000, 1, 1), date(2020, 1, 1))
    ended = lighter_of("hidden_dangers.reinspect_within", date(2025, 6, 1), date(2026, 3, 1))
    assert ended.at_decision is None
    assert ended.applies.value == 10
    with pytest.raises(TypeError, match="weight"):
        lighter_of("accidents.grades", date(2010, 1, 1), date(2020, 1, 1))


def test_the_later_rule_applies_when_it_is_lighter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load(tmp_path)
    monkeypatch.setattr("anlan.kernel.rules.book.catalogue", lambda: book)
    chosen = lighter_of("things.pay_within", date(2009, 1, 1), date(2011, 1, 1), "CN")
    assert (chosen.at_act.value, chosen.applies.value) == (30, 15)
    heavier = lighter_of(
        "things.pay_within", date(2009, 1, 1), date(2011, 1, 1), "CN", weight=lambda days: -days
    )
    assert heavier.applies.value == 30


def test_a_day_has_one_rule_up_to_its_last_day(tmp_path: Path) -> None:
    book = load(tmp_path)
    change = date(2010, 1, 1)
    before = book.get("things.pay_within", change - timedelta(days=1))
    assert before.effective_to == change - timedelta(days=1)
    assert book.get("things.pay_within", change).effective_from == change
