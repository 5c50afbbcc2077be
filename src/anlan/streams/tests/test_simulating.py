"""A recorded series is read whatever its columns are called, and what is none says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from anlan.streams.simulating import named, recorded


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


def test_without_times_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no column of times"):
        recorded(file)
