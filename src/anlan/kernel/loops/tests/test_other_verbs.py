"""Correct, withdraw, reopen, comment, attach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import ledger
from anlan.kernel.loops import inbox, sweep, take
from anlan.kernel.loops.due import end_of
from anlan.kernel.loops.tests.verbs import (
    everything_can_be_recomputed,  # noqa: F401 - a fixture of every story
    graded,
    offered,
    open_duties,
)
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen


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
