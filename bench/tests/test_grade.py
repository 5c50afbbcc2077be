"""What real sites hold can all be graded, and nothing of the register is lost on the way."""

from __future__ import annotations

from random import Random

from bench.grade import invented, real

from anlan.kernel.rules import run

SITES, LEAST_KINDS = 20_296, 900


def test_every_kind_of_holding_of_the_register_is_graded() -> None:
    sites = list(real(Random(7)))
    assert len(sites) == SITES
    kinds = {str([sorted(one.items())[:-1] for one in site["substances"]]): site for site in sites}
    assert len(kinds) > LEAST_KINDS, "several names may be one entry of the standard"
    found = [run("major-hazard", site) for site in kinds.values()]
    assert {one["grade_zh"] for one in found} == {None, "一级", "二级", "三级", "四级"}
    assert all(one["is_major"] is (one["R"] is not None) for one in found)


def test_invented_units_are_the_same_from_the_same_seed() -> None:
    assert list(invented(Random(1), 20)) == list(invented(Random(1), 20))
