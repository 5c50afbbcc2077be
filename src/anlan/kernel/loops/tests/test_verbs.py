"""Kernel verbs: extend, transfer, suspend and resume, correct, withdraw, reopen, comment, attach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel import clock, ledger, rules
from anlan.kernel.loops import Duty, inbox, sweep, take
from anlan.kernel.loops.due import end_of
from anlan.kernel.loops.offering import offers
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.replaying import replay
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen


@pytest.fixture(autouse=True)
def everything_can_be_recomputed(city: Any) -> Any:
    """After each story: duties, replay and chains of every matter come out as they stand."""
    yield
    for model in (HiddenDanger, ListedSupervision):
        for row in model.unscoped("the test recomputes every matter"):
            assert duty_faults(row) == []
            found = replay(row)
            assert found.agrees, (found.differences, [step for step in found.steps if step.differences])
    assert ledger.verify().sound


def graded(city: Any, days: int = 5) -> HiddenDanger:
    return city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(days), measures="清理")


def offered(danger: HiddenDanger, actor: Any) -> set[str]:
    return {offer.step.name for offer in offers(danger, actor)}


def open_duties(row: Any, **more: Any) -> list[Duty]:
    return list(Duty.objects.filter(matter_id=row.pk, done_at=None, leads=True, **more).order_by("key"))


# --- extend


def extended(city: Any, danger: HiddenDanger, days: int) -> HiddenDanger:
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(days), reason="设备未到货")
    return city.step(danger, "extend_grant", city.officer)


def test_extensions_run_out(city: Any) -> None:
    times = int(rules.parameter("hidden_dangers.extensions", clock.today()).value)
    danger = graded(city)
    for n in range(times):
        danger = extended(city, danger, 6 + n)
    with pytest.raises(Invalid) as refused:
        city.step(danger, "extend", city.safety_officer, until=city.in_days(8 + times), reason="再延")
    assert str(times) in refused.value.errors[""][0].zh


def test_a_refused_extension_does_not_use_one_up_and_leaves_the_limit(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(9), reason="设备未到货")
    danger = city.step(danger, "extend_refuse", city.officer, reason="可先行封闭")
    assert (danger.due_at, danger.rectify_by.isoformat()) == (due, "2026-03-07")
    assert open_duties(danger, sort="request") == []
    assert extended(city, danger, 8).rectify_by.isoformat() == "2026-03-10"


@pytest.mark.parametrize(
    ("until", "fault"),
    [
        ("2026-03-07", "until"),
        ("2026-03-01", "until"),
        ("2200-01-01", "until"),
        ("x", "until"),
        ("", "until"),
    ],
)
def test_an_extension_is_later_and_not_too_long(city: Any, until: str, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        city.step(graded(city), "extend", city.safety_officer, until=until, reason="r")
    assert list(refused.value.errors) == [fault]


def test_the_longest_extension_is_counted_from_the_present_limit_to_the_day(city: Any) -> None:
    danger = graded(city)
    most = rules.parameter("hidden_dangers.extension_max", clock.today()).duration()
    last = rules.due(danger.rectify_by, most).due_date
    with pytest.raises(Invalid):
        city.step(
            danger, "extend", city.safety_officer, until=(last + timedelta(days=1)).isoformat(), reason="r"
        )
    danger = city.step(danger, "extend", city.safety_officer, until=last.isoformat(), reason="r")
    assert city.step(danger, "extend_grant", city.officer).rectify_by == last


def test_one_request_at_a_time_and_nobody_grants_his_own(city: Any) -> None:
    danger = graded(city)
    assert {"extend_grant", "extend_refuse"} & offered(danger, city.officer) == set()
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(9), reason="r")
    for who in (city.safety_officer, city.main_person):
        with pytest.raises(Changed):
            city.step(danger, "extend", who, until=city.in_days(8), reason="r")
        with pytest.raises(NotAllowed):
            city.step(danger, "extend_grant", who)


def test_the_state_moving_on_closes_the_request(city: Any) -> None:
    danger = city.step(graded(city), "extend", city.safety_officer, until=city.in_days(9), reason="r")
    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert open_duties(danger, sort="request") == []
    assert "extend_grant" not in offered(danger, city.officer)


def test_a_request_ends_its_escalation_when_granted(city: Any) -> None:
    danger = graded(city)
    city.clock.forward(timedelta(days=14))
    assert sweep() == 3
    assert open_duties(danger, sort="watch")
    with pytest.raises(Invalid):  # an extension that is over before it is asked for
        city.step(danger, "extend", city.safety_officer, until=city.in_days(-1), reason="r")
    danger = city.step(danger, "extend", city.safety_officer, until=city.in_days(4), reason="r")
    danger = city.step(danger, "extend_grant", city.officer)
    assert open_duties(danger, sort="watch") == []


# --- transfer


def major(city: Any) -> tuple[HiddenDanger, ListedSupervision]:
    danger = city.reports(by=city.officer, topic="management")
    danger = city.step(danger, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    return danger, ListedSupervision.unscoped("a test reads the child").get(parent_id=danger.pk)


def market_officer(city: Any) -> Any:
    return city.person("industry_officer", city.market, "market_officer")


def test_lines_and_requests_move_with_the_transfer_and_keep_their_clocks(city: Any) -> None:
    _, listing = major(city)
    listing = city.step(
        listing, "list_it", city.officer, level="county", requirements="限期", limit=city.in_days(40)
    )
    before = {duty.key: (duty.due_at, duty.moments, duty.opened_at) for duty in open_duties(listing)}
    assert "line:publish_listing" in before
    city.clock.forward(timedelta(hours=5))
    listing = city.step(listing, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    after = {duty.key: (duty.due_at, duty.moments, duty.opened_at) for duty in open_duties(listing)}
    assert after == before
    newcomer = market_officer(city)
    assert "line:publish_listing" in {
        card.duty.key for card in inbox(newcomer) if card.matter.pk == listing.pk
    }
    assert "line:publish_listing" not in {
        card.duty.key for card in inbox(city.officer) if card.matter.pk == listing.pk
    }


def test_a_danger_handed_over_takes_its_listing_along(city: Any) -> None:
    danger, listing = major(city)
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    listing.refresh_from_db()
    assert (listing.regulator_id, danger.regulator_id) == (city.market.pk, city.market.pk)
    here, there = ledger.history(danger.pk)[-1], ledger.history(listing.pk)[-1]
    assert here.data["along"] == [listing.number]
    assert (there.act, there.actor_person) == ("transfer", city.officer.person_id)
    newcomer = market_officer(city)
    assert {card.matter.pk for card in inbox(newcomer)} >= {listing.pk}
    assert listing.pk not in {card.matter.pk for card in inbox(city.officer)}
    city.step(listing, "list_it", newcomer, level="county", requirements="限期", limit=city.in_days(40))


def test_a_listing_taken_up_by_another_department_stays_and_the_entry_says_so(city: Any) -> None:
    danger, listing = major(city)
    listing = city.step(
        listing, "list_it", city.city_officer, level="city", requirements="限期", limit=city.in_days(40)
    )
    assert listing.regulator_id != danger.regulator_id
    stays = listing.regulator_id
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    listing.refresh_from_db()
    assert listing.regulator_id == stays
    entry = ledger.history(danger.pk)[-1]
    assert "along" not in entry.data
    assert listing.number in entry.data["reasons"][0]["zh"]
    assert "stays with" in entry.data["reasons"][0]["en"]


def test_a_pending_request_is_decided_by_the_new_regulator(city: Any) -> None:
    danger = city.step(graded(city), "extend", city.safety_officer, until=city.in_days(9), reason="r")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    newcomer = market_officer(city)
    assert [card.duty.key for card in inbox(newcomer)] == ["request:extend"]
    danger = city.step(danger, "extend_grant", newcomer)
    assert danger.rectify_by.isoformat() == "2026-03-11"


def test_a_lateness_fired_before_the_transfer_is_not_fired_again(city: Any) -> None:
    danger = city.reports()
    city.clock.forward(timedelta(days=40))
    fired = sweep()
    assert fired == 3
    city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert sweep() == 0


def test_a_transfer_while_suspended_stays_suspended(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert danger.paused_at is not None
    city.clock.forward(timedelta(days=30))
    assert sweep() == 0
    danger = city.step(danger, "resume", market_officer(city))
    assert danger.due_at == due + timedelta(days=30)


def test_a_request_transferred_while_suspended_runs_on_after_it(city: Any) -> None:
    danger = city.step(graded(city), "extend", city.safety_officer, until=city.in_days(9), reason="r")
    (request,) = open_duties(danger, sort="request")
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert all(duty.paused_at is not None for duty in open_duties(danger))
    city.clock.forward(timedelta(days=10))
    city.step(danger, "resume", market_officer(city))
    (moved,) = open_duties(danger, sort="request")
    assert moved.party == city.market
    # Ten days later is a Saturday: a clock of working days goes on to the Monday.
    assert moved.due_at - request.due_at == timedelta(days=12)


def test_a_transfer_stays_within_the_county_and_among_departments(city: Any) -> None:
    danger = graded(city)
    for party in (city.far_bureau, city.bureau, city.workshop.holder):
        with pytest.raises(Invalid) as refused:
            city.step(danger, "transfer", city.officer, new_regulator=str(party.pk), reason="r")
        assert list(refused.value.errors) == ["new_regulator"]
    assert (
        city.step(
            danger, "transfer", city.officer, new_regulator=str(city.city_bureau.pk), reason="上提"
        ).regulator
        == city.city_bureau
    )


# --- suspend and resume


def test_a_clock_of_days_moves_by_days_and_one_of_hours_to_the_second(city: Any) -> None:
    danger = graded(city)
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(
        due_at=(at := datetime(2026, 3, 8, 3, 0, 0, tzinfo=UTC))
    )
    HiddenDanger.unscoped("a clock of hours").filter(pk=danger.pk).update(due_at=at)
    danger = city.fresh(danger.pk)
    city.clock.to(datetime(2026, 3, 3, 15, 0, tzinfo=UTC))
    danger = city.step(danger, "suspend", city.officer, reason="停电")
    city.clock.to(datetime(2026, 3, 4, 1, 30, tzinfo=UTC))
    danger = city.step(danger, "resume", city.officer)
    assert (
        timedelta(hours=10, minutes=29, seconds=59)
        < danger.due_at - at
        < timedelta(hours=10, minutes=30, seconds=1)
    )
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(due_at=end_of(danger.rectify_by))
    HiddenDanger.unscoped("back to days").filter(pk=danger.pk).update(due_at=end_of(danger.rectify_by))
    ledger_says_so(danger)


def ledger_says_so(danger: HiddenDanger) -> None:
    """The row was moved by hand for the test; let it not trouble the recomputation afterwards."""
    HiddenDanger.unscoped("tidy").filter(pk=danger.pk).update(
        due_at=ledger.history(danger.pk)[-1].data["row"]["due_at"]
    )
    Duty.objects.filter(matter_id=danger.pk, done_at=None).update(
        due_at=ledger.history(danger.pk)[-1].data["row"]["due_at"]
    )


def test_suspending_across_midnight_in_china_counts_one_day(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    city.clock.to(datetime(2026, 3, 3, 15, 59, tzinfo=UTC))  # 23:59
    danger = city.step(danger, "suspend", city.officer, reason="停电")
    city.clock.to(datetime(2026, 3, 3, 16, 1, tzinfo=UTC))  # 00:01
    danger = city.step(danger, "resume", city.officer)
    assert danger.due_at == due + timedelta(days=1)
    assert danger.rectify_by.isoformat() == "2026-03-08"


def test_while_suspended_only_a_few_things_go(city: Any) -> None:
    danger = city.step(graded(city), "suspend", city.officer, reason="洪水")
    assert offered(danger, city.officer) == {"resume", "transfer", "correct", "comment", "attach"}
    assert offered(danger, city.safety_officer) == {"comment", "attach"}  # government found it
    with pytest.raises((Changed, NotAllowed)):
        city.step(danger, "suspend", city.officer, reason="再")
    with pytest.raises(NotAllowed):
        city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert not danger.is_late
    city.clock.forward(timedelta(days=365))
    assert not danger.is_late
    assert [card.group for card in inbox(city.safety_officer)] == ["later"]


def test_the_clock_of_the_state_stands_still_and_lateness_comes_by_as_much_later(city: Any) -> None:
    danger, _ = major(city)
    before = {duty.key: [moment for _, moment in duty.moments] for duty in open_duties(danger)}
    assert len(before) == 3
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    assert all(duty.next_at is None for duty in open_duties(danger, sort="state"))
    city.clock.forward(timedelta(days=10))
    danger = city.step(danger, "resume", city.officer)
    for duty in open_duties(danger, sort="state"):
        moved = [datetime.fromisoformat(moment) for _, moment in duty.moments]
        former = [datetime.fromisoformat(moment) for moment in before[duty.key]]
        assert all(
            timedelta(days=9, hours=23) < new - old < timedelta(days=10, hours=1)
            for new, old in zip(moved, former, strict=True)
        )
        assert duty.next_at == moved[duty.fired]


def test_the_double_report_is_due_also_while_the_rectification_is_suspended(city: Any) -> None:
    danger, _ = major(city)
    before = {duty.key: duty.due_at for duty in open_duties(danger, sort="line")}
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    assert {duty.key: duty.due_at for duty in open_duties(danger, sort="line")} == before
    assert "tell_regulator" in offered(danger, city.main_person)
    danger = city.step(danger, "tell_regulator", city.main_person, report="现状、原因、方案")
    assert danger.paused_at is not None
    city.clock.forward(timedelta(days=20))
    sweep()
    late = [entry.data["duty"] for entry in ledger.history(danger.pk) if entry.act == "late_overdue"]
    assert late == ["line:report_to_congress"]


def test_a_clock_of_working_days_never_comes_to_lie_on_a_day_off(city: Any) -> None:
    danger, _ = major(city)
    assert danger.due_at == end_of(date(2026, 3, 9))
    danger = city.step(danger, "suspend", city.officer, reason="洪水")
    city.clock.forward(timedelta(days=5))  # the ninth and five days more is a Saturday
    danger = city.step(danger, "resume", city.officer)
    assert danger.due_at == end_of(date(2026, 3, 16))
    (state,) = open_duties(danger, sort="state")
    assert state.due_at == danger.due_at
    assert [datetime.fromisoformat(at) for name, at in state.moments if name == "overdue"] == [danger.due_at]


# --- correct, withdraw, reopen


def test_a_correction_keeps_the_former_value_and_leaves_the_clock(city: Any) -> None:
    danger = graded(city)
    due = danger.due_at
    danger = city.step(danger, "correct", city.officer, description="消防通道被堵", reason="写错")
    assert (danger.description, danger.topic, danger.due_at) == ("消防通道被堵", "fire", due)
    assert ledger.history(danger.pk)[-1].data["changes"] == {
        "description": ["安全出口被货物堵塞", "消防通道被堵"]
    }
    for wrong in (
        {"description": "x" * 5000, "reason": "r"},
        {"topic": "nope", "reason": "r"},
        {"description": "x"},
        {"topic": ["fire"], "reason": "r"},
    ):
        with pytest.raises(Invalid):
            city.step(danger, "correct", city.officer, **wrong)
    assert city.step(danger, "correct", city.officer, reason="无", severity="major").severity == "general"


def test_only_the_opener_withdraws_and_only_while_nobody_acted(city: Any) -> None:
    danger = city.reports(by=city.grid_inspector)
    for other in (city.officer, city.safety_officer):
        with pytest.raises(NotAllowed):
            city.step(danger, "withdraw", other, reason="r")
    gone = city.step(danger, "withdraw", city.grid_inspector, reason="重复上报")
    assert (gone.state, gone.closed_at is not None) == ("withdrawn", True)
    assert open_duties(gone) == []
    second = city.reports(by=city.grid_inspector)
    second = city.step(second, "correct", city.officer, description="改", reason="r")
    with pytest.raises(Invalid):
        city.step(second, "withdraw", city.grid_inspector, reason="r")
    third = graded(city)
    with pytest.raises(Changed):
        city.step(third, "withdraw", city.grid_inspector, reason="r")


def test_the_clock_does_not_count_as_somebody_who_acted(city: Any) -> None:
    danger = city.reports(by=city.grid_inspector)
    city.clock.forward(timedelta(days=40))
    sweep()
    assert city.step(danger, "withdraw", city.grid_inspector, reason="重复").state == "withdrawn"


def closed(city: Any) -> HiddenDanger:
    danger = city.step(graded(city), "rectify", city.safety_officer, photo="after", what_was_done="清")
    return city.step(danger, "accept", city.officer, photo="verified")


def test_reopening_brings_back_state_duty_and_clock(city: Any) -> None:
    danger = closed(city)
    with pytest.raises(Invalid):
        city.step(danger, "reopen", city.officer, rectify_by=city.in_days(3))
    with pytest.raises(NotAllowed):
        city.step(danger, "reopen", city.safety_officer, rectify_by=city.in_days(3), reason="r")
    danger = city.step(danger, "reopen", city.officer, rectify_by=city.in_days(3), reason="复发")
    assert (danger.state, danger.closed_at, danger.due_at) == ("rectifying", None, end_of(danger.rectify_by))
    assert [card.matter for card in inbox(city.safety_officer)] == [danger]
    for wrong in ("2026-01-01", "2190-01-01"):
        again = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
        again = city.step(again, "accept", city.officer, photo="verified")
        with pytest.raises(Invalid):
            city.step(again, "reopen", city.officer, rectify_by=wrong, reason="复发")
        danger = city.step(again, "reopen", city.officer, rectify_by=city.in_days(3), reason="复发")


# --- comment and attach


def test_words_and_files_survive_the_end_and_bump_no_version(city: Any) -> None:
    danger = closed(city)
    version = danger.version
    danger = city.step(danger, "comment", city.worker, text="谢谢")
    danger = city.step(danger, "attach", city.safety_officer, photo="attachment")
    assert (danger.version, danger.state) == (version, "closed")
    assert offered(danger, city.worker) == {"comment", "attach"}
    for wrong in ({"text": ""}, {"text": "x" * 3000}, {"text": "\x00"}, {"text": ["x"]}, {}):
        with pytest.raises(Invalid):
            city.step(danger, "comment", city.worker, **wrong)
    with pytest.raises(Invalid):
        city.step(danger, "attach", city.worker)
    with pytest.raises(NotSeen):
        city.step(danger, "comment", city.far_officer, text="x")


def test_nothing_else_goes_after_the_end(city: Any) -> None:
    danger = closed(city)
    for name in set(danger.loop.steps) - {"comment", "attach", "reopen"}:
        with pytest.raises((Changed, NotAllowed)):
            take(name, danger, city.officer, {})


def test_a_danger_taken_back_can_be_taken_up_by_the_regulator(city: Any) -> None:
    danger = city.step(city.reports(), "withdraw", city.grid_inspector, reason="误报")
    assert offered(danger, city.grid_inspector) & {"take_up", "reopen"} == set()
    danger = city.step(danger, "take_up", city.officer, reason="现场仍在")
    assert (danger.state, danger.closed_at) == ("reported", None)
    assert "state:reported" in {card.duty.key for card in inbox(city.officer)}
