"""The rules of colours: boundaries, and what must hold for all values."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.colours.rules import AreaSettings, Limits, Stage, area_of, base_of, paint

LIMITS = Limits(lowers=1, raises=2)
STAGES = {
    "overdue": (Stage(1, raises=1), Stage(3, raises=2)),
    "major": (Stage(1, at_least=4),),
    "absent": (Stage(1, raises=1),),
}
AREA = AreaSettings(share=10, few=5, weights={4: 100, 3: 60, 2: 30, 1: 10})
levels = st.integers(0, 4)
facts = st.dictionaries(st.sampled_from(sorted(STAGES)), st.integers(0, 5))
counts = st.dictionaries(levels, st.integers(0, 60))


def test_controls_lower_a_colour_by_a_set_number_of_steps_at_most() -> None:
    assert base_of(4, 1, LIMITS) == 3
    assert base_of(3, 3, LIMITS) == 3
    assert base_of(1, 1, LIMITS) == 1
    assert base_of(0, 0, LIMITS) == 0


def test_overdue_dangers_raise_by_their_stage() -> None:
    assert paint(2, 2, [("overdue", 1)], STAGES, LIMITS).level == 3
    assert paint(2, 2, [("overdue", 3)], STAGES, LIMITS).level == 4
    assert paint(1, 1, [("overdue", 3), ("absent", 1)], STAGES, LIMITS).level == 3  # two steps at most


def test_an_open_major_danger_is_red_whatever_was_graded() -> None:
    assert paint(1, 1, [("major", 1)], STAGES, LIMITS).level == 4
    assert paint(0, 0, [("major", 1)], STAGES, LIMITS).level == 4


def test_what_is_not_graded_is_not_raised() -> None:
    found = paint(0, 0, [("overdue", 4)], STAGES, LIMITS)
    assert (found.level, found.base) == (0, 0)
    assert [effect.count for effect in found.effects] == [4]


def test_a_fact_without_a_setting_is_told_and_moves_nothing() -> None:
    found = paint(2, 2, [("unknown", 9)], STAGES, LIMITS)
    assert (found.level, found.effects[0].kind) == (2, "unknown")


@given(levels, levels, facts, st.sampled_from(sorted(STAGES)))
def test_one_more_fact_never_makes_a_colour_milder(
    inherent: int, effective: int, known: dict[str, int], kind: str
) -> None:
    more = {**known, kind: known.get(kind, 0) + 1}
    before = paint(inherent, min(inherent, effective), known.items(), STAGES, LIMITS)
    after = paint(inherent, min(inherent, effective), more.items(), STAGES, LIMITS)
    assert after.level >= before.level


@given(levels, levels, levels, levels)
def test_graver_risks_never_make_a_colour_milder(a: int, b: int, c: int, d: int) -> None:
    (low, high), (less, more) = sorted((a, b)), sorted((c, d))
    assert base_of(high, min(high, more), LIMITS) >= base_of(low, min(low, less), LIMITS)


def test_an_area_bears_what_its_share_bears() -> None:
    assert area_of({4: 1, 1: 9}, AREA).level == 4
    assert area_of({4: 1, 1: 10}, AREA).level == 1
    assert (
        area_of({4: 1, 3: 1, 1: 10}, AREA).level == 3
    )  # one red and one orange of twelve: orange or worse are 17 %


def test_few_enterprises_bear_their_gravest_and_say_so() -> None:
    found = area_of({2: 1, 1: 3, 0: 20}, AREA)
    assert (found.level, found.is_few, found.graded) == (2, True, 4)


def test_nothing_graded_is_no_colour() -> None:
    found = area_of({0: 30}, AREA)
    assert (found.level, found.score, found.is_few) == (0, None, True)


@given(counts)
def test_the_colour_of_an_area_is_one_of_its_enterprises_or_milder_and_the_score_within_bounds(
    found: Mapping[int, int],
) -> None:
    area = area_of(found, AREA)
    present = [level for level, count in found.items() if count and level]
    if not present:
        assert area.level == 0
        return
    assert area.level <= max(present)
    assert 10 <= (area.score or 0) <= 100


@given(counts)
def test_a_red_enterprise_in_place_of_a_blue_one_never_makes_an_area_milder(found: dict[int, int]) -> None:
    if found.get(1, 0) == 0:
        return
    worse = {**found, 1: found[1] - 1, 4: found.get(4, 0) + 1}
    assert area_of(worse, AREA).level >= area_of(found, AREA).level
