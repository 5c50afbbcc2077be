"""New limits on recorded readings: as the ingest would have judged them, counted beside the limits of today."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.alarms.trial import tried
from anlan.streams.codec import Readings
from anlan.streams.registry import Condition
from anlan.streams.words import HH, STALE, H, L

T, MINUTE = 1_764_115_200_000, 60_000


def said(*values: float) -> Readings:
    """Readings of one point, one a minute."""
    count = len(values)
    at = T + MINUTE * np.arange(count, dtype=np.int64)
    return Readings(np.empty(0, np.int32), at, np.array(values, np.float64), np.zeros(count, np.uint8))


def test_every_crossing_is_an_alarm_with_its_beginning_and_end() -> None:
    found = tried(said(5, 9, 9.5, 5, 5, 8.5, 5), [Condition(H, 8.0)])
    assert [(one.kind, one.value, one.minutes(one.since)) for one in found.episodes] == [
        (H, 9.0, 2.0),
        (H, 8.5, 1.0),
    ]
    assert found.minutes == 3


def test_what_still_holds_lasts_to_the_end_of_the_readings() -> None:
    found = tried(said(5, 9, 9, 9), [Condition(H, 8.0)])
    [one] = found.episodes
    assert (one.until, found.minutes) == (None, 2.0)


def test_a_delay_and_a_dead_band_spare_alarms() -> None:
    noisy = said(7.9, 8.1, 7.9, 8.1, 7.9, 8.1, 8.1, 8.1, 7.0)
    assert len(tried(noisy, [Condition(H, 8.0)]).episodes) == 3
    assert len(tried(noisy, [Condition(H, 8.0, dead_band=0.5)]).episodes) == 1
    assert len(tried(noisy, [Condition(H, 8.0, on_delay_ms=2 * MINUTE)]).episodes) == 1


def test_silence_is_not_tried_and_nothing_is_nothing() -> None:
    assert tried(said(1, 2), [Condition(STALE, on_delay_ms=1)]).episodes == ()
    assert tried(said(), [Condition(H, 1.0)]).episodes == ()


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(1, 19), st.integers(0, 5))
def test_a_wider_limit_never_holds_longer(values: list[int], limit: int, wider: int) -> None:
    readings = said(*values)
    assert (
        tried(readings, [Condition(H, limit + wider)]).minutes
        <= tried(readings, [Condition(H, limit)]).minutes
    )
    assert (
        tried(readings, [Condition(L, limit - wider)]).minutes
        <= tried(readings, [Condition(L, limit)]).minutes
    )


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_the_graver_limit_holds_only_while_the_other_does(values: list[int]) -> None:
    found = tried(said(*values), [Condition(H, 8.0), Condition(HH, 9.0)])
    highs = [(one.since, one.until) for one in found.episodes if one.kind == H]
    for one in found.episodes:
        if one.kind == HH:
            assert any(since <= one.since and _reaches(until, one.until) for since, until in highs)


def _reaches(until: datetime | None, further: datetime | None) -> bool:
    return until is None or (further is not None and further <= until)
