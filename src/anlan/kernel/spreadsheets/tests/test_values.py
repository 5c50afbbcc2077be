"""Cells as people write them: dates, numbers, yes and no, names of choices and places."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.spreadsheets.coordinates import to_gcj02, to_wgs84
from anlan.kernel.spreadsheets.references import Places
from anlan.kernel.spreadsheets.values import (
    Untranslatable,
    day_input,
    flag_input,
    instant_input,
    moment_of,
    number_input,
    text_input,
    time_input,
    translation_of,
)
from anlan.kernel.words import Words


@pytest.mark.parametrize(
    "cell",
    ["2024年3月5日", "2024-03-05", "2024/3/5", "2024.3.5", "20240305", "2024-3-5 00:00:00",
     "２０２４年３月５日", "2024年03月05号",
     "二〇二四年三月五日", "2024年3月5日 星期二", "3/5/2024", 45356, 45356.0, "45356", 20240305, date(2024, 3, 5),
     datetime(2024, 3, 5, 9, 30), "2024 年 3 月 5 日", "2024年3月5日 下午2:20", "2024-03-05T14:20:00+08:00"],
)  # fmt: skip
def test_dates_in_any_common_form(cell: Any) -> None:
    assert day_input(cell) == "2024-03-05"


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [("2024-03-05 14:20", 14, 20), ("2024年3月5日14时20分", 14, 20), ("2024年3月5日 下午2:20", 14, 20),
     ("2024年3月5日上午8点半", 8, 30),
     ("2024/3/5 中午12:05", 12, 5), ("2024.3.5 晚上8时", 20, 0), ("202403051420", 14, 20), ("2024-3-5 2:20 PM", 14, 20),
     ("2024-03-05 凌晨12:10", 0, 10), (45356.597222222, 14, 20)],
)  # fmt: skip
def test_times_of_day(cell: Any, hour: int, minute: int) -> None:
    assert instant_input(cell) == f"2024-03-05T{hour:02}:{minute:02}:00+08:00"


@pytest.mark.parametrize(
    ("cell", "told"),
    [(time(14, 20), "14:20"), (time(14, 19, 59, 999_900), "14:20"), (time(0, 0), "00:00"),
     (timedelta(hours=9, minutes=5), "09:05"),
     (14 / 24 + 20 / 1440, "14:20"), (datetime(2026, 3, 1, 14, 20), "14:20"), (46082.597222222, "14:20"), ("14:20", "14:20"),
     ("14：20", "14:20"), ("14:20:35", "14:20"), ("下午2:20", "14:20"), ("下午 2：20", "14:20"), ("2:20 PM", "14:20"),
     ("上午9点", "09:00"), ("9点半", "09:30"), ("14时20分", "14:20"), ("１４：２０", "14:20"), ("凌晨12:10", "00:10"),
     ("中午12点", "12:00"),
     ("2026年3月1日 下午2:20", "14:20"), (None, ""), (" ", ""), ("无", ""), ("—", "")],
)  # fmt: skip
def test_cells_of_a_time_of_day(cell: Any, told: str) -> None:
    assert time_input(cell) == told


@pytest.mark.parametrize(
    "cell", ["25:00", "14:60", "下午", "不详", "晚上12点", "1420", 1420, 14, 0, True, date(2026, 3, 1), datetime(2026, 3, 1),
             "2026-03-01", "14:20Z", "24:00", timedelta(days=1), -0.5, "14:20左右"],
)  # fmt: skip
def test_what_is_no_time_of_day_is_refused_in_clear_words(cell: Any) -> None:
    with pytest.raises(Untranslatable) as refusal:
        time_input(cell)
    assert "14:20" in refusal.value.words.zh


@pytest.mark.parametrize(
    "cell", ["明天", "2024年13月5日", "2024-02-30", "abc", "99999999", "1.2.3.4", "2024年", "下午", "-5"]
)
def test_what_is_no_date_is_passed_on_for_the_form_to_judge(cell: str) -> None:
    assert day_input(cell) == cell


@given(st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2199, 12, 31)))
def test_every_way_of_writing_a_moment_means_the_same(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    forms = (
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M",
        "%Y年%m月%d日 %H:%M",
        "%Y.%m.%d %H时%M分",
        "%Y%m%d%H%M",
        "%Y-%m-%dT%H:%M:%S",
    )
    for form in forms:
        assert moment_of(moment.strftime(form)) == moment
    aware = instant_input(moment.replace(tzinfo=UTC))
    assert datetime.fromisoformat(aware) == moment.replace(tzinfo=UTC)


@given(
    st.one_of(
        st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.none(), st.datetimes(), st.dates()
    )
)
def test_no_cell_makes_a_failure(cell: Any) -> None:
    for translate in (day_input, instant_input, number_input, flag_input):
        assert isinstance(translate(cell), str)
    for name in ("name", "scale", "industry", "employees"):
        with suppress(Untranslatable):
            assert isinstance(translation_of(spec_of(Enterprise, name))(cell), str)


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1,200", "1200"), ("１２００", "1200"), ("1.2万", "12000"), ("3亿", "300000000"), ("5百万", "5000000"), ("12人", "12"),
     ("￥1,234.50", "1234.5"), (12.0, "12"), (0.1, "0.1"), ("-3.5", "-3.5"), ("1e3", "1000"), ("—", ""), ("约20", "20"),
     ("50%", "0.5"), ("很多", "很多"), ("1.2.3", "1.2.3")],
)  # fmt: skip
def test_numbers(cell: Any, number: str) -> None:
    assert number_input(cell) == number


def test_flags_choices_codes_and_codes_that_lost_their_digits() -> None:
    assert [flag_input(cell) for cell in ("是", "√", "Y", True, "否", "×", "", False, "也许")] == [
        "true"
    ] * 4 + [""] * 4 + ["也许"]
    scale = translation_of(spec_of(Enterprise, "scale"))
    assert [scale(cell) for cell in ("大型", "Large", "large", " 大型 ", "巨大")] == ["large"] * 4 + ["巨大"]
    industry = translation_of(spec_of(Enterprise, "industry"))
    assert industry(3489.0) == "3489"
    assert text_input("007") == "007"
    with pytest.raises(Untranslatable):
        text_input(9.1220101e17)


def test_places_by_code_by_path_and_by_short_name(city: Any) -> None:
    city.place("220182100201", "测试社区", "village", city.far_township)
    places = Places()
    same = [
        city.village.code,
        "220102001001",
        "长春市/南关区/南岭街道/测试社区",
        "南岭街道/测试社区",
        "南关/南岭/测试",
        "长春市南关区南岭街道测试社区",
    ]
    assert [places.found(text) for text in same] == [city.village] * len(same)
    assert places.found("南关") == places.found("220102000000") == city.county
    assert isinstance(places.found("测试社区"), Words)
    assert Places(city.county.path).found("测试社区") == city.village
    assert places.found("不存在的地方") is None


@given(st.floats(73.6, 135), st.floats(18.2, 53.5))
def test_the_shift_of_chinese_maps_is_taken_off(longitude: float, latitude: float) -> None:
    there = to_gcj02(longitude, latitude)
    back = to_wgs84(*there)
    assert abs(back[0] - longitude) < 1e-6
    assert abs(back[1] - latitude) < 1e-6
    assert max(abs(there[0] - longitude), abs(there[1] - latitude)) > 1e-5
