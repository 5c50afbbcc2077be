"""The environment of the packages: made where it is missing, used where it fits, and one that is borrowed never changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anlan.site import bootstrap
from anlan.site.commands.bench import BENCHES, MODULES


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second checkout beside a first; what would be run is noted, nothing is installed."""
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        (root / "requirements").mkdir(parents=True)
        for name in ("run", "dev"):
            (root / "requirements" / f"{name}.txt").write_text(name)
    (first / ".venv" / "bin").mkdir(parents=True)
    (first / ".venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(bootstrap, "ROOT", second)
    monkeypatch.setattr(bootstrap, "VENV", second / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", second / ".venv" / "bin" / "python")
    return second


def stamp(checkout: Path) -> Path:
    """Note in the first checkout that its environment holds what its locks ask for."""
    first = checkout.parent / "first"
    held = {
        name: bootstrap.digest_under(first, [first / "requirements" / f"{name}.txt"])
        for name in ("run", "dev")
    }
    (first / ".venv" / "anlan-stamp.json").write_text(json.dumps({"place": str(first / ".venv"), **held}))
    (checkout / ".venv").symlink_to(first / ".venv")
    return first / ".venv"


def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    commands: list[list[str]] = []

    def ran(command: list[str], **_more: Any) -> Any:
        commands.append(command)
        if "venv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap.subprocess, "run", ran)
    monkeypatch.setattr(bootstrap, "runs", lambda _python: True)
    return commands


def test_a_borrowed_environment_that_fits_is_used_as_it_is(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp(checkout)
    commands = installed(monkeypatch)
    bootstrap.install_packages("dev")
    bootstrap.install_packages("run")
    assert commands == []


def test_a_borrowed_environment_that_does_not_fit_is_left_alone(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrowed = stamp(checkout)
    before = sorted(str(path) for path in borrowed.rglob("*"))
    (checkout / "requirements" / "dev.txt").write_text("newer")
    commands = installed(monkeypatch)
    bootstrap.install_packages("dev")
    assert sorted(str(path) for path in borrowed.rglob("*")) == before
    assert not (checkout / ".venv").is_symlink()
    assert commands[0][-1] == str(checkout / ".venv")
    held = json.loads((checkout / ".venv" / "anlan-stamp.json").read_text())
    assert held["place"] == str(checkout / ".venv")


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ([], True), (["lists"], True), (["import"], False), (["export", "verify"], False), (["verify", "wall"], True),
        (["ingest", "--meters", "--data", "/tmp/map"], False), (["--enterprises", "500"], True), (["no-such"], True),
    ],
)  # fmt: skip
def test_pages_are_built_for_the_benches_that_open_one(words: list[str], opens: bool) -> None:
    assert bootstrap.bench_opens_pages(words) is opens


def test_every_bench_says_whether_it_opens_pages() -> None:
    for name in BENCHES:
        source = (bootstrap.ROOT / "bench" / f"{bootstrap.BENCH_MODULES.get(name, name)}.py").read_text(
            "utf-8"
        )
        assert re.search(r"^NEEDS_PAGES = (True|False)$", source, re.M), name
        if "chromium" in source or "bench.pages" in source:
            assert bootstrap.bench_opens_pages([name]), f"{name} opens pages"
    assert {f"bench.{name}" for name in bootstrap.BENCH_MODULES.values()} == set(MODULES.values())
