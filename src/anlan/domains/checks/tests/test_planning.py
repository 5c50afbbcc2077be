"""The schedule engine: what it makes, that repeating makes nothing, that a killed run loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from anlan.domains.checks import planning
from anlan.domains.checks.models import CheckArrangement, CheckLine, CheckTask, ScheduleRefusal, ScheduleRun
from anlan.domains.checks.tests.shop import DAY, Shop
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock
from anlan.kernel.registers import archive, create, edit


@pytest.fixture
def shop(city: Any) -> Shop:
    return Shop(city)


def tasks() -> list[CheckTask]:
    return list(CheckTask.unscoped("a test reads the result").order_by("starts_at", "name"))


def lines() -> Counter[Any]:
    return Counter(CheckLine.objects.values_list("measure_id", "day", "starts_at"))


def test_one_task_a_post_and_window_with_its_measures_as_lines(shop: Shop) -> None:
    for text in ("防护罩", "急停按钮", "地面油污"):
        shop.measure(text, 1, "day")
    shop.measure("配电箱", 1, "day", 1)
    shop.measure("接地电阻", 1, "month", 1)
    shop.measure("应急灯", 1, "day", None)
    shop.measure("没有周期", None, "")
    shop.measure("传感器盯着", 1, "day", data_source="1")
    made = planning.make(DAY)
    assert (made.tasks, made.lines, made.refused) == (4, 6, {})
    found = {(one.name, one.day): one for one in tasks()}
    assert {key: one.lines for key, one in found.items()} == {
        ("车工", DAY): 3, ("电工", DAY): 1, ("电工", date(2026, 3, 31)): 1, ("张三", DAY): 1,
    }  # fmt: skip
    one = found["车工", DAY]
    assert (one.holder_id, one.path) == (shop.firm.holder_id, shop.firm.path)
    assert one.starts_at.astimezone(clock.CHINA).hour == 0


def test_repeating_makes_nothing(shop: Shop) -> None:
    shop.measure("防护罩", 1, "day")
    shop.measure("行车", 1, "week")
    assert planning.make(DAY).lines == 2
    before = lines()
    assert planning.make(DAY).lines == 0
    assert planning.make(DAY, anew=True).lines == 0
    assert planning.make_for(shop.firm, DAY).lines == 0
    assert planning.make(DAY + timedelta(days=1)).lines == 1, "the week is there already"
    assert before <= lines()
    assert set(lines().values()) == {1}


class Killed(Exception):
    pass


def test_a_run_killed_half_way_loses_nothing_and_repeats_nothing(
    city: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    firms = [shop, Shop(city, city.far_shop, city.far_safety_officer)]
    for one in firms:
        one.measure("防护罩", 1, "day")
    monkeypatch.setattr(planning, "CHUNK", 1)
    made: list[int] = []

    def killed(found: planning.Made) -> None:
        made.append(found.lines)
        raise Killed

    with pytest.raises(Killed):
        planning.make(DAY, told=killed)
    assert sum(lines().values()) == made[-1] < 2
    run = ScheduleRun.objects.get(day=DAY)
    assert run.finished_at is None
    assert planning.make(DAY).lines == 2 - made[-1]
    run.refresh_from_db()
    assert run.finished_at is not None
    assert run.lines == 2 == sum(lines().values())
    assert set(lines().values()) == {1}


def test_a_kill_within_a_chunk_leaves_nothing_of_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.measure("防护罩", 1, "day")

    def killed(*_: Any) -> Iterator[Any]:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(planning, "_tell_the_figures", killed)
        with pytest.raises(Killed):
            planning.make(DAY)
    assert not lines()
    assert planning.make(DAY).lines == 1


def test_a_million_checks_of_one_enterprise_are_refused_and_the_others_made(city: Any, shop: Shop) -> None:
    shop.measure("防护罩", 1, "hour")
    model = ControlMeasure.unscoped("a test multiplies a row").get(description="防护罩")
    copies = []
    for number in range(1000):
        model.pk, model.description = None, f"防护罩{number}"
        copies.append(ControlMeasure(**{f.attname: getattr(model, f.attname) for f in model._meta.concrete_fields
                                        if not f.generated and f.name != "id"}))  # fmt: skip
    ControlMeasure._base_manager.bulk_create(copies)
    other = Shop(city, city.far_shop, city.far_safety_officer)
    other.measure("防护罩", 1, "day")
    tomorrow = DAY + timedelta(days=1)
    made = planning.make(tomorrow)
    assert made.refused == {shop.firm.pk: 1001 * 24}
    assert made.lines == 1
    assert ScheduleRefusal.objects.get().lines == 1001 * 24
    with pytest.raises(planning.TooMany) as told:
        planning.make_for(shop.firm, tomorrow)
    assert "24024" in told.value.words.zh
    assert not CheckTask.unscoped("a test reads").filter(enterprise=shop.firm).exists()


def test_days_shifts_and_standing_still_are_the_posts_own(shop: Shop) -> None:
    shop.measure("防护罩", 1, "day")
    shop.measure("交接班", 1, "shift", 1)
    of = {"enterprise": str(shop.firm.pk)}
    whole = create(CheckArrangement, shop.keeper, {**of, "name": "全厂", "days": "working"})
    create(CheckArrangement, shop.keeper, {
        **of, "name": "电工班", "post": str(shop.posts[1].pk), "days": "every", "shift_times": "08:00-16:00，16:00-00:00",
    })  # fmt: skip
    saturday = date(2026, 3, 7)
    assert planning.make(saturday).lines == 2, "the electrician's two shifts; nobody else works on a Saturday"
    assert {(one.name, one.starts_at.astimezone(clock.CHINA).hour) for one in tasks()} == {
        ("电工", 8),
        ("电工", 16),
    }
    edit(CheckArrangement, whole.pk, shop.keeper, {"stopped_from": "2026-03-09", "stopped_to": "2026-03-13"})
    planning.make(date(2026, 3, 9))
    assert {one.name for one in tasks()} == {"电工"}
    assert planning.make(date(2026, 3, 16)).lines == 3


def test_what_is_over_is_never_made_and_a_late_run_makes_the_rest_of_the_day(city: Any, shop: Shop) -> None:
    shop.measure("可燃气体", 4, "hour")
    city.clock.to(city.clock._start + timedelta(days=2))  # 4 March, 09:00
    assert planning.make(date(2026, 3, 3)).lines == 0
    assert planning.make(date(2026, 3, 4)).lines == 4, "08-12, 12-16, 16-20, 20-24"


def test_after_an_outage_of_days_a_long_window_is_still_made(city: Any, shop: Shop) -> None:
    shop.measure("接地电阻", 1, "month")
    city.clock.to(city.clock._start + timedelta(days=9))
    assert planning.make_due_days() == 1
    assert [one.day for one in tasks()] == [date(2026, 3, 31)]


def test_in_the_evening_tomorrow_is_made_too(city: Any, shop: Shop) -> None:
    shop.measure("防护罩", 1, "day")
    assert planning.make_due_days() == 1
    city.clock.forward(timedelta(hours=10))
    assert planning.make_due_days() == 1
    assert planning.make_due_days() == 0
    assert [one.day for one in tasks()] == [DAY, DAY + timedelta(days=1)]


def test_a_measure_that_is_archived_is_no_longer_asked_for(shop: Shop) -> None:
    row = shop.measure("防护罩", 1, "day")
    archive(ControlMeasure, row.pk, shop.keeper, "设备已拆除")
    assert planning.make(DAY).lines == 0


def test_a_measure_added_later_joins_the_task_of_its_post(shop: Shop) -> None:
    shop.measure("防护罩", 1, "day")
    planning.make(DAY)
    shop.measure("急停按钮", 1, "day")
    assert planning.make_for(shop.firm, DAY).tasks == 0
    (one,) = tasks()
    assert (one.lines, CheckLine.objects.filter(task=one).count()) == (2, 2)
