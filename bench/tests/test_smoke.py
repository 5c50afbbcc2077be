"""Every bench of this folder runs to its end on a tiny city, and tells each figure in one line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import growth
from bench.place import Place, Size

from anlan.site.environment import ROOT

TOLD = {
    "bench",
    "figure",
    "unit",
    "median",
    "p95",
    "min",
    "max",
    "n",
    "target",
    "ok",
    "rows",
    "machine",
    "versions",
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the database's own user can reach."""
    with tempfile.TemporaryDirectory(prefix="anlan-bench-smoke-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def measured(folder: Path, *which: str) -> list[dict[str, Any]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANLAN_")}
    own |= {"PYTHONPATH": str(ROOT / "src"), "ANLAN_BENCH_DEMO": "none"}
    command = [sys.executable, "-m", "anlan.site.main", "bench", *which, "--data", str(folder / "city")]
    done = subprocess.run(
        [*command, "--enterprises", "30", "--dangers", "240"], cwd=ROOT, env=own, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr[-3000:]
    assert all(set(line) >= TOLD for line in lines)
    return lines


@pytest.mark.slow
def test_searches_and_starts_are_measured(folder: Path) -> None:
    lines = measured(folder, "search", "up")
    figures = {(line["bench"], line["figure"]) for line in lines}
    for role in ("township", "city"):
        assert ("search", f"everything with facets as {role} officer") in figures
        assert ("search", f"two characters as {role} officer") in figures
    assert {name for bench, name in figures if bench == "up"} >= {"second start"}
    searched = [line for line in lines if line["bench"] == "search" and line["target"]]
    assert all(line["target"] == "p95 <= 150" and line["n"] > 20 for line in searched)


def test_growth_tells_times_that_rose_and_rates_that_fell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def line(bench: str, figure: str, unit: str, target: str | None, median: int, p95: int) -> str:
        told = {
            "bench": bench,
            "figure": figure,
            "unit": unit,
            "target": target,
            "median": median,
            "p95": p95,
        }
        return json.dumps(told)

    def begun(place: Place, side: tuple[int, int]) -> subprocess.Popen[str]:
        few = place.size.dangers == growth.SMALL
        lines = [
            line("lists", "slower", "ms", "p95 <= 150", 1, 100 if few else 150),
            line("map", "as before", "ms", None, 10, 10 if few else 90),
            line("steps", "fewer", "steps/s", "median >= 150", 30, 1),
            line("steps", "fewer", "steps/s", "median >= 150", 200 if few else 100, 1),
            line("steps", "fewer", "steps/s", "median >= 150", 20, 1),
            *([] if few else [line("map", "only here", "ms", None, 1, 1)]),
        ]
        command = [sys.executable, "-c", "import sys; print(sys.argv[1])", "\n".join(lines)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    monkeypatch.setattr(growth, "_begun", begun)
    found = {one.name: one for one in growth.run(Place(tmp_path / "city", Size(50_000, 1_000_000)))}
    # Of what is told more than once the better reading counts.
    assert {name: one.value for name, one in found.items()} == {
        "lists: slower": 1.5, "map: as before": 1.0, "steps: fewer": 2.0,
    }  # fmt: skip
    # What is held to nothing is held to no growth either: it is told.
    assert [one.is_reached for one in found.values()] == [False, None, False]


@pytest.mark.slow
def test_two_commands_measure_in_turns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "BENCHES", ("verify", "verify"))
    city = Place(folder / "city", Size(30, 240))
    for figures in growth._in_turns(city, city):
        assert {figure["ok"] is None for figure in figures.values()} == {True, False}
        assert all(figure["rounds"] == growth.EACH_CALL for figure in figures.values())
