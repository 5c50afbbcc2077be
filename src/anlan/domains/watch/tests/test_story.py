"""A duty post is called and answers within minutes, or nobody does; monitoring is checked at random by its regulator alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.watch.loop import DutyCallLoop
from anlan.domains.watch.models import DutyCall, MonitoringCheck
from anlan.kernel import clock
from anlan.kernel.loops import inbox, open_matter, sweep
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen


def called(city: Any, **more: str) -> DutyCall:
    entry = open_matter(DutyCallLoop, city.officer, {"enterprise": str(city.workshop.pk), **more})
    return DutyCall.unscoped("a test reads the result").get(pk=entry.chain)


def test_whoever_is_on_duty_answers_and_it_is_told_whether_in_time(city: Any) -> None:
    call = called(city, question="罐区现在谁值班")
    assert (call.state, call.holder) == ("asked", city.workshop.holder)
    assert call.due_at is not None
    assert round((call.due_at - call.opened_at).total_seconds()) == 15 * 60
    assert [card.matter for card in inbox(city.safety_officer)] == [call]
    city.clock.forward(timedelta(minutes=3))
    call = city.step(call, "confirm", city.safety_officer, answered_by="王强", place="control_room")
    assert (call.state, call.in_time) == ("answered", True)
    assert call.answered_at is not None
    assert (
        3 * 60 <= (call.answered_at - call.opened_at).total_seconds() < 4 * 60
    )  # the clock of the tests runs on


def test_late_the_regulator_hears_of_it_and_may_note_that_nobody_answered(city: Any) -> None:
    call = called(city)
    with pytest.raises(KeepingError):
        city.step(call, "miss", city.officer, reason="电话也无人接听")
    city.clock.forward(timedelta(minutes=16))
    assert sweep() == 1
    assert city.step(call, "miss", city.officer, reason="电话也无人接听").state == "missed"
    late = called(city)
    city.clock.forward(timedelta(minutes=16))
    assert city.step(late, "confirm", city.safety_officer, answered_by="王强", place="site").in_time is False


def test_enterprises_neither_call_nor_answer_for_others(city: Any) -> None:
    with pytest.raises(NotAllowed):
        open_matter(DutyCallLoop, city.safety_officer, {"enterprise": str(city.workshop.pk)})
    with pytest.raises((NotSeen, NotAllowed)):
        city.step(called(city), "confirm", city.far_safety_officer, answered_by="他人", place="site")


def test_a_check_at_random_is_the_regulators_and_says_what_was_wrong(city: Any) -> None:
    asked = {
        "enterprise": str(city.workshop.pk), "checked_on": clock.today().isoformat(), "way": "online", "subject": "limits",
        "result": "wrong", "found": "液位高报值高于设计值", "put_right_by": city.in_days(7),
    }  # fmt: skip
    row = create(MonitoringCheck, city.officer, asked)
    assert (row.holder, row.path) == (city.workshop.holder, city.workshop.path)
    for wrong, field in (
        ({"found": ""}, "found"), ({"result": "good"}, "put_right_by"),
        ({"checked_on": city.in_days(1)}, "checked_on"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as fault:
            create(MonitoringCheck, city.officer, asked | wrong)
        assert field in fault.value.errors
    with pytest.raises(NotAllowed):
        create(MonitoringCheck, city.safety_officer, asked)
