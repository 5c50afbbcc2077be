"""The four-colour map and the pages of plans: what they show, what they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.domains.colours import actions
from anlan.domains.colours.models import EnterpriseColour, FloorPlan
from anlan.domains.colours.tests.firm import Firm
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.registers import create


def client_of(actor: Any) -> Client:
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_the_map_counts_colours_of_places_and_industries_now_and_then(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(2)
    assert firm.colour.risk_level == 2
    first = clock.today()
    city.clock.forward(timedelta(days=3))
    firm.graded(4)
    assert firm.colour.risk_level == 4
    client = client_of(city.city_officer)
    now, then = (client.get(f"/four-colour-map/{query}") for query in ("", f"?on={first}"))
    assert (now.context["area"].level, then.context["area"].level) == (4, 2)
    assert [line["area"].level for line in now.context["places"] if line["place"].name == "南关区"] == [4]
    assert now.context["sections"][0][0] == "制造业"
    assert f"on={first}" in then.context["spot"]["query"]
    old = EnterpriseColour.unscoped("a test reads the result").get(enterprise=city.workshop, risk_level=2)
    assert "固有风险为黄" in client.get(f"/map/card?kind=enterprise-colours&id={old.pk}").content.decode()
    listed = client.get(then.context["whole"][2][3])
    assert "长春测试机械加工有限公司" in listed.content.decode()


@pytest.mark.parametrize(
    ("day", "status"), [("x", 400), ("2026-13-40", 400), ("9999-01-01", 200), ("0001-01-01", 200)]
)
def test_any_day_is_answered(city: Any, day: str, status: int) -> None:
    assert client_of(city.city_officer).get(f"/four-colour-map/?on={day}").status_code == status


def test_the_enterprise_shows_its_colour_and_the_card_of_the_map_says_why(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(3)
    colour = firm.colour
    client = client_of(city.city_officer)
    assert "首次计算为橙" in client.get(f"/enterprises/{city.workshop.pk}/").content.decode()
    assert "固有风险为橙" in client.get(f"/map/card?kind=enterprise-colours&id={colour.pk}").content.decode()
    assert "压手" in client.get(f"/enterprise-colours/{colour.pk}/").content.decode()


def test_a_plan_is_hung_and_drawn_on_its_pages(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    plan = create(FloorPlan, city.safety_officer, {"enterprise": str(city.workshop.pk), "name": "一层"})
    client = client_of(city.safety_officer)
    pages = f"/floor-plans/{plan.pk}"
    assert "上传平面图" in client.get(f"{pages}/draw").content.decode()  # no picture yet
    assert client.post(f"{pages}/picture", {"picture": "nothing"}).status_code == 422
    photo = city.photo(city.safety_officer)
    assert client.post(f"{pages}/picture", {"picture": str(photo)}).status_code == 302
    assert client.get(f"{pages}/draw").status_code == 200
    outlines = f'[{{"unit": "{firm.unit.pk}", "ring": [[0, 0], [1, 0], [1, 1]]}}]'
    assert client.post(f"{pages}/draw", {"outlines": "nonsense"}).status_code == 422
    assert client.post(f"{pages}/draw", {"outlines": outlines}).status_code == 302
    assert "plan-unit" in client.get(f"{pages}/").content.decode()
    assert client_of(city.officer).get(f"{pages}/draw").status_code == 403
    stale = client.post(
        f"{pages}/draw", {"outlines": "[]", "version": "1"}
    )  # somebody saved since version 1 was read
    assert stale.status_code == 422
    assert "别人保存过" in stale.content.decode()
    assert client.post(f"{pages}/draw", {"outlines": outlines, "version": "9" * 5000}).status_code == 302
    assert len(actions.plan_for(plan.pk, city.officer, act=False).drawn) == 1


def test_a_cell_says_why_it_bears_its_colour(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(4)
    assert firm.colour.risk_level == 4
    area = "125.2,43.8;125.4,43.8;125.4,43.9;125.2,43.9"
    page = (
        client_of(city.city_officer)
        .get(f"/map/card?layers=enterprise-colours&within={area}")
        .content.decode()
    )
    assert "家数少，直接取最高颜色红" in page
