"""The journey of a check: made from measures, done on the phone, what fails is a hidden danger; what is missed climbs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.checks import planning
from anlan.domains.checks.actions import Answer, check
from anlan.domains.checks.models import CheckArrangement, CheckLine, CheckTask
from anlan.domains.checks.queries import failed_measures, last_checked, my_tasks, origin_of
from anlan.domains.checks.sweeping import sweep_checks
from anlan.domains.checks.tests.shop import DAY, Shop
from anlan.domains.checks.tidying import tidy
from anlan.domains.checks.words import FAILED, IN_ORDER, NOT_APPLICABLE, REGULATOR_TOLD
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure, Division, WorkPost
from anlan.kernel import clock, ledger
from anlan.kernel.evidence import evidence_of
from anlan.kernel.indicators import figures, indicator_named
from anlan.kernel.indicators.rolling import roll_up, verify
from anlan.kernel.notices.models import Notice
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import Territory


@pytest.fixture
def shop(city: Any) -> Shop:
    made = Shop(city)
    for text in ("防护罩是否完好", "急停按钮是否有效", "地面有无油污"):
        made.measure(text, 1, "day")
    planning.make(DAY)
    return made


def the_task(state: str = "") -> CheckTask:
    rows = CheckTask.unscoped("a test reads the result")
    return rows.get(state=state) if state else rows.get()


def line_ids(task: CheckTask) -> list[int]:
    return list(CheckLine.objects.filter(task=task).order_by("pk").values_list("pk", flat=True))


def all_in_order(task: CheckTask) -> list[Answer]:
    return [Answer(pk, IN_ORDER) for pk in line_ids(task)]


def test_a_worker_checks_line_by_line_and_what_fails_is_a_hidden_danger(city: Any, shop: Shop) -> None:
    (task,) = my_tasks(city.worker)
    first, second, third = line_ids(task)
    photo, proof = city.photo(city.worker), city.photo(city.worker)
    check(
        task.pk,
        city.worker,
        [Answer(first, IN_ORDER, photos=[proof]), Answer(second, FAILED, "按下没有反应", [photo])],
    )
    task.refresh_from_db()
    assert (task.state, task.in_order, task.failed, task.answered) == ("open", 1, 1, 2)
    check(task.pk, city.worker, [Answer(third, NOT_APPLICABLE)])
    task.refresh_from_db()
    assert (task.state, task.done_by) == ("done", city.worker.name)
    assert list(my_tasks(city.worker)) == []

    danger = HiddenDanger.unscoped("a test reads the result").get()
    line = CheckLine.objects.get(pk=second)
    assert line.danger == danger.pk
    assert (danger.parent_loop, danger.parent_id) == ("check-tasks", task.pk)
    assert (danger.found_by, danger.topic, danger.state) == ("worker", "machinery", "reported")
    assert danger.description == "按下没有反应（急停按钮是否有效）"
    assert [link.purpose for link in evidence_of(danger.pk)] == ["before"]
    assert [link.purpose for link in evidence_of(task.pk)] == ["check"]
    assert [entry.act for entry in ledger.history(task.pk)] == ["checked", "checked"]
    assert origin_of(danger.pk) == line

    (failed,) = failed_measures(shop.firm.pk)
    assert (failed.measure, failed.danger) == (line.measure_id, danger.pk)
    assert set(last_checked([line.measure_id])) == {line.measure_id}
    HiddenDanger.unscoped("a test closes it behind the engine").filter(pk=danger.pk).update(
        closed_at=clock.now()
    )
    assert failed_measures(shop.firm.pk) == []


def test_sent_twice_it_is_one_check_and_one_danger(city: Any, shop: Shop) -> None:
    task, key = the_task(), uuid.uuid4()
    answers = [Answer(line_ids(task)[0], FAILED, "罩子松了"), *all_in_order(task)[1:]]
    for _ in range(2):
        check(task.pk, city.worker, answers, key=key)
    assert HiddenDanger.unscoped("a test counts").count() == 1
    assert len(ledger.history(task.pk)) == 1
    with pytest.raises(Invalid):
        check(task.pk, city.safety_officer, answers, key=key)


def test_who_comes_second_is_told(city: Any, shop: Shop) -> None:
    task = the_task()
    check(task.pk, city.worker, all_in_order(task)[:1])
    with pytest.raises(Changed) as told:
        check(task.pk, city.safety_officer, all_in_order(task))
    assert "防护罩" in told.value.words.zh
    task.refresh_from_db()
    assert task.answered == 1


def test_what_cannot_be_is_refused_at_its_line_and_nothing_is_kept(city: Any, shop: Shop) -> None:
    task = the_task()
    first = line_ids(task)[0]
    for answers in (
        [Answer(first, FAILED, " ")], [Answer(first, 9)], [Answer(first, IN_ORDER), Answer(first, IN_ORDER)],
        [Answer(first + 10_000, IN_ORDER)], [Answer(first, IN_ORDER, "\x00")], [],
    ):  # fmt: skip
        with pytest.raises(Invalid):
            check(task.pk, city.worker, answers)
    for claimed in (
        clock.now() + timedelta(hours=1),
        clock.now() - timedelta(days=4),
        task.starts_at - timedelta(minutes=1),
    ):
        with pytest.raises(Invalid):
            check(task.pk, city.worker, all_in_order(task), at=claimed)
    assert not ledger.history(task.pk)
    assert not CheckLine.objects.exclude(result=0).exists()


def test_a_post_that_is_filled_is_its_holders_alone(city: Any, shop: Shop) -> None:
    edit(WorkPost, shop.posts[0].pk, shop.keeper, {"filled_by": str(city.second_safety_officer.post_id)})
    task = the_task()
    assert list(my_tasks(city.worker)) == []
    with pytest.raises(NotAllowed):
        check(task.pk, city.worker, all_in_order(task))
    with pytest.raises(NotAllowed):
        check(task.pk, city.officer, all_in_order(task))
    with pytest.raises(NotSeen):
        check(task.pk, city.far_safety_officer, all_in_order(task))
    check(task.pk, city.second_safety_officer, all_in_order(task))
    assert the_task().state == "done"


def told() -> list[tuple[str, str]]:
    return [(one.kind, str(one.post_id or one.party_id)) for one in Notice.objects.order_by("made_at", "pk")]


def test_what_is_missed_climbs_once_a_level_also_after_days_of_outage(city: Any, shop: Shop) -> None:
    head = create(WorkPost, shop.keeper, {
        "enterprise": str(shop.firm.pk), "name": "车间主任", "filled_by": str(city.main_person.post_id),
    })  # fmt: skip
    division = create(
        Division, shop.keeper, {"enterprise": str(shop.firm.pk), "name": "车间", "head": str(head.pk)}
    )
    edit(
        WorkPost,
        shop.posts[0].pk,
        shop.keeper,
        {"division": str(division.pk), "filled_by": str(city.worker.post_id)},
    )
    Notice.objects.all().delete()
    assert sweep_checks() == 0
    city.clock.to(the_task().ends_at - timedelta(hours=1))
    assert (sweep_checks(), sweep_checks()) == (1, 0)
    assert told() == [("remind", str(city.worker.post_id))]
    city.clock.forward(timedelta(days=9))
    assert (sweep_checks(), sweep_checks()) == (3, 0)
    assert sorted(told()) == sorted([
        ("remind", str(city.worker.post_id)), ("overdue", str(city.worker.post_id)), ("overdue", str(city.main_person.post_id)),
        ("overdue", str(shop.firm.holder_id)), ("escalate", str(city.bureau.pk)),
    ])  # fmt: skip
    task = the_task("missed")
    assert (task.climbed, task.next_at) == (REGULATOR_TOLD, None)


def test_many_missed_tasks_of_one_post_are_one_notice(city: Any, shop: Shop) -> None:
    shop.measure("可燃气体浓度", 1, "hour")
    planning.make(DAY, anew=True)
    Notice.objects.all().delete()
    city.clock.forward(timedelta(days=2))
    sweep_checks()
    kinds = [one.zh for one in Notice.objects.filter(kind="overdue")]
    assert 2 <= len(kinds) <= 4, kinds
    assert CheckTask.unscoped("a test counts").filter(state="missed").count() == 16


def test_a_missed_check_made_good_is_late_and_climbs_no_further(city: Any, shop: Shop) -> None:
    city.clock.forward(timedelta(days=1))
    sweep_checks()
    task = the_task("missed")
    check(task.pk, city.worker, all_in_order(task))
    task.refresh_from_db()
    assert (task.state, task.next_at) == ("late", None)
    city.clock.forward(timedelta(days=9))
    assert sweep_checks() == 0


@pytest.mark.parametrize("why", ["closed", "still", "removed"])
def test_what_nobody_needs_to_check_any_more_climbs_no_further(city: Any, shop: Shop, why: str) -> None:
    if why == "closed":
        Enterprise.unscoped("a test closes it").filter(pk=shop.firm.pk).update(operation="closed")
    elif why == "still":
        span = {"stopped_from": DAY.isoformat(), "stopped_to": (DAY + timedelta(days=9)).isoformat()}
        create(CheckArrangement, shop.keeper, {"enterprise": str(shop.firm.pk), "name": "停产", **span})
    else:
        for measure in ControlMeasure.unscoped("a test archives").filter(enterprise=shop.firm):
            archive(ControlMeasure, measure.pk, shop.keeper, "设备已拆除")
    city.clock.forward(timedelta(days=9))
    sweep_checks()
    assert {one.state for one in CheckTask.unscoped("a test reads").all()} == {"lapsed"}
    assert not Notice.objects.filter(kind__in=("overdue", "escalate")).exists()
    assert sweep_checks() == 0


def test_figures_are_the_rows_they_open(city: Any, shop: Shop) -> None:
    planning.make(DAY + timedelta(days=1))
    today = CheckTask.unscoped("a test reads").get(day=DAY)
    check(today.pk, city.worker, [Answer(line_ids(today)[0], FAILED, "松动"), *all_in_order(today)[1:]])
    city.clock.forward(timedelta(days=2))
    sweep_checks()
    while roll_up():
        pass
    assert verify() == ""
    wanted = [
        indicator_named(slug) for slug in ("checks-due", "checks-in-time", "checks-missed", "checks-failed")
    ]
    place = Territory.objects.get(code="220102")
    found = figures([one for one in wanted if one], city.officer, clock.month(DAY), place)
    assert [float(one.value or 0) for one in found.values()] == [2, 50, 1, 1]


def test_old_lines_are_cut_off_and_their_counts_stay(city: Any, shop: Shop) -> None:
    task = the_task()
    check(task.pk, city.worker, [Answer(line_ids(task)[0], FAILED, "松动"), *all_in_order(task)[1:]])
    assert tidy() == 0
    city.clock.forward(timedelta(days=1200))
    assert (tidy(), tidy()) == (2, 0)
    task.refresh_from_db()
    assert (task.in_order, task.failed, task.lines) == (2, 1, 3)
    assert CheckLine.objects.get().result == FAILED


def test_a_failing_measure_raises_the_colour_until_it_is_put_right(city: Any, shop: Shop) -> None:
    from anlan.domains.colours.facts import fact_named

    task = the_task()
    kind = fact_named("measure_failed")
    assert kind is not None
    assert not kind.rows(clock.now()).exists()
    check(task.pk, city.worker, [Answer(line_ids(task)[0], FAILED, "松动")])
    (row,) = kind.rows(clock.now())
    assert row.enterprise_id == shop.firm.pk
    assert [stage.raises for stage in kind.stages(DAY)] == [1, 2]
