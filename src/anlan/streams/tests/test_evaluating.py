"""Limits, dead band, delays, rates, silence, quality: what is raised and cleared, and that nothing is raised twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anlan.streams.codec import Readings
from anlan.streams.evaluating import Change, Evaluator
from anlan.streams.registry import Registry, Watched
from anlan.streams.words import BAD, HH, LL, RATE, STALE, H, L

T = 1_764_115_200_000
SECOND = 1000


def evaluator(
    *watched: tuple[str, dict[str, float]], points: int = 1, opened: frozenset[int] = frozenset()
) -> Evaluator:
    conditions = []
    for number, (kind, more) in enumerate(watched, 1):
        standard: dict[str, float] = {
            "bound": 0.0,
            "dead_band": 0.0,
            "on_delay_ms": 0,
            "off_delay_ms": 0,
        } | more
        conditions.append(Watched(number, 0, kind, **standard))  # type: ignore[arg-type]
    numbers = np.arange(1, points + 1, dtype=np.int32)
    places = np.concatenate([[-1], np.arange(points)]).astype(np.int32)
    wide = np.full(points, np.inf)
    return Evaluator(Registry(1, {}, numbers, places, -wide, wide, conditions), T, opened)


def feed(to: Evaluator, *readings: tuple[float, float], quality: int = 0) -> list[tuple[int, bool, int]]:
    """Give readings of the first point, (seconds, value), all at once."""
    count = len(readings)
    columns = Readings(
        np.zeros(count, np.int32),
        np.array([T + round(at * SECOND) for at, _ in readings], np.int64),
        np.array([value for _, value in readings], np.float64),
        np.full(count, quality, np.uint8),
    )
    return said(to.evaluate(columns, T))


def said(changes: list[Change]) -> list[tuple[int, bool, int]]:
    return [(one.condition, one.raised, (one.at - T) // SECOND) for one in changes]


def test_a_limit_is_raised_once_and_cleared_beyond_its_dead_band() -> None:
    to = evaluator((H, {"bound": 80.0, "dead_band": 2.0}))
    assert feed(to, (1, 79), (2, 80), (3, 81), (4, 79), (5, 78.5)) == [(1, True, 2)]
    assert feed(to, (6, 77.9), (7, 79.5)) == [(1, False, 6)]


def test_high_high_stands_beside_high() -> None:
    to = evaluator((H, {"bound": 80.0}), (HH, {"bound": 90.0}), (L, {"bound": 20.0}), (LL, {"bound": 10.0}))
    assert feed(to, (1, 95)) == [(1, True, 1), (2, True, 1)]
    assert feed(to, (2, 85)) == [(2, False, 2)]
    assert feed(to, (3, 5)) == [(1, False, 3), (3, True, 3), (4, True, 3)]


def test_a_delay_passes_by_the_time_of_the_readings() -> None:
    to = evaluator((H, {"bound": 80.0, "on_delay_ms": 5000, "off_delay_ms": 3000}))
    assert feed(to, (1, 81), (3, 82), (4, 79), (5, 81), (9, 81)) == []
    assert feed(to, (10, 81)) == [(1, True, 10)]
    assert feed(to, (11, 70), (12, 85), (13, 70), (15, 70), (16, 70)) == [(1, False, 16)]


def test_what_is_sent_twice_or_late_changes_nothing() -> None:
    to = evaluator((H, {"bound": 80.0}))
    assert feed(to, (1, 81), (2, 70)) == [(1, True, 1), (1, False, 2)]
    assert feed(to, (1, 81), (2, 70)) == []
    assert feed(to, (0, 99)) == []


def test_readings_out_of_order_within_a_batch_are_judged_in_their_order() -> None:
    to = evaluator((H, {"bound": 80.0}))
    assert feed(to, (3, 70), (1, 70), (2, 81)) == [(1, True, 2), (1, False, 3)]


def test_a_quick_change_is_raised_across_batches() -> None:
    to = evaluator((RATE, {"bound": 60.0}))
    assert feed(to, (0, 10), (10, 15)) == []
    assert feed(to, (20, 40)) == [(1, True, 20)]
    assert feed(to, (30, 41)) == [(1, False, 30)]


def test_silence_is_raised_by_the_server_clock_and_ended_by_a_reading() -> None:
    to = evaluator((STALE, {"on_delay_ms": 60_000}))
    feed(to, (1, 5))
    assert said(to.silent(T + 60_000)) == []
    assert said(to.silent(T + 60_001)) == [(1, True, 60)]
    assert said(to.silent(T + 90_000)) == []
    assert feed(to, (95, 5)) == [(1, False, 95)]


def test_a_poor_instrument_raises_its_own_condition_and_no_other() -> None:
    to = evaluator((H, {"bound": 80.0}), (BAD, {}))
    assert feed(to, (1, 99), quality=2) == [(2, True, 1)]
    assert feed(to, (2, 99)) == [(1, True, 2), (2, False, 2)]
    assert feed(to, (3, 10), quality=2) == [(2, True, 3)]  # it does not clear either


def test_what_stood_open_before_a_restart_is_not_raised_again_and_is_cleared() -> None:
    to = evaluator((H, {"bound": 80.0}), opened=frozenset({1}))
    assert feed(to, (1, 85)) == []
    assert feed(to, (2, 70)) == [(1, False, 2)]


def test_a_new_registry_goes_on_where_the_old_one_stood() -> None:
    old = evaluator((H, {"bound": 80.0, "on_delay_ms": 5000}))
    feed(old, (1, 85))
    new = evaluator((H, {"bound": 80.0, "on_delay_ms": 5000}), points=3)
    new.take_over(old)
    assert feed(new, (1, 85), (6, 85)) == [(1, True, 6)]


values = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 100)), max_size=60, unique_by=lambda pair: pair[0]
)


@given(values, st.integers(0, 20), st.integers(0, 10), st.integers(0, 10), st.data())
def test_however_it_is_cut_into_batches_the_same_is_raised(
    readings: list[tuple[int, int]], dead_band: int, on: int, off: int, data: st.DataObject
) -> None:
    limits = {
        "bound": 60.0,
        "dead_band": float(dead_band),
        "on_delay_ms": on * SECOND,
        "off_delay_ms": off * SECOND,
    }
    readings.sort()
    whole = feed(evaluator((H, limits)), *readings)
    to, cut, begin = evaluator((H, limits)), [], 0
    while begin < len(readings):
        size = data.draw(st.integers(1, 10))
        cut += feed(to, *readings[max(0, begin - 2) : begin + size])  # the last ones are sent again
        begin += size
    assert cut == whole
    assert [raised for _, raised, _ in whole] == [
        n % 2 == 0 for n in range(len(whole))
    ]  # raised and cleared in turn
