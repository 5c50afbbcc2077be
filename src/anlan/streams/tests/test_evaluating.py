"""Limits, dead band, delays, rates, silence, quality: what is raised and cleared, and that nothing is raised twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anlan.streams.codec import Readings
from anlan.streams.evaluating import Change, Evaluator
from anlan.streams.registry import Registry, Watched
from anlan.streams.words import BAD, GONE, HH, LL, RATE, REFUSED, REPEAT, STALE, VOTE, H, L

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


def votes(least: int, *, faults: bool = False) -> Evaluator:
    """Three points with a limit of 80 each, silent after a minute, and a vote of them; conditions 1 to 3, 4 to 6, 7."""
    limits = [Watched(n + 1, n, HH, 80.0, 2.0, 0, 0) for n in range(3)]
    silences = [Watched(n + 4, n, STALE, 0.0, 0.0, 60_000, 0) for n in range(3)]
    members = tuple(frozenset({n + 1, n + 4} if faults else {n + 1}) for n in range(3))
    vote = Watched(7, 3, VOTE, float(least), 0.0, 0, 0, members=members)
    numbers = np.arange(1, 5, dtype=np.int32)
    places = np.concatenate([[-1], np.arange(4)]).astype(np.int32)
    wide = np.full(4, np.inf)
    return Evaluator(Registry(1, {}, numbers, places, -wide, wide, [*limits, *silences, vote]), T)


def tell(to: Evaluator, *readings: tuple[int, float, float]) -> list[tuple[int, bool, int]]:
    """Give readings of several points: (place, seconds, value)."""
    columns = Readings(
        np.array([place for place, _, _ in readings], np.int32),
        np.array([T + round(at * SECOND) for _, at, _ in readings], np.int64),
        np.array([value for _, _, value in readings], np.float64),
        np.zeros(len(readings), np.uint8),
    )
    return said(to.evaluate(columns, T))


def test_two_of_three_must_agree() -> None:
    to = votes(2)
    assert tell(to, (0, 1, 85), (1, 1, 10), (2, 1, 10)) == [(1, True, 1)]
    assert tell(to, (0, 2, 85), (1, 3, 81), (2, 2, 10)) == [(2, True, 3), (7, True, 3)]
    assert tell(to, (2, 4, 99)) == [(3, True, 4)]  # agreed already
    assert tell(to, (0, 5, 10)) == [(1, False, 5)]
    assert tell(to, (1, 6, 79), (1, 7, 77)) == [(2, False, 7), (7, False, 7)]


def test_a_member_that_is_silent_counts_where_it_is_said_so() -> None:
    for faults in (False, True):
        to = votes(2, faults=faults)
        tell(to, (0, 1, 85), (1, 1, 10), (2, 1, 10))
        to.heard_at[:2] = T + 60_000
        assert ((7, True, 61) in said(to.silent(T + 61_000))) is faults


def test_a_vote_is_counted_again_after_a_restart_and_with_new_members() -> None:
    to = votes(2)
    to.opened |= {1, 3}
    assert said(to.recounted(T + 9000)) == [(7, True, 9)]
    assert to.recounted(T + 9000) == []


def repeated() -> Evaluator:
    return evaluator(
        (H, {"bound": 80.0, "on_delay_ms": 5000}),
        (REPEAT, {"dead_band": 2.0, "times": 3, "within_ms": 60_000}),
    )


def test_short_crossings_raise_nothing_until_they_come_again_and_again() -> None:
    to = repeated()
    assert (
        feed(to, (1, 81), (2, 70), (10, 85), (11, 79), (12, 81), (13, 70)) == []
    )  # 79 lies within the dead band
    assert feed(to, (20, 80)) == [(2, True, 20)]
    assert feed(to, (21, 70), (61, 70)) == []
    assert feed(to, (62, 70)) == [(2, False, 62)]  # the first of the three lies a minute back


def test_crossings_are_remembered_over_a_restart_and_a_new_registry() -> None:
    to = repeated()
    to.remember({1: [T + 1000, T + 2000]})
    new = repeated()
    new.take_over(to)
    assert feed(new, (20, 80)) == [(2, True, 20)]


def test_what_was_refused_is_bad_quality_and_leaves_the_value_before_it() -> None:
    to = evaluator((H, {"bound": 80.0}), (BAD, {"on_delay_ms": 2000}))
    feed(to, (1, 50))
    assert feed(to, (2, np.nan), (3, np.nan), quality=REFUSED) == []
    assert feed(to, (4, np.nan), quality=REFUSED) == [(2, True, 4)]
    assert (to.last_value[0], to.last_quality[0]) == (50, 2)
    assert feed(to, (5, 85)) == [(1, True, 5), (2, False, 5)]


def test_a_device_that_takes_its_leave_is_silent_at_once_whatever_its_clock_said() -> None:
    to = evaluator((H, {"bound": 80.0}), (BAD, {}), (STALE, {"on_delay_ms": 60_000}))
    feed(to, (-86_400, 85))
    assert feed(to, (99, np.nan), quality=GONE) == [(3, True, 0)]
    assert feed(to, (99, np.nan), quality=GONE) == []
    assert feed(to, (-86_000, 70)) == [(1, False, -86_000), (3, False, -86_000)]


def test_latest_readings_are_written_some_at_a_time_and_none_waits_for_another() -> None:
    to, count = evaluator((H, {"bound": 1e9}), points=10), 10
    written: list[list[int]] = []
    for turn in range(4):
        # Every point has news all the time.
        columns = Readings(
            np.arange(count, dtype=np.int32),
            np.full(count, T + turn, np.int64),
            np.ones(count),
            np.zeros(count, np.uint8),
        )
        to.evaluate(columns, T)
        written.append(sorted(to.renewed(3).points.tolist()))
    assert written == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 2, 10]]
    assert len(to.renewed().points) == 7
