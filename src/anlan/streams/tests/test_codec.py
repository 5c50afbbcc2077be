"""What is packed comes out as it went in, whatever it is; and plausible readings take little room."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from anlan.streams.codec import Readings, pack_batch, pack_piece, unpack_batch, unpack_piece
from anlan.streams.packing import MINUTE, by_hour, pack_minutes, rolled, unpack_minutes

START = 1_764_115_200_000
times = nps.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 2**45)).map(np.sort)
exact = st.one_of(
    st.integers(-10_000, 10_000).map(lambda n: n / 100),
    st.floats(allow_nan=True, allow_infinity=True),
    st.just(-0.0),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine drawing takes its time
@given(times, st.data())
def test_a_piece_comes_out_bit_by_bit(at: np.ndarray, data: st.DataObject) -> None:
    value = data.draw(nps.arrays(np.float64, len(at), elements=exact))
    quality = data.draw(nps.arrays(np.uint8, len(at), elements=st.integers(0, 2)))
    found = unpack_piece(pack_piece(at, value, quality))
    assert (found.at == at).all()
    assert (found.value.view(np.uint64) == value.view(np.uint64)).all()
    assert (found.quality == quality).all()


@given(times, st.data())
def test_a_batch_comes_out_in_its_order(at: np.ndarray, data: st.DataObject) -> None:
    points = data.draw(nps.arrays(np.int32, len(at), elements=st.integers(1, 2**31 - 1)))
    value = data.draw(nps.arrays(np.float64, len(at), elements=exact))
    given_ = Readings(points, at[::-1].copy(), value, np.zeros(len(at), np.uint8))
    found = unpack_batch(pack_batch(given_))
    assert (found.points == points).all()
    assert (found.at == given_.at).all()
    assert (found.value.view(np.uint64) == value.view(np.uint64)).all()


def test_an_hour_of_a_plausible_sensor_takes_under_two_bytes_a_reading() -> None:
    random = np.random.default_rng(7)
    at = START + np.arange(3600) * 1000 + random.integers(0, 20, 3600)
    value = np.round(50 + np.cumsum(random.normal(0, 0.05, 3600)), 2)
    assert len(pack_piece(at, value, np.zeros(3600, np.uint8))) < 2 * 3600


@given(st.data())
def test_what_is_sent_twice_is_packed_once(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    points = data.draw(nps.arrays(np.int32, count, elements=st.integers(1, 3)))
    at = START + data.draw(nps.arrays(np.int64, count, elements=st.integers(0, 8))) * 1_200_000
    value = np.arange(count, dtype=np.float64)
    readings = Readings(points, at, value, np.zeros(count, np.uint8))
    kept: dict[tuple[int, int], float] = {}
    for point, moment, one in zip(points.tolist(), at.tolist(), value.tolist(), strict=True):
        kept.setdefault((point, moment), one)  # the first that came stays
    found = {
        (point, int(moment)): float(one)
        for point, hour, moments, values, _ in by_hour(readings)
        for moment, one in zip(moments, values, strict=True)
        if hour <= moment < hour + 3_600_000
    }
    assert found == kept


def test_good_quality_goes_before_bad() -> None:
    readings = Readings(
        np.array([1, 1], np.int32), np.array([START, START]), np.array([1.0, 2.0]), np.array([2, 0], np.uint8)
    )
    [(_, _, _, value, quality)] = by_hour(readings)
    assert (value.tolist(), quality.tolist()) == ([2.0], [0])


@given(st.data())
def test_minutes_say_what_their_readings_say(data: st.DataObject) -> None:
    count = data.draw(st.integers(120, 400))
    at = START + np.sort(data.draw(nps.arrays(np.int64, count, elements=st.integers(0, 3_599_999))))
    value = data.draw(nps.arrays(np.float64, count, elements=st.integers(-999, 999).map(float)))
    quality = data.draw(nps.arrays(np.uint8, count, elements=st.sampled_from([0, 0, 0, 2])))
    one = Readings(np.empty(0, np.int32), at, value, quality)
    times, figures = unpack_minutes(pack_minutes(one), START)
    again, straight = rolled(one, MINUTE)
    assert times.tolist() == again.tolist()
    assert figures.tobytes() == straight.tobytes()
    assert int(figures["count"].sum()) == count
    for moment, row in zip(times.tolist(), figures, strict=True):
        here = (at // MINUTE * MINUTE == moment) & (quality != 2)
        if here.any():
            assert row["low"] == value[here].min()
            assert row["high"] == value[here].max()
            assert abs(row["mean"] - value[here].mean()) < 0.001
        else:
            assert np.isnan(row["mean"])
