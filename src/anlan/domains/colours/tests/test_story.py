"""A danger falls overdue and the enterprise turns; it is closed and the enterprise turns back; the past stays as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.colours.tests.firm import Firm
from anlan.domains.risk.models import RiskEvent
from anlan.kernel import clock
from anlan.kernel.people.posts import leave
from anlan.kernel.registers import archive
from anlan.kernel.scope.models import Membership


@pytest.fixture
def firm(city: Any) -> Firm:
    return Firm(city, city.workshop, city.safety_officer)


def test_what_is_not_graded_is_grey(firm: Firm) -> None:
    assert firm.colour.risk_level == 0
    assert "还没有批准的风险评级" in str(firm.colour.because()[1])


def test_an_approved_grading_gives_the_colour(firm: Firm) -> None:
    assert firm.colour.risk_level == 0
    firm.city.clock.forward(timedelta(seconds=1))
    firm.graded(3)
    assert firm.colour.risk_level == 3
    firm.city.clock.forward(timedelta(seconds=1))
    firm.graded(1, "residual")
    assert firm.colour.risk_level == 2  # controls lower it by one step at most


def test_an_overdue_danger_raises_the_colour_without_any_write(city: Any, firm: Firm) -> None:
    firm.graded(2)
    danger = city.reports()
    assert firm.colour.risk_level == 2
    city.clock.forward(timedelta(days=60))
    colour = firm.colour
    assert (colour.risk_level, colour.former_level) == (3, 2)
    assert str(danger.pk) in colour.basis
    assert str(colour.because()[0]) == "由黄变橙"


def test_an_open_major_danger_turns_it_red_and_its_closing_turns_it_back(city: Any, firm: Firm) -> None:
    firm.graded(1)
    danger = city.reports()
    assert firm.colour.risk_level == 1
    city.clock.forward(timedelta(hours=1))
    type(danger)._base_manager.filter(pk=danger.pk).update(severity="major")
    danger.refresh_from_db()
    danger.save()
    assert firm.colour.risk_level == 4
    city.clock.forward(timedelta(hours=1))
    danger.closed_at = clock.now()
    danger.save()
    assert firm.colour.risk_level == 1


def test_every_past_day_is_told_as_it_was(city: Any, firm: Firm) -> None:
    firm.graded(2)
    first = clock.today()
    assert firm.colour.risk_level == 2
    city.clock.forward(timedelta(days=10))
    firm.graded(4)
    assert firm.colour.risk_level == 4
    on = [painting.colour_on(city.workshop, first + timedelta(days=n)) for n in (-1, 0, 9, 10)]
    assert [row.risk_level if row else None for row in on] == [None, 2, 2, 4]


def test_the_list_shows_the_colours_of_a_past_day(city: Any, firm: Firm) -> None:
    from anlan.kernel.registers import Listing

    firm.graded(2)
    first = clock.today()
    assert firm.colour.risk_level == 2
    city.clock.forward(timedelta(days=10))
    firm.graded(4)
    assert firm.colour.risk_level == 4
    listing = Listing(EnterpriseColour, city.city_officer, ("risk_level",), ("since",), "-since")
    here = {"q": ["测试机械"]}
    assert [row.risk_level for row in listing.page(here).rows] == [4]
    assert [row.risk_level for row in listing.page({**here, "on": [first.isoformat()]}).rows] == [2]


def test_an_absent_safety_officer_raises_the_colour(city: Any, firm: Firm) -> None:
    firm.graded(2)
    assert firm.colour.risk_level == 2
    seats = Membership.objects.filter(
        post__party=city.workshop.holder, post__kind="safety_officer", valid_to=None
    )
    for seat in seats:
        leave(city.main_person, seat.pk, clock.today(), "离职")
    city.clock.forward(timedelta(days=1))
    assert firm.colour.risk_level == 3


def test_an_archived_event_bears_nothing(city: Any, firm: Firm) -> None:
    firm.graded(4)
    assert firm.colour.risk_level == 4
    city.clock.forward(timedelta(hours=1))
    archive(RiskEvent, firm.event.pk, city.safety_officer, "设备已拆除")
    assert firm.colour.risk_level == 0


def test_computing_twice_writes_nothing(firm: Firm) -> None:
    firm.graded(3)
    assert painting.follow() > 0
    assert (painting.follow(), painting.recompute(), painting.verify()) == (0, 0, "")


@pytest.mark.parametrize("block", [1, 2, painting.BLOCK])
def test_a_wrong_colour_is_named_and_mended(firm: Firm, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "BLOCK", block)
    firm.graded(3)
    assert firm.colour.risk_level == 3
    EnterpriseColour.unscoped("a test spoils a colour").filter(archived_at=None).update(risk_level=1)
    assert painting.verify() != ""
    assert painting.recompute() == 2  # both enterprises of the small world
    assert painting.verify() == ""


def test_a_colour_is_seen_by_whoever_sees_the_enterprise(city: Any, firm: Firm) -> None:
    assert firm.colour.risk_level == 0
    assert EnterpriseColour.seen_by(city.far_safety_officer).filter(enterprise=city.workshop).count() == 0
    assert EnterpriseColour.seen_by(city.safety_officer).filter(enterprise=city.workshop).count() == 1
