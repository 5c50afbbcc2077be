"""A recorded series is read whatever its columns are called, and what is none says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from anlan.streams.simulating import named, recorded, shipped


@pytest.mark.parametrize(
    ("table", "names", "series"),
    [
        ("timestamp,value\n2014-02-14 14:30:00,0.132\n2014-02-14 14:25:00,0.1\n", ["value"],
         [(1392387900000, {"value": 0.1}), (1392388200000, {"value": 0.132})]),
        ("\ufeffTime,a,b\n1764115200,1,x\n1764115201000,2,3\n", ["a", "b"],
         [(1764115200000, {"a": 1.0}), (1764115201000, {"a": 2.0, "b": 3.0})]),
    ],
)  # fmt: skip
def test_a_series_is_read_in_order_of_time(
    tmp_path: Path, table: str, names: list[str], series: list[tuple[int, dict[str, float]]]
) -> None:
    file = tmp_path / "Some Series.csv"
    file.write_text(table, encoding="utf-8")
    assert recorded(file) == (names, series)
    assert named(file) == "replay-some-series"


@pytest.mark.parametrize(("name", "rows"), [("nab-machine", 22_695), ("nab-ambient", 7_267)])
def test_the_series_that_come_with_the_program_are_there_with_their_licence(name: str, rows: int) -> None:
    file = shipped(Path(name))
    names, series = recorded(file)
    assert (names, len(series)) == (["value"], rows)
    assert "MIT" in (file.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in (file.parent / "LICENSE").read_text(encoding="utf-8")


def test_a_path_is_taken_as_it_is() -> None:
    assert shipped(Path("some/series.csv")) == Path("some/series.csv")


def test_without_times_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no column of times"):
        recorded(file)
