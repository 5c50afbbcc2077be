"""The pages around alarms through the door people use: who sees them, what bad input does, one tap and no other's."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from anlan.domains.alarms.models import Sensor
from anlan.domains.alarms.tests.test_watching import Watched
from anlan.domains.installations.models import Installation
from anlan.kernel.identity.models import Account
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.registers import tiles
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.registers.levels import graded_by, level_column, level_of
from anlan.kernel.spreadsheets.references import resolved


def signed_in(actor: Any, **options: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"}, **options)
    account = Account.objects.get(pk=actor.account_id)
    Account.objects.filter(pk=account.pk).update(is_demo=True)
    client.force_login(account)
    return client


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


@pytest.fixture
def plant(city: Any) -> Watched:
    made = Watched(city)
    made.raises(5, 9.1)
    return made


def test_every_page_opens_for_those_it_is_for(plant: Watched, city: Any) -> None:
    unit, sensor = plant.unit.pk, plant.sensor.pk
    own = [
        f"/installations/{unit}/plant",
        f"/enterprises/{city.workshop.pk}/plant",
        f"/sensors/{sensor}/trial",
    ]
    for actor in (city.officer, city.safety_officer):
        client = signed_in(actor)
        assert "实时大屏" in text(client.get("/wall/"))
        assert "报警健康" in text(client.get("/alarm-health/"))
        for path in own:
            text(client.get(path))
    assert "现在红的" in text(signed_in(city.officer).get("/hazard-brief/"))
    for path in own:
        assert signed_in(city.far_officer).get(path).status_code == 404, path


def test_alarms_side_by_side_open_those_of_the_days_looked_at(plant: Watched, city: Any) -> None:
    city.clock.forward(timedelta(days=9))
    client = signed_in(city.city_officer)
    for days, raised in (("7", 0), ("30", len(plant.alarms))):
        page = html.unescape(text(client.get("/alarm-health/", {"days": days})))
        opened = re.findall(
            r'data-label="报警"><a href="/alarms/\?(opened_at_from=[^"]*)">(\d+)</a></td>', page
        )
        assert len(opened) > 1
        for query, said in opened:
            assert int(said) == raised
            assert list_of("alarms").rows(city.city_officer, parse_qs(query)).count() == raised


def test_pages_of_rows_lead_to_the_plant_and_the_alarm_shows_its_line(plant: Watched, city: Any) -> None:
    client, there = signed_in(city.officer), f"/installations/{plant.unit.pk}/plant"
    assert there in text(client.get(f"/installations/{plant.unit.pk}/"))
    assert f"/enterprises/{city.workshop.pk}/plant" in text(client.get(f"/enterprises/{city.workshop.pk}/"))
    alarm = text(client.get(f"/alarms/{plant.alarms[0].pk}/"))
    assert there in alarm
    assert f'data-line="/sensors/{plant.sensor.pk}/line"' in alarm


@pytest.mark.parametrize(
    "query",
    [
        "wall/?as=now&since=99999999999999",
        "wall/?as=else",
        "alarm-health/?days=-1",
        "hazard-brief/?place=%00x",
    ],
)
def test_odd_questions_are_answered_and_never_break(plant: Watched, city: Any, query: str) -> None:
    assert signed_in(city.officer).get(f"/{query}").status_code in {200, 400}


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "x", "-1", "9" * 50])
def test_no_number_is_told_at_its_field(plant: Watched, city: Any, value: str) -> None:
    html = text(signed_in(city.officer).get(f"/sensors/{plant.sensor.pk}/trial?on_delay={value}"), 422)
    assert "填数字" in html


def test_limits_that_were_tried_stand_in_the_form_and_are_not_saved(plant: Watched, city: Any) -> None:
    html = text(signed_in(city.safety_officer).get(f"/sensors/{plant.sensor.pk}/edit?limit_h=7.5"))
    assert 'value="7.5"' in html
    assert Sensor.unscoped("a test reads the result").get(pk=plant.sensor.pk).limit_h == 8


def test_a_tap_needs_the_token_of_its_page(plant: Watched, city: Any) -> None:
    client = signed_in(city.safety_officer, enforce_csrf_checks=True)
    sent = {"alarm": str(plant.alarms[0].pk), "step": "acknowledge"}
    assert client.post("/duty/", sent).status_code == 403
    assert plant.alarms[0].state == "raised"
    done = signed_in(city.safety_officer).post("/duty/", sent)
    assert (done.status_code, done["Location"]) == (302, "/duty/")
    assert plant.alarms[0].state == "handling"


def test_the_search_finds_chemicals_by_name_and_number(city: Any) -> None:
    client = signed_in(city.officer)
    for words in ("液氯", "7782-50-5"):
        assert "/chemicals/?substance=chlorine" in text(client.get(f"/search?q={words}"))


def test_a_table_names_an_installation_by_its_name_or_its_number_on_file(plant: Watched, city: Any) -> None:
    rows = Installation.unscoped("a test lays the number on file")
    rows.filter(pk=plant.unit.pk).update(filing_number="BA-001")
    found = resolved(spec_of(Sensor, "installation"), ["BA-001", "液氯库", "没有"], city.safety_officer)
    assert found == {"BA-001": plant.unit, "液氯库": plant.unit}


def test_grades_colour_the_map_and_bear_no_mark_of_risk_elsewhere(plant: Watched) -> None:
    layer = tiles.MapLayer("installations", Installation.unscoped("a test draws").all())
    assert (level_column(Installation), graded_by(Installation)) == ("grade", {1: 4, 2: 3, 3: 2, 4: 1})
    assert [layer.level(grade) for grade in (1, 2, 3, 4, 5, 6)] == [4, 3, 2, 1, 0, 0]
    plant.unit.grade = 1
    assert level_of(plant.unit) == 0


def test_the_health_board_shows_the_months_of_a_place_and_of_one_enterprise(
    plant: Watched, city: Any
) -> None:
    client = signed_in(city.officer)
    whole = text(client.get("/alarm-health/"))
    assert "近12个月的在线率和处置率" in whole
    own = text(client.get(f"/alarm-health/?firm={city.workshop.pk}"))
    assert own.count(city.workshop.name) > whole.count(city.workshop.name)
    for firm in ("x", "1e9", str(city.officer.person_id)):
        assert text(client.get("/alarm-health/", {"firm": firm})).count("看全部企业") == 0
