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


def calc(*words: str, given: Any = b"") -> subprocess.CompletedProcess[bytes]:
    content = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "LC_ALL": "C", "PYTHONUTF8": "0"}
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
