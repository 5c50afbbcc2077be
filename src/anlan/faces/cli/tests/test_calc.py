"""The calculator at the command line: one process, JSON in and out, nothing on stdout that could pass for a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).resolve().parents[4]


def calc(*words: str, given: Any = b"", data: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    content = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "LC_ALL": "C", "PYTHONUTF8": "0"}
    if data is not None:
        bare["ANLAN_DATA"] = str(data)
    return subprocess.run(
        [sys.executable, "-m", "anlan.site.main", "calc", *words],
        input=content,
        capture_output=True,
        env=bare,
        timeout=60,
        check=False,
    )


def test_a_computation_without_server_database_or_django() -> None:
    done = calc("accident-grade", given={"deaths": 3, "date": "2026-03-06"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["grade_zh"] == "较大事故"


def test_it_answers_at_once() -> None:
    calc("deadline", given={})
    begun = time.monotonic()
    calc("deadline", given={"start": "2026-03-06", "duration": {"value": 10, "unit": "working_day"}})
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed_json"),
        (b"deaths: 3", "malformed_json"),
        (b"[" * 300_000, "malformed_json"),
        (b'{"deaths": ' + b"9" * 50_000 + b"}", "malformed_json"),
        (b'{"deaths": 1e999999999}', "too_long"),
        (b'{"deaths": -1}', "too_small"),
        (b'{"deaths": true}', "not_a_number"),
        (b'{"deaths": NaN}', "malformed_json"),
        (b'{"deaths": 1, "colour": "red"}', "unknown_field"),
        ('{"deaths": "三"}'.encode("gb18030"), "not_utf8"),
        (b"{}" + b" " * 2_000_000, "too_long"),
        (b"\xff\xfe", "not_utf8"),
    ],
)
def test_bad_input_leaves_stdout_empty(content: bytes, code: str) -> None:
    done = calc("accident-grade", given=content)
    assert (done.returncode, done.stdout) == (2, b"")
    (error, *_) = json.loads(done.stderr)["errors"]
    assert set(error) == {"field", "code", "message_zh", "message_en"}
    assert error["code"] == code


def test_an_unknown_name_lists_the_names() -> None:
    done = calc("accident", given={})
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"accident-grade" in done.stderr
    listed = calc()
    assert listed.returncode == 0
    assert all(name in listed.stdout for name in (b"accident-grade", b"deadline", b"hidden-danger-grade"))


def test_the_schema_is_shown() -> None:
    done = calc("hidden-danger-grade", "--schema")
    assert json.loads(done.stdout)["required"] == ["sector"]


def test_the_data_folder_may_add_rules_and_holidays(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(
        "- key: hidden_dangers.grade_within\n  values:\n    - {where: CN-2201, from: 2026-01-01, value: 1, "
        "cite: {law: platform_settings, article: ''}, seen: sourced}\n",
        encoding="utf-8",
    )
    (tmp_path / "holidays").mkdir()
    (tmp_path / "holidays" / "2027.yaml").write_text(
        "year: 2027\nseen: sourced\nnotices: [{number: 国办发明电〔2026〕0号, issued: 2026-11-30}]\n"
        "holidays: [{zh: 元旦, en: New Year, from: 2027-01-01, to: 2027-01-03}]\nworkdays: []\n",
        encoding="utf-8",
    )
    asked = {"start": "2026-12-31", "rule": "hidden_dangers.grade_within", "date": "2026-12-31"}
    here = json.loads(calc("deadline", given=asked, data=tmp_path).stdout)
    assert (here["due"], here["confidence"]) == ("2027-01-04", "sourced")
    elsewhere = json.loads(calc("deadline", given={**asked, "where": "CN-22"}, data=tmp_path).stdout)
    assert elsewhere["due"] == "2027-01-06"


def test_a_broken_rule_file_computes_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text("- key: a.b\n  values: [1]\n", encoding="utf-8")
    done = calc("accident-grade", given={"deaths": 3}, data=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"a.b" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_broken_holiday_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "holidays").mkdir()
    (tmp_path / "holidays" / "2027.yaml").write_text("year: 2027\n", encoding="utf-8")
    done = calc("accident-grade", given={"deaths": 3}, data=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"2027.yaml" in done.stderr
    assert b"Traceback" not in done.stderr
