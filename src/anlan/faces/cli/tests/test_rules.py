"""Looking into the rule book from the command line."""

from __future__ import annotations

import argparse
from datetime import date

import pytest

from anlan.faces.cli import rules


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    parser = argparse.ArgumentParser()
    rules.add_arguments(parser)
    status = rules.run(parser.parse_args(words))
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_list_as_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "list", "--date", "2026-03-06")
    assert status == 0
    (review,) = [line for line in out.splitlines() if line.startswith("hidden_dangers.review_within\t")]
    assert review.split("\t")[2:4] == ["10", "day"]
    assert any(line.startswith("hidden_dangers.reinspect_within\t-") for line in out.splitlines())


def test_what_hangs_on_a_law(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "law", "state_council_order_493")
    assert status == 0
    assert "accidents.grades" in out
    assert "生产安全事故报告和调查处理条例" in out


def test_all_versions_of_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "show", "hidden_dangers.criteria.industry_trade")
    assert [line.split("\t")[4] for line in out.splitlines()] == ["2017-11-30 – 2023-05-14", "2023-05-15 – "]


def test_the_check_names_what_ends_without_successor(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check")
    assert status == 0
    assert "hidden_dangers.reinspect_within" in out
    assert "2016–2026" in out


def test_laws_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "laws")
    assert "civil_code" in out


@pytest.mark.parametrize("words", [("law",), ("law", "no_law"), ("show", "no.rule")])
def test_unknown_keys_are_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert err


def test_a_date_is_a_date() -> None:
    parser = argparse.ArgumentParser()
    rules.add_arguments(parser)
    assert parser.parse_args(["list", "--date", "2026-03-06"]).date == date(2026, 3, 6)
