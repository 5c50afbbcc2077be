"""Extending a limit: asked, granted or refused, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock, rules
from anlan.kernel.loops import sweep
from anlan.kernel.loops.tests.verbs import (
    everything_can_be_recomputed,  # noqa: F401 - a fixture of every story
    extended,
    graded,
    offered,
    open_duties,
)
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed


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
