"""A figure tells the truth of itself: what was asked, what was reached, and that it was missed."""

from __future__ import annotations

import json

import pytest
from bench.figures import Figure, Floor
from bench.place import Place, Size

from anlan.site.environment import Trouble


def test_a_missed_target_is_told() -> None:
    line = json.loads(Figure("lists", "x", "ms", [10, 20, 400], judged="p95", at_most=150).line({"rows": 3}))
    assert line["ok"] is False
    assert line["target"] == "p95 <= 150"
    assert (line["median"], line["max"], line["n"], line["rows"]) == (20, 400, 3, {"rows": 3})


def test_the_ratio_to_the_floor_is_a_target_of_its_own() -> None:
    slow = Figure("steps", "x", "steps/s", [200], at_least=150, floor=Floor("sql", 1000, ratio_at_least=0.25))
    assert slow.is_reached is False
    assert json.loads(slow.line({}))["ratio"] == 0.2
    assert Figure(
        "steps", "x", "steps/s", [300], at_least=150, floor=Floor("sql", 1000, ratio_at_least=0.25)
    ).is_reached


def test_where_nothing_is_asked_nothing_is_judged() -> None:
    assert Figure("steps", "x", "ms", [3]).is_reached is None


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    place = Place(folder, Size(10, 10))
    assert not place.is_made()
    (folder / "db").mkdir()
    with pytest.raises(Trouble):
        place.is_made()


def test_a_city_of_another_size_is_refused(tmp_path: object) -> None:
    from pathlib import Path

    Place(Path(str(tmp_path)), Size(10, 10)).mark(whole=True)
    assert Place(Path(str(tmp_path)), Size(10, 10)).is_made()
    with pytest.raises(Trouble):
        Place(Path(str(tmp_path)), Size(10, 11)).is_made()
