"""The sweep fires each lateness once, whatever happened; the inbox groups by days in China."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.loops import Duty, inbox, sweep, sweeping
from anlan.kernel.loops.awaiting import counts, loops_of, stretch
from anlan.kernel.loops.recomputing import duty_faults
from anlan.kernel.loops.verifying import verify_matters
from anlan.kernel.registers import listing
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope.actor import NOBODY


def graded(city: Any, days: int = 5) -> HiddenDanger:
    return city.step(city.reports(), "grade", city.officer, rectify_by=city.in_days(days), measures="清理")


def told(danger: HiddenDanger) -> list[str]:
    return [entry.act for entry in ledger.history(danger.pk) if entry.actor_kind == "clock"]


# --- sweep


def test_each_level_comes_at_its_moment_and_not_before(city: Any) -> None:
    danger = graded(city, 20)
    duty = Duty.objects.get(matter_id=danger.pk, done_at=None, leads=True)
    for count, (name, moment) in enumerate(duty.moments, 1):
        city.clock.to(datetime.fromisoformat(moment) - timedelta(seconds=2))
        assert sweep() == 0
        city.clock.forward(timedelta(seconds=4))
        assert sweep() == 1
        assert sweep() == 0
        assert told(danger)[-1] == f"late_{name}"
        assert len(told(danger)) == count
    assert [name for name, _ in duty.moments] == ["remind", "overdue", "escalate"]
    city.clock.forward(timedelta(days=1000))
    assert sweep() == 0


def test_after_an_outage_all_levels_come_once_with_the_moment_they_were_due(city: Any) -> None:
    danger = graded(city)
    moments = [
        datetime.fromisoformat(moment)
        for _, moment in Duty.objects.get(matter_id=danger.pk, done_at=None, leads=True).moments
    ]
    city.clock.forward(timedelta(days=100))
    assert sweep() == 3
    late = [entry for entry in ledger.history(danger.pk) if entry.actor_kind == "clock"]
    assert [entry.at for entry in late] == moments
    assert all(entry.received_at > entry.at for entry in late)
    assert ledger.verify().sound
    assert duty_faults(city.fresh(danger.pk)) == []


def test_what_was_done_in_time_is_never_late(city: Any) -> None:
    danger = graded(city)
    city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    city.clock.forward(timedelta(days=5, hours=12))
    sweep()
    assert not any(entry.data.get("duty") == "state:rectifying" for entry in ledger.history(danger.pk))


def test_one_duty_that_fails_does_not_keep_the_others(city: Any) -> None:
    first, second, third = graded(city), graded(city), graded(city)
    broken = Duty.objects.get(matter_id=second.pk, done_at=None, leads=True)
    Duty.objects.filter(pk=broken.pk).update(moments=[["overdue", "no instant"]], fired=0)
    orphan = Duty.objects.get(matter_id=first.pk, done_at=None, leads=True)
    Duty.objects.filter(pk=orphan.pk).update(matter_id="00000000-0000-7000-8000-000000000000")
    city.clock.forward(timedelta(days=100))
    assert sweep() == 3
    assert len(told(third)) == 3
    assert told(second) == []


def test_a_sweep_broken_off_between_two_levels_goes_on_where_it_was(city: Any, monkeypatch: Any) -> None:
    danger, other = graded(city), graded(city)
    city.clock.forward(timedelta(days=100))
    true_fire, count = sweeping._fire, 0

    def fires_twice(*given: Any) -> bool:
        nonlocal count
        count += 1
        if count > 2:
            raise KeyboardInterrupt
        return true_fire(*given)

    monkeypatch.setattr(sweeping, "_fire", fires_twice)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    monkeypatch.undo()
    assert sweep() == 4
    assert told(danger) == told(other) == ["late_remind", "late_overdue", "late_escalate"]


def test_a_failure_within_one_level_undoes_it_whole(city: Any, monkeypatch: Any) -> None:
    danger = graded(city)
    city.clock.forward(timedelta(days=5, hours=20))
    monkeypatch.setattr(sweeping, "tell_many", lambda *a: 1 / 0)
    before = len(told(danger))
    assert sweep() == 0
    assert len(told(danger)) == before
    assert Duty.objects.get(matter_id=danger.pk, done_at=None, leads=True).fired == 0
    monkeypatch.undo()
    assert sweep() >= 1


def test_many_more_than_one_batch(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for _ in range(5):
        graded(city)
    city.clock.forward(timedelta(days=100))
    assert sweep() == 15


def test_those_above_watch_and_stop_watching(city: Any) -> None:
    danger = graded(city)
    city.clock.forward(timedelta(days=100))
    sweep()
    (card,) = inbox(city.city_officer)
    assert card.duty.sort == "watch"
    assert card.group == "later"
    city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert inbox(city.city_officer) == []


# --- inbox


@pytest.mark.parametrize(
    ("now", "group"),
    [
        (datetime(2026, 3, 6, 15, 59, 59, tzinfo=UTC), "week"),  # 23:59:59 the evening before
        (datetime(2026, 3, 6, 16, 0, 1, tzinfo=UTC), "today"),  # just after midnight in China
        (datetime(2026, 3, 7, 15, 59, 58, tzinfo=UTC), "today"),
        (datetime(2026, 3, 7, 16, 0, 1, tzinfo=UTC), "overdue"),
        (datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC), "week"),
        (datetime(2026, 2, 27, 15, 59, 59, tzinfo=UTC), "later"),
    ],
)
def test_groups_change_at_midnight_in_china(city: Any, now: datetime, group: str) -> None:
    graded(city)  # due at the end of 7 March
    city.clock.to(now)
    (card,) = inbox(city.safety_officer)
    assert card.group == group
    assert counts(city.safety_officer) == {"overdue": 0, "today": 0, "week": 0, "later": 0} | {group: 1}


def test_the_most_urgent_comes_first_and_counts_agree(city: Any) -> None:
    days = [9, 2, 30, 5]
    for count in days:
        graded(city, count)
    cards = inbox(city.safety_officer)
    assert [card.duty.due_at for card in cards] == sorted(card.duty.due_at for card in cards)
    assert sum(counts(city.safety_officer).values()) == len(cards) == 4
    assert len(inbox(city.safety_officer, most=2)) == 2


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_pages_of_a_group_are_all_of_it_once_and_in_order(city: Any, most: int) -> None:
    for count in (9, 20, 30, 12, 20):
        graded(city, count)
    first, *_, last = (card.duty.pk for card in inbox(city.safety_officer))
    Duty.objects.filter(pk=first).update(paused_at=clock.now())
    Duty.objects.filter(pk=last).update(due_at=None)
    whole, cursor, pages = inbox(city.safety_officer), "", 0
    assert counts(city.safety_officer)["later"] == len(whole) == 5
    seen: list[Any] = []
    while cursor or not pages:
        cards, cursor = stretch(city.safety_officer, "later", most, cursor)
        seen += [card.duty.pk for card in cards]
        pages += 1
    assert seen == [card.duty.pk for card in whole]
    assert pages == -(-5 // most)
    assert stretch(city.safety_officer, "overdue", most) == ([], "")
    for wrong in ("x", "~", "2026-13-01~x", f"9999-12-31T23:59:59+23:59~{uuid.uuid4()}", f"x~{uuid.uuid4()}"):
        stretch(city.safety_officer, "later", most, wrong)


def awaiting(actor: Any, **params: str) -> set[Any]:
    rows = Listing(HiddenDanger, actor, (), (), "-opened_at")
    return {row.pk for row in rows.filtered({name: [value] for name, value in params.items()})}


def test_the_list_of_what_awaits_its_reader_holds_what_the_inbox_holds(city: Any) -> None:
    dangers = [graded(city, days) for days in (5, 9, 30)] + [city.reports()]
    for forward in (timedelta(), timedelta(days=4), timedelta(days=3), timedelta(days=60)):
        city.clock.forward(forward)
        for actor in (city.safety_officer, city.worker, city.officer, city.far_officer, NOBODY):
            mine = inbox(actor)
            assert awaiting(actor, awaiting="1") == {card.matter.pk for card in mine}
            for group, number in counts(actor).items():
                expected = {card.matter.pk for card in mine if card.group == group}
                assert (awaiting(actor, awaiting_term=group), len(expected)) == (expected, number)
                assert (HiddenDanger.loop.slug in loops_of(actor, group)) == bool(expected)
    reported = dangers[-1].pk
    assert awaiting(city.officer, awaiting="1") == {reported}
    assert awaiting(city.officer, awaiting="0") == {danger.pk for danger in dangers} - {reported}
    for wrong in ({"awaiting": "2"}, {"awaiting_term": "1"}, {"awaiting_term": "soon"}):
        with pytest.raises(Invalid):
            awaiting(city.officer, **wrong)


@pytest.mark.parametrize(("most", "told"), [(4, (4, False)), (5, (5, True)), (10_000, (5, True))])
def test_what_awaits_its_reader_is_counted_and_not_estimated(
    city: Any, monkeypatch: Any, most: int, told: tuple[int, bool]
) -> None:
    for _ in range(5):
        city.reports()
    monkeypatch.setattr(listing, "CHEAP", 0)  # else so few are counted anyway
    monkeypatch.setattr(listing, "MOST_COUNTED", most)
    rows = Listing(HiddenDanger, city.officer, (), (), "-opened_at")
    for params in ({"awaiting": ["1"]}, {"awaiting_term": [inbox(city.officer)[0].group]}):
        assert rows.counted(params, rows.filtered(params)) == told
        page = rows.page(
            {**params, "size": ["20"], "after": [rows.cursor_after(inbox(city.officer)[0].matter)]}
        )
        assert (page.count, page.count_is_exact) == told
    assert not rows.counted({"awaiting": ["0"]}, rows.filtered({"awaiting": ["0"]}))[1]


def test_the_ring_goes_from_full_to_empty(city: Any) -> None:
    graded(city)
    (card,) = inbox(city.safety_officer)
    assert 0.99 < card.share_left <= 1
    city.clock.forward(timedelta(days=3))
    assert 0.3 < card.share_left < 0.6
    city.clock.forward(timedelta(days=30))
    assert card.share_left == 0
    assert card.left < timedelta(0)


def test_each_sees_only_what_is_awaited_from_his_own_post(city: Any) -> None:
    graded(city)
    expected = {city.safety_officer, city.second_safety_officer, city.main_person}
    for actor in (value for value in vars(city).values() if hasattr(value, "post_kind")):
        assert bool(inbox(actor)) == (actor in expected), actor.post_kind


def test_a_named_post_is_awaited_alone(city: Any) -> None:
    danger = city.reports()
    city.step(
        danger,
        "grade",
        city.officer,
        rectify_by=city.in_days(5),
        measures="清",
        responsible_post=str(city.worker.post_id),
    )
    assert inbox(city.worker)
    assert not inbox(city.safety_officer)


# --- recomputing


def test_a_duty_touched_behind_the_engine_is_found(city: Any) -> None:
    danger = graded(city)
    assert duty_faults(danger) == []
    assert list(verify_matters()) == []
    for change in (
        {"done_at": clock.now()}, {"due_at": None}, {"party": city.far_bureau}, {"kinds": ["worker"]}, {"leads": False},
        {"next_at": None}, {"key": "state:planning"}, {"paused_at": clock.now()},
    ):  # fmt: skip
        kept = list(Duty.objects.filter(matter_id=danger.pk).values())
        Duty.objects.filter(matter_id=danger.pk, done_at=None).update(**change)
        assert duty_faults(city.fresh(danger.pk)), change
        assert [finding.matter for finding in verify_matters()] == [danger.pk], change
        for row in kept:
            Duty.objects.filter(pk=row["id"]).update(**row)
        assert duty_faults(city.fresh(danger.pk)) == []
    Duty.objects.create(loop="hidden-dangers", matter_id=danger.pk, key="line:report_to_regulator", sort="line", path="/",
                        sector="fire", sensitivity=1, opened_at=clock.now())  # fmt: skip
    assert duty_faults(city.fresh(danger.pk))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "closed"}, {"version": 9}, {"description": "别的"}, {"rectify_by": "2026-04-01"}, {"regulator": None},
        {"due_at": None}, {"severity": "major"}, {"found_on": "2026-01-01"}, {"path": "/22/"},
    ],
)  # fmt: skip
def test_a_row_touched_behind_the_engine_does_not_replay(city: Any, change: dict[str, Any]) -> None:
    from anlan.kernel.loops.replaying import replay

    danger = graded(city)
    assert replay(danger).agrees
    HiddenDanger.unscoped("an attack").filter(pk=danger.pk).update(**change)
    assert not replay(city.fresh(danger.pk)).agrees


def test_an_instant_claimed_in_another_time_zone_replays(city: Any) -> None:
    from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
    from anlan.kernel.loops import open_matter, take
    from anlan.kernel.loops.replaying import replay

    answers = {"enterprise": str(city.workshop.pk), "topic": "fire", "description": "安全出口被货物堵塞",
               "found_on": clock.today().isoformat()}  # fmt: skip
    at = clock.now().astimezone(clock.CHINA)
    danger = city.fresh(open_matter(HiddenDangerLoop, city.grid_inspector, answers, at=at).chain)
    take("grade", danger, city.officer, {"rectify_by": city.in_days(5), "measures": "清理"}, at=at)
    found = replay(city.fresh(danger.pk))
    assert found.agrees, found


def test_a_rule_changed_afterwards_does_not_replay(city: Any, monkeypatch: Any) -> None:
    import dataclasses

    from anlan.kernel import rules
    from anlan.kernel.loops.replaying import replay

    danger = graded(city)
    true = rules.parameter
    monkeypatch.setattr(rules, "parameter", lambda *a, **k: dataclasses.replace(true(*a, **k), value=99))
    found = replay(danger)
    assert not found.agrees
    assert any("now reads 99" in line for step in found.steps for line in step.differences)


def test_the_command_says_so(city: Any, capsys: Any) -> None:
    from argparse import Namespace

    from anlan.faces.cli.replay import run

    danger = graded(city)
    for text in (danger.number, str(danger.pk)):
        assert run(Namespace(matter=text)) == 0
    assert "hidden_dangers.grade_within" in capsys.readouterr().out
    HiddenDanger.unscoped("an attack").filter(pk=danger.pk).update(description="别的")
    assert run(Namespace(matter=danger.number)) == 1
    assert run(Namespace(matter="YH-1999-000000")) == 2
